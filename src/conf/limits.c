/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "conf/limits.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/memory.h"
#include "base/strv.h"
#include "base/text.h"
#include "conf/amount.h"
#include "conf/switch_words.h"
#include "model/policy.h"

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
