/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "change.h"

#include "journal/journal.h"
#include "tree/recorder.h"

#define JOURNAL    "var/lib/dkms/.dkms/journal/"
#define STRAY_NAME "00000000000000000001-0123456789abcdef"

/* A transaction of a group that puts text to a path and is not decided. */
static void leave_applied(const struct fixture *fixture, const struct settings *settings,
			  const char *group, const char *path, const char *text)
{
	cleanup(free_string) char *full = fixture_path(fixture, path);
	cleanup(free_string) char *description = text_format("put %s", text);
	struct transaction *transaction = transaction_begin(settings, description, group);
	struct error error = {0};

	ok(transaction_put_data(transaction, text, strlen(text), 0644, full, &error), &error);
	ok(transaction_apply(transaction, &error), &error);
	transaction_detach(transaction);
}

static void put_and_leave(const struct fixture *fixture, const char *group, const char *path,
			  const char *text)
{
	leave_applied(fixture, &fixture->settings, group, path, text);
}

/* What a death leaves before a target is touched: a journal, and text beside targets in lib. */
static void leave_staging(const struct fixture *fixture, const char *group, const char *text)
{
	cleanup(free_string) char *description = text_format("put %s", text);
	cleanup(journal_free_handler) struct journal *journal = journal_new(description, group, 0);
	cleanup(free_string) char *staged = journal_name_beside(journal, "lib", "new", 0);
	cleanup(free_string) char *directory = fixture_path(fixture, "lib");
	struct error error = {0};

	scratch_write(fixture->root, staged, text);
	strv_add(&journal->stages, directory);
	ok(journal_write(&fixture->settings, journal, &error), &error);
}

/* Gives the only journal another state, as a death at that point would have left it. */
static void set_state(const struct fixture *fixture, const char *state)
{
	cleanup(free_string) char *name = journal_files(fixture);
	cleanup(free_string) char *directory = fixture_path(fixture, JOURNAL);
	cleanup(free_string) char *to = text_format("%s%.*s.%s", directory, (int)strcspn(name, "."),
						    name, state);

	name[strcspn(name, "\n")] = '\0';
	cleanup(free_string) char *from = path_join(directory, name, NULL);

	assert_int_equal(rename(from, to), 0);
}

static void expect_journals(const struct fixture *fixture, const char *wanted)
{
	cleanup(free_string) char *files = journal_files(fixture);

	assert_string_equal(files, wanted);
}

static void expect_recovery(const struct fixture *fixture, const char *wanted)
{
	struct recorder recorder = {.reporter.emit = recorder_emit};
	struct error error = {0};

	ok(transactions_recover(&fixture->settings, &recorder.reporter, &error), &error);
	cleanup(free_string) char *text = buffer_take(&recorder.text);

	assert_string_equal(text, wanted);
	expect_journals(fixture, "");
}

/* With this file among the journals nothing is done, and the message names it and says what. */
static void expect_stuck(const struct fixture *fixture, const char *name, const char *text,
			 const char *words)
{
	cleanup(free_string) char *path = text_format(JOURNAL "%s", name);
	cleanup(free_string) char *full = fixture_path(fixture, path);
	struct error error = {0};

	scratch_write(fixture->root, path, text);
	cleanup(free_string) char *before = snapshot(fixture);

	assert_int_equal(transactions_recover(&fixture->settings, NULL, &error), -EBADMSG);
	assert_non_null(strstr(error.message, full));
	assert_non_null(strstr(error.message, "move it out of the way"));
	assert_error(&error, 0, words);
	assert_int_equal(transactions_finish(&fixture->settings, NULL, true, &error), -EBADMSG);
	assert_error(&error, 0, words);
	cleanup(free_string) char *after = snapshot(fixture);

	assert_string_equal(after, before);
	assert_int_equal(unlink(full), 0);
}

static void journals_that_cannot_be_understood(void **state)
{
	const struct fixture *fixture = *state;

	scratch_write(fixture->root, "lib/a", "old");
	put_and_leave(fixture, "6.1", "lib/a", "new");
	expect_stuck(fixture, "notes", "", "dkms gives no such name");
	expect_stuck(fixture, STRAY_NAME ".begun", "", "dkms gives no such name");
	expect_stuck(fixture, STRAY_NAME ".applied~", "", "dkms gives no such name");
	expect_stuck(fixture, STRAY_NAME ".applied", "", "no journal of dkms");
	expect_stuck(fixture, STRAY_NAME ".staging", "dkms-journal 1\nid", "damaged or cut short");
	expect_stuck(fixture, STRAY_NAME ".undone", "dkms-journal 9\n", "has format 9");
	expect_content(fixture, "lib/a", "new");
	expect_recovery(fixture, "warning: An earlier dkms was cut off in \"put new\", and what it "
				 "had changed is put back as it was.\n");
	expect_content(fixture, "lib/a", "old");
}

static void copy_of_a_journal(void **state)
{
	const struct fixture *fixture = *state;
	cleanup(free_string) char *directory = fixture_path(fixture, JOURNAL);
	cleanup(free_string) char *copy = path_join(directory, STRAY_NAME ".applied", NULL);
	struct error error = {0};

	put_and_leave(fixture, NULL, "lib/a", "new");
	cleanup(free_string) char *name = journal_files(fixture);

	name[strcspn(name, "\n")] = '\0';
	cleanup(free_string) char *original = path_join(directory, name, NULL);

	assert_int_equal(link(original, copy), 0);
	assert_int_equal(transactions_recover(&fixture->settings, NULL, &error), -EBADMSG);
	assert_error(&error, 0, "it has the name of another journal");
	expect_content(fixture, "lib/a", "new");
}

/* Somebody put a directory where the old file belongs: it is not guessed which one counts. */
static void undo_that_cannot_be(void **state)
{
	const struct fixture *fixture = *state;
	cleanup(free_string) char *path = fixture_path(fixture, "lib/gone");
	struct transaction *transaction = transaction_begin(&fixture->settings, "remove it", NULL);
	struct error error = {0};

	scratch_write(fixture->root, "lib/gone", "old");
	ok(transaction_remove(transaction, path, &error), &error);
	ok(transaction_apply(transaction, &error), &error);
	transaction_detach(transaction);
	scratch_write(fixture->root, "lib/gone/foreign", "foreign");
	assert_true(transactions_recover(&fixture->settings, NULL, &error) < 0);
	assert_error(&error, 0, "Cannot undo \"remove it\", which was cut off: Cannot move");
	ok(directory_remove(path, &error), &error);
	expect_recovery(fixture, "warning: An earlier dkms was cut off in \"remove it\", and what "
				 "it had changed is put back as it was.\n");
	expect_content(fixture, "lib/gone", "old");
}

static void nothing_to_recover(void **state)
{
	const struct fixture *fixture = *state;

	expect_recovery(fixture, "");
	scratch_write(fixture->root, JOURNAL ".dkms-write-0123456789abcdef", "half a jour");
	expect_recovery(fixture, "");
}

static void staging_is_cleared_away(void **state)
{
	const struct fixture *fixture = *state;

	scratch_write(fixture->root, "lib/a", "old");
	scratch_directory(fixture->root, "var/lib/dkms");
	cleanup(free_string) char *before = snapshot(fixture);

	scratch_directory(fixture->root, JOURNAL);
	leave_staging(fixture, NULL, "new");
	leave_staging(fixture, NULL, "newer");
	expect_recovery(fixture,
			"warning: An earlier dkms was cut off in \"put newer\", before it changed "
			"anything.\n"
			"warning: An earlier dkms was cut off in \"put new\", before it changed "
			"anything.\n");
	cleanup(free_string) char *after = snapshot(fixture);

	assert_string_equal(after, before);
}

static void committed_stays(void **state)
{
	const struct fixture *fixture = *state;

	scratch_write(fixture->root, "lib/a", "old");
	put_and_leave(fixture, NULL, "lib/a", "new");
	set_state(fixture, "committed");
	expect_recovery(fixture, "warning: An earlier dkms was cut off in \"put new\", when only "
				 "cleaning up was left, which is done now.\n");
	cleanup(free_string) char *after = snapshot(fixture);

	assert_non_null(strstr(after, "/lib 40755\n/lib/a 100644 new\n/var"));
}

static void last_change_is_undone_first(void **state)
{
	const struct fixture *fixture = *state;

	scratch_write(fixture->root, "lib/a", "0");
	for (int i = 1; i <= 5; i++) {
		cleanup(free_string) char *text = text_format("%d", i);

		put_and_leave(fixture, "6.1", "lib/a", text);
	}
	struct error error = {0};

	expect_content(fixture, "lib/a", "5");
	ok(transactions_finish(&fixture->settings, "6.1", false, &error), &error);
	expect_content(fixture, "lib/a", "0");
	expect_journals(fixture, "");
}

static void groups_are_finished_apart(void **state)
{
	const struct fixture *fixture = *state;
	struct error error = {0};

	put_and_leave(fixture, "6.1", "lib/6.1", "new");
	put_and_leave(fixture, "6.2", "lib/6.2", "new");
	put_and_leave(fixture, NULL, "lib/all", "new");
	ok(transactions_finish(&fixture->settings, "6.3", false, &error), &error);
	ok(transactions_finish(&fixture->settings, "6.1", true, &error), &error);
	ok(transactions_finish(&fixture->settings, "6.2", false, &error), &error);
	cleanup(free_string) char *between = snapshot(fixture);

	assert_non_null(strstr(between, "/lib/6.1 "));
	assert_null(strstr(between, "/lib/6.2 "));
	assert_non_null(strstr(between, "/lib/all "));
	ok(transactions_finish(&fixture->settings, NULL, false, &error), &error);
	cleanup(free_string) char *after = snapshot(fixture);

	assert_non_null(strstr(after, "/lib 40755\n/lib/6.1 100644 new\n/var"));
	expect_journals(fixture, "");
}

static void expect_open(const struct settings *settings, bool for_group, bool any)
{
	struct error error = {0};
	bool open = !for_group;

	ok(transactions_others_open_for(settings, "6.1", &open, &error), &error);
	assert_int_equal(open, for_group);
	open = !any;
	ok(transactions_others_open(settings, "6.1", &open, &error), &error);
	assert_int_equal(open, any);
}

/* A dkms that a script of another started, and that other one: neither decides for the other. */
static void a_nested_run_decides_about_its_own(void **state)
{
	const struct fixture *fixture = *state;
	struct settings nested = fixture->settings;
	struct error error = {0};

	nested.nested = 77;
	scratch_directory(fixture->root, "lib");
	put_and_leave(fixture, "6.1", "lib/outer", "new");
	leave_applied(fixture, &nested, "6.1", "lib/inner", "new");
	leave_applied(fixture, &nested, NULL, "lib/alone", "new");
	expect_open(&nested, true, true);
	expect_open(&fixture->settings, true, true);
	ok(transactions_finish(&fixture->settings, "6.1", true, &error), &error);
	expect_open(&nested, false, false);
	cleanup(free_string) char *between = snapshot(fixture);

	assert_non_null(strstr(between, "/lib/inner "));
	put_and_leave(fixture, "6.1", "lib/second", "new");
	ok(transactions_finish(&nested, NULL, false, &error), &error);
	expect_open(&fixture->settings, false, false);
	cleanup(free_string) char *after = snapshot(fixture);

	assert_non_null(strstr(after, "/lib 40755\n/lib/outer 100644 new\n/lib/second 100644 new\n"
				      "/var"));
}

/* Before journals had owners, the group told. */
static void journal_of_a_former_dkms(void **state)
{
	const struct fixture *fixture = *state;

	scratch_write(fixture->root, "lib/a", "old");
	put_and_leave(fixture, "6.1 in 77", "lib/a", "new");
	expect_recovery(fixture, "warning: An earlier dkms was cut off in \"put new\", and what it "
				 "had changed is put back as it was.\n");
	expect_content(fixture, "lib/a", "old");
}

static void what_a_worker_died_over_is_never_committed(void **state)
{
	const struct fixture *fixture = *state;
	struct error error = {0};

	scratch_write(fixture->root, "lib/a", "old");
	scratch_write(fixture->root, "lib/b", "old");
	put_and_leave(fixture, "6.1", "lib/a", "half");
	set_state(fixture, "applying");
	put_and_leave(fixture, "6.1", "lib/b", "new");
	leave_staging(fixture, "6.1", "staged");
	ok(transactions_finish(&fixture->settings, "6.1", true, &error), &error);
	cleanup(free_string) char *after = snapshot(fixture);

	assert_non_null(strstr(after, "/lib 40755\n/lib/a 100644 old\n/lib/b 100644 new\n/var"));
	expect_journals(fixture, "");
}

UNIT_MAIN(FIXTURE_TEST(journals_that_cannot_be_understood), FIXTURE_TEST(copy_of_a_journal),
	  FIXTURE_TEST(undo_that_cannot_be), FIXTURE_TEST(nothing_to_recover),
	  FIXTURE_TEST(staging_is_cleared_away), FIXTURE_TEST(committed_stays),
	  FIXTURE_TEST(last_change_is_undone_first), FIXTURE_TEST(groups_are_finished_apart),
	  FIXTURE_TEST(a_nested_run_decides_about_its_own), FIXTURE_TEST(journal_of_a_former_dkms),
	  FIXTURE_TEST(what_a_worker_died_over_is_never_committed))
