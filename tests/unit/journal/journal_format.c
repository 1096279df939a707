/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tree/fixture.h"

#include "journal/journal.h"

#define ID "0123456789abcdef"

/* A journal with everything that a journal can hold. */
static struct journal *example(void)
{
	struct journal *journal = journal_new("install foo/1.0 for\n100%", "6.1 rt", 77);

	text_assign(&journal->id, ID);
	journal->module = xstrdup("foo 1");
	strv_add(&journal->stages, "/lib modules/6.1");
	strv_add(&journal->parents, "/lib modules/6.1/new");
	strv_add(&journal->prunes, "/lib modules/6.1/old");
	journal->operations = xcalloc(3, sizeof(*journal->operations));
	journal->operation_count = 3;
	journal->operations[0] = (struct operation){
		.kind = OPERATION_FILE,
		.staged = xstrdup("/lib modules/6.1/.dkms-new0-" ID),
		.backup = xstrdup("/lib modules/6.1/new/.dkms-old0-" ID),
		.target = xstrdup("/lib modules/6.1/new/a%b\tc\xc3\xa9.ko")};
	journal->operations[1] = (struct operation){.kind = OPERATION_DIRECTORY,
						    .had_target = true,
						    .staged = xstrdup("/tree/staging"),
						    .backup = xstrdup("/tree/.dkms-old1-" ID),
						    .target = xstrdup("/tree/module")};
	journal->operations[2] = (struct operation){.kind = OPERATION_REMOVE,
						    .had_target = true,
						    .backup = xstrdup("/.dkms-old2-" ID),
						    .target = xstrdup("/-")};
	return journal;
}

/* The text with a checksum that fits, owned by the caller. */
static char *sealed(const char *text)
{
	uint64_t hash = 14695981039346656037ULL;

	for (const char *c = text; *c; c++)
		hash = (hash ^ (unsigned char)*c) * 1099511628211ULL;
	return text_format("%schecksum %016llx\n", text, (unsigned long long)hash);
}

static void expect_refused(const char *text, size_t length, const char *words)
{
	struct journal *journal = NULL;
	struct error error = {0};

	if (journal_parse(text, length, &journal, &error) == 0)
		fail_msg("taken: %s", text);
	assert_null(journal);
	assert_error(&error, 0, words);
}

static void foreign_and_newer(void **state)
{
	cleanup(free_string) char *newer = sealed("dkms-journal 2\nid " ID "\nnew word\n");
	cleanup(free_string) char *negative = sealed("dkms-journal -1\nid " ID "\n");

	(void)state;
	expect_refused("", 0, "no journal of dkms");
	expect_refused("dkms-jour", 9, "no journal of dkms");
	expect_refused("#!/bin/sh\n", 10, "no journal of dkms");
	expect_refused(negative, strlen(negative), "no journal of dkms");
	expect_refused(newer, strlen(newer), "has format 2, and this dkms only knows format 1");
}

static void every_truncation_is_refused(void **state)
{
	cleanup(journal_free_handler) struct journal *journal = example();
	cleanup(free_string) char *text = journal_format(journal);

	(void)state;
	for (size_t length = 0; length < strlen(text); length++) {
		/* a copy of just that length, so that reading on would be noticed */
		cleanup(free_string) char *cut = xstrndup(text, length);

		expect_refused(cut, length, length < 14 ? "no journal" : "cut short");
	}
}

static void every_changed_byte_is_refused(void **state)
{
	cleanup(journal_free_handler) struct journal *journal = example();
	cleanup(free_string) char *text = journal_format(journal);
	size_t length = strlen(text);

	(void)state;
	for (size_t i = 0; i < length; i++) {
		text[i] ^= 1;
		expect_refused(text, length, "");
		text[i] ^= 1;
	}
	cleanup(free_string) char *longer = text_format("%s\n", text);

	expect_refused(longer, length + 1, "damaged");
	expect_refused(text, length + 1, "damaged"); /* a NUL byte at its end */
}

static void lines_without_sense(void **state)
{
	static const char *const lines[] = {
		"word value",
		"stage relative",
		"stage /a/../b",
		"stage /a /b",
		"stage /a%2",
		"stage /a%zz",
		"stage /a%00",
		"parent -",
		"id fedcba9876543210",
		"description again",
		"owner 0",
		"owner me",
		"owner -3",
		"owner 12x",
		"owner 99999999999",
		"file",
		"file new /.dkms-new0-" ID " /.dkms-old0-" ID,
		"file maybe /.dkms-new0-" ID " /.dkms-old0-" ID " /a",
		"file new /etc/passwd /.dkms-old0-" ID " /a",
		"file new /.dkms-new0-0000000000000000 /.dkms-old0-" ID " /a",
		"file new /.dkms-new0-" ID " /b/.dkms-old0-" ID " /a",
		"file new /.dkms-new0-" ID " /.dkms-old0-" ID " /",
		"remove new - /.dkms-old0-" ID " /a",
		"remove replace /a /.dkms-old0-" ID " /a",
		"remove replace - /etc/passwd /a",
		"directory new - /.dkms-old0-" ID " /a",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		cleanup(free_string) char *body = text_format(
			"dkms-journal 1\nid " ID "\ndescription d\n%s\n", lines[i]);
		cleanup(free_string) char *text = sealed(body);

		expect_refused(text, strlen(text), "line 4 makes no sense");
	}
	cleanup(free_string) char *nameless = sealed("dkms-journal 1\nid " ID "\n");

	expect_refused(nameless, strlen(nameless), "no id or no description");
}

static void round_trip(void **state)
{
	cleanup(journal_free_handler) struct journal *journal = example();
	cleanup(free_string) char *text = journal_format(journal);
	cleanup(journal_free_handler) struct journal *parsed = NULL;
	struct error error = {0};

	(void)state;
	if (journal_parse(text, strlen(text), &parsed, &error) < 0)
		fail_msg("%s", error.message);
	cleanup(free_string) char *again = journal_format(parsed);

	assert_string_equal(again, text);
	assert_string_equal(parsed->description, journal->description);
	assert_string_equal(parsed->group, "6.1 rt");
	assert_int_equal(parsed->owner, 77);
	assert_string_equal(parsed->module, "foo 1");
	assert_string_equal(parsed->stages.items[0], "/lib modules/6.1");
	assert_string_equal(parsed->parents.items[0], "/lib modules/6.1/new");
	assert_int_equal(parsed->operation_count, 3);
	assert_string_equal(parsed->operations[0].target, journal->operations[0].target);
	assert_false(parsed->operations[0].had_target);
	assert_true(parsed->operations[1].had_target);
	assert_string_equal(parsed->operations[2].target, "/-");
}

static void text_is_stable(void **state)
{
	cleanup(journal_free_handler) struct journal *journal = journal_new("remove foo/1.0", NULL,
									    0);

	(void)state;
	text_assign(&journal->id, ID);
	cleanup(free_string) char *text = journal_format(journal);
	cleanup(free_string) char *wanted = sealed("dkms-journal 1\nid " ID
						   "\ndescription remove%20foo/1.0\n");

	assert_string_equal(text, wanted);
}

UNIT_MAIN(cmocka_unit_test(foreign_and_newer), cmocka_unit_test(every_truncation_is_refused),
	  cmocka_unit_test(every_changed_byte_is_refused), cmocka_unit_test(lines_without_sense),
	  cmocka_unit_test(round_trip), cmocka_unit_test(text_is_stable))
