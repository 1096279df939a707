/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the next run does first, after a death. */
#include "unit.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "engine/settle.h"
#include "notebook.h"
#include "scratch.h"
#include "journal/leftovers.h"
#include "journal/transaction.h"

#define TREE    "var/lib/dkms"
#define RELEASE "6.1"

struct system {
	char *scratch;
	struct settings settings;
	struct notebook notebook;
};

/* depmod writes down for which kernel it was called, or fails. */
static void use_depmod(const struct system *system, const char *command)
{
	cleanup(free_string) char *script = text_format("#!/bin/sh\n%s\n", command);
	cleanup(free_string) char *path = path_join(system->scratch, "bin", NULL);
	cleanup(free_string) char *search = text_format("%s:%s", path, "/usr/bin:/bin");

	scratch_write_bytes(system->scratch, "bin/depmod", script, strlen(script), 0755);
	assert_int_equal(setenv("PATH", search, 1), 0);
}

static int setup(void **state)
{
	struct system *system = NEW(struct system);

	system->scratch = scratch_make();
	settings_init(&system->settings, system->scratch);
	system->notebook = notebook_new();
	cleanup(free_string) char *command = text_format("echo \"$*\" >>'%s/calls'",
							 system->scratch);

	use_depmod(system, command);
	*state = system;
	return 0;
}

static int teardown(void **state)
{
	struct system *system = *state;

	notebook_free(&system->notebook);
	settings_free(&system->settings);
	scratch_remove(&system->scratch);
	free(system);
	return 0;
}

#define SYSTEM_TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

static bool is_there(const struct system *system, const char *name)
{
	cleanup(free_string) char *path = path_join(system->scratch, name, NULL);

	return file_exists_nofollow(path);
}

static void recover(struct system *system)
{
	struct error error = {0};

	if (settle_dead_runs(&system->settings, &system->notebook.reporter, &error) < 0)
		fail_msg("%s", error.message);
}

/* A change that nobody has decided about. */
static void leave_open(const struct system *system, const char *name)
{
	cleanup(free_string) char *target = path_join(system->scratch, name, NULL);
	struct transaction *transaction = transaction_begin(&system->settings, "install foo/1.0",
							    RELEASE);
	struct error error = {0};

	scratch_directory(system->scratch, "lib/modules/" RELEASE);
	assert_int_equal(transaction_put_data(transaction, "x", 1, 0644, target, &error), 0);
	assert_int_equal(transaction_apply(transaction, &error), 0);
	transaction_detach(transaction);
	assert_true(is_there(system, name));
}

static void nothing_is_left_to_do(void **state)
{
	struct system *system = *state;

	recover(system);
	assert_string_equal(notebook_text(&system->notebook), "");
	assert_false(is_there(system, TREE));
	assert_false(is_there(system, "calls"));
}

static void open_changes_are_taken_back_and_told(void **state)
{
	struct system *system = *state;

	leave_open(system, "lib/modules/" RELEASE "/updates/foo.ko");
	recover(system);
	assert_false(is_there(system, "lib/modules/" RELEASE "/updates"));
	assert_string_equal(notebook_text(&system->notebook),
			    "W An earlier dkms was cut off in \"install foo/1.0\", and what it had "
			    "changed is put back as it was.\n");
	recover(system);
}

static void temporary_files_go(void **state)
{
	struct system *system = *state;

	scratch_write(system->scratch, TREE "/foo/1.0/source", "");
	scratch_write(system->scratch, TREE "/foo/1.0/.dkms-write-0123456789abcdef", "");
	scratch_write(system->scratch, TREE "/foo/1.0/.dkms-build-0123456789abcdef/make.log", "");
	scratch_write(system->scratch,
		      "lib/modules/" RELEASE "/.dkms-index-0123456789abcdef/modules.dep", "");
	recover(system);
	assert_false(is_there(system, TREE "/foo/1.0/.dkms-write-0123456789abcdef"));
	assert_false(is_there(system, TREE "/foo/1.0/.dkms-build-0123456789abcdef"));
	assert_false(is_there(system, "lib/modules/" RELEASE "/.dkms-index-0123456789abcdef"));
	assert_true(is_there(system, TREE "/foo/1.0/source"));
}

static void a_depmod_that_is_due_runs(void **state)
{
	struct system *system = *state;

	scratch_write(system->scratch, "lib/modules/" RELEASE "/modules.dep", "");
	scratch_write(system->scratch, TREE "/.dkms/depmod/" RELEASE, "");
	scratch_write(system->scratch, TREE "/.dkms/depmod/gone", "");
	recover(system);
	assert_false(is_there(system, TREE "/.dkms/depmod/" RELEASE));
	assert_false(is_there(system, TREE "/.dkms/depmod/gone"));
	cleanup(free_string) char *path = path_join(system->scratch, "calls", NULL);
	cleanup(free_string) char *calls = NULL;
	struct error error = {0};

	assert_int_equal(file_read(path, 4096, &calls, NULL, &error), 0);
	assert_non_null(strstr(calls, RELEASE));
	assert_null(strstr(calls, "gone"));
}

/* The mark stays, so that the next run tries again; nothing else is begun before. */
static void a_depmod_that_fails_stays_due(void **state)
{
	struct system *system = *state;
	struct error error = {0};

	use_depmod(system, "exit 1");
	scratch_write(system->scratch, "lib/modules/" RELEASE "/modules.dep", "");
	scratch_write(system->scratch, TREE "/.dkms/depmod/" RELEASE, "");
	/* It holds up nobody, and stays due when a later failure withdraws its own mark. */
	assert_int_equal(settle_dead_runs(&system->settings, &system->notebook.reporter, &error),
			 0);
	assert_int_equal(pending_depmod_withdraw(&system->settings, RELEASE, &error), 0);
	assert_true(is_there(system, TREE "/.dkms/depmod/" RELEASE));
	use_depmod(system, "exit 0");
	assert_int_equal(settle_dead_runs(&system->settings, &system->notebook.reporter, &error),
			 0);
	assert_false(is_there(system, TREE "/.dkms/depmod/" RELEASE));
}

static void a_journal_that_nobody_understands_stops_all(void **state)
{
	struct system *system = *state;
	struct error error = {0};

	leave_open(system, "lib/modules/" RELEASE "/updates/foo.ko");
	scratch_write(system->scratch, TREE "/.dkms/journal/nonsense", "");
	scratch_write(system->scratch, TREE "/.dkms-write-0123456789abcdef", "");
	assert_true(settle_dead_runs(&system->settings, &system->notebook.reporter, &error) < 0);
	assert_error(&error, 0, "journal/nonsense cannot be understood");
	assert_true(is_there(system, "lib/modules/" RELEASE "/updates/foo.ko"));
	assert_true(is_there(system, TREE "/.dkms-write-0123456789abcdef"));
}

static void an_interrupted_run_undoes_its_own(void **state)
{
	struct system *system = *state;

	leave_open(system, "lib/modules/" RELEASE "/updates/foo.ko");
	scratch_write(system->scratch, TREE "/.dkms/depmod/" RELEASE, "");
	scratch_write(system->scratch, "lib/modules/" RELEASE "/modules.dep", "");
	settle_unfinished(&system->settings, &system->notebook.reporter);
	assert_false(is_there(system, "lib/modules/" RELEASE "/updates"));
	assert_false(is_there(system, TREE "/.dkms/depmod/" RELEASE));
	assert_true(is_there(system, "calls"));
	assert_null(strstr(notebook_text(&system->notebook), "E "));
}

UNIT_MAIN(SYSTEM_TEST(nothing_is_left_to_do), SYSTEM_TEST(open_changes_are_taken_back_and_told),
	  SYSTEM_TEST(temporary_files_go), SYSTEM_TEST(a_depmod_that_is_due_runs),
	  SYSTEM_TEST(a_depmod_that_fails_stays_due),
	  SYSTEM_TEST(a_journal_that_nobody_understands_stops_all),
	  SYSTEM_TEST(an_interrupted_run_undoes_its_own))
