/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "conf/policy.h"

#include <stddef.h>
#include <strings.h>

#include "base/text.h"
#include "conf/limits.h"
#include "conf/switch_words.h"

/* One kind of value. */
struct reading {
	bool (*read)(const char *text, void *member); /* false: makes no sense */
	const char *(*show)(const void *member);
	const char *expected; /* for the warning */
};

static bool read_sandbox(const char *text, void *member)
{
	enum sandbox_policy *policy = member;

	if (word_is_yes(text))
		*policy = SANDBOX_YES;
	else if (word_is_no(text))
		*policy = SANDBOX_NO;
	else if (strcasecmp(text, "require") == 0)
		*policy = SANDBOX_REQUIRE;
	else
		return !*text;
	return true;
}

static const char *show_sandbox(const void *member)
{
	static const char *const texts[] = {
		[SANDBOX_YES] = "yes",
		[SANDBOX_NO] = "no",
		[SANDBOX_REQUIRE] = "require",
	};

	return texts[*(const enum sandbox_policy *)member];
}

static bool read_reuse(const char *text, void *member)
{
	enum reuse_policy *policy = member;

	if (word_is_yes(text) || strcasecmp(text, "strict") == 0)
		*policy = REUSE_STRICT;
	else if (strcasecmp(text, "crc") == 0)
		*policy = REUSE_CRC;
	else if (word_is_no(text))
		*policy = REUSE_NO;
	else
		return !*text;
	return true;
}

static const char *show_reuse(const void *member)
{
	static const char *const texts[] = {
		[REUSE_STRICT] = "strict",
		[REUSE_CRC] = "crc",
		[REUSE_NO] = "no",
	};

	return texts[*(const enum reuse_policy *)member];
}

static bool read_switch(const char *text, void *member)
{
	*(bool *)member = *text && !word_is_no(text);
	return true;
}

static const char *show_switch(const void *member)
{
	return *(const bool *)member ? "yes" : "no";
}

/* A switch that only a clear word turns on. */
static bool read_consent(const char *text, void *member)
{
	bool yes = word_is_yes(text);

	if (!yes && !word_is_no(text))
		return !*text;
	*(bool *)member = yes;
	return true;
}

static const char *show_limits(const void *member)
{
	return ((const struct build_limits *)member)->text;
}

static const struct reading limits_reading = {
	read_limits, show_limits,
	"is no list of memory=, processes=, tmp=, disk= and time= with a number each, or \"no\""};
static const struct reading sandbox_reading = {read_sandbox, show_sandbox,
					       "is none of \"yes\", \"no\" and \"require\""};
static const struct reading reuse_reading = {read_reuse, show_reuse,
					     "is none of \"strict\", \"crc\" and \"no\""};
static const struct reading switch_reading = {read_switch, show_switch, ""};
static const struct reading consent_reading = {read_consent, show_switch,
					       "is neither \"yes\" nor \"no\""};

struct row {
	const char *name;
	const struct reading *reading;
	size_t member; /* offset in struct policy */
};

#define AS_ROW(name, reading)  {#name, &reading##_reading, offsetof(struct policy, name)},
#define AS_NAME(name, reading) #name,

static const struct row rows[] = {POLICY_SETTINGS(AS_ROW)};
const char *const policy_names[] = {POLICY_SETTINGS(AS_NAME) NULL};

enum { ROWS = sizeof(rows) / sizeof(*rows) };

static const struct row *find_row(const char *name)
{
	for (size_t i = 0; i < ROWS; i++)
		if (text_equal(rows[i].name, name))
			return &rows[i];
	return NULL;
}

bool policy_knows(const char *name)
{
	return find_row(name) != NULL;
}

void policy_apply(const struct conf_values *values, struct policy *policy,
		  struct reporter *reporter)
{
	for (size_t i = 0; i < ROWS; i++) {
		const struct conf_value *value = conf_values_find(values, rows[i].name, 0);

		if (value && !rows[i].reading->read(value->text, (char *)policy + rows[i].member))
			report(reporter, REPORT_WARNING, "%s: %s=\"%s\" %s; the default is kept.",
			       value->origin ? value->origin : "configuration", rows[i].name,
			       value->text, rows[i].reading->expected);
	}
}

int policy_evaluate(const struct evaluate_input *input, const struct strv *overrides,
		    struct conf_values *ret, struct error *error)
{
	struct evaluate_input own = *input;

	own.files = overrides;
	own.names = policy_names;
	own.first_pass = NULL;
	return conf_evaluate_files(&own, ret, NULL, error);
}

const char *policy_text(const struct policy *policy, const char *name)
{
	const struct row *row = find_row(name);

	return row->reading->show((const char *)policy + row->member);
}
