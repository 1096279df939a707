/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "conf/setting_words.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "base/memory.h"
#include "base/strv.h"
#include "base/text.h"
#include "model/policy.h"

/* Numbers in configuration files. */

bool amount_read(const char *text, bool with_unit, uint64_t limit, uint64_t *ret)
{
	static const char units[] = "KMGT";
	int shift = 0;
	char *end;

	if (!isdigit((unsigned char)*text))
		return false;
	errno = 0;
	unsigned long long number = strtoull(text, &end, 10);

	if (errno)
		return false;
	if (*end) {
		const char *unit = strchr(units, toupper((unsigned char)*end));

		if (!with_unit || !unit || end[1])
			return false;
		shift = 10 * (int)(unit - units + 1);
	}
	if (number > limit >> shift)
		return false;
	*ret = (uint64_t)number << shift;
	return true;
}

/* How people write yes and no in framework.conf, in any case. */

static bool is_one_of(const char *text, const char *const *words)
{
	for (; *words; words++)
		if (strcasecmp(text, *words) == 0)
			return true;
	return false;
}

bool word_is_yes(const char *text)
{
	static const char *const words[] = {"yes", "y", "true", "on", "1", NULL};

	return is_one_of(text, words);
}

bool word_is_no(const char *text)
{
	static const char *const words[] = {"no", "n", "false", "off", "0", NULL};

	return is_one_of(text, words);
}

/*
 * The value of build_limits: "memory=50% processes=1000 tmp=2G disk=10G time=3600", each word on
 * top of what was there. Sizes are in bytes or have K, M, G or T behind; those of memory and tmp
 * may be a percentage of the machine's memory; "no" is no limit. "no" alone takes all limits away.
 */

static const struct {
	const char *name;
	bool is_size, of_memory;
} rows[] = {
	[OF_MEMORY] = {"memory", true, true}, [OF_PROCESSES] = {"processes", false, false},
	[OF_TMP] = {"tmp", true, true},       [OF_DISK] = {"disk", true, false},
	[OF_TIME] = {"time", false, false},
};

static bool read_value(const char *text, size_t row, struct build_limit *ret)
{
	cleanup(free_string) char *digits = NULL;
	bool percent = text_ends_with(text, "%");
	uint64_t value;

	if (word_is_no(text)) {
		*ret = (struct build_limit){.kind = LIMIT_NONE};
		return true;
	}
	if (percent)
		digits = xstrndup(text, strlen(text) - 1);
	if (!amount_read(percent ? digits : text, rows[row].is_size && !percent,
			 rows[row].is_size ? LLONG_MAX : INT_MAX, &value) ||
	    !value || (percent && (!rows[row].of_memory || value > 100)))
		return false;
	*ret = (struct build_limit){percent ? LIMIT_PERCENT : LIMIT_AMOUNT, value};
	return true;
}

static bool read_word(const char *word, struct build_limits *limits)
{
	for (size_t i = 0; i < BUILD_LIMITS; i++) {
		size_t length = strlen(rows[i].name);

		if (text_starts_with(word, rows[i].name) && word[length] == '=')
			return read_value(word + length + 1, i, &limits->limits[i]);
	}
	return false;
}

static void write_text(struct build_limits *limits)
{
	size_t length = 0;

	limits->text[0] = '\0';
	for (size_t i = 0; i < BUILD_LIMITS; i++) {
		const struct build_limit *limit = &limits->limits[i];
		size_t left = sizeof(limits->text) - length;
		char *end = limits->text + length;

		if (limit->kind == LIMIT_NONE)
			(void)snprintf(end, left, " %s=no", rows[i].name);
		else if (limit->kind != LIMIT_DEFAULT)
			(void)snprintf(end, left, " %s=%llu%s", rows[i].name, limit->value,
				       limit->kind == LIMIT_PERCENT ? "%" : "");
		length = strlen(limits->text);
	}
	if (length)
		memmove(limits->text, limits->text + 1, length);
}

bool read_limits(const char *text, void *member)
{
	struct build_limits limits = *(struct build_limits *)member;
	cleanup(strv_free) struct strv words = {0};
	const char *word;

	if (!*text) {
		*(struct build_limits *)member = (struct build_limits){0};
		return true;
	}
	for (size_t i = 0; word_is_no(text) && i < BUILD_LIMITS; i++)
		limits.limits[i] = (struct build_limit){.kind = LIMIT_NONE};
	if (!word_is_no(text)) {
		strv_split(&words, text, " \t\n");
		STRV_FOREACH (word, &words)
			if (!read_word(word, &limits))
				return false;
	}
	write_text(&limits);
	*(struct build_limits *)member = limits;
	return true;
}
