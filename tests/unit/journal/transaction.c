/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <fcntl.h>
#include <signal.h>
#include <sys/time.h>
#include <sys/wait.h>

#include "change.h"
#include "journal/journal.h"
#include "journal/leftovers.h"
#include "journal/transaction.h"
#include "tree/fixture.h"

/* In place of the C library's: a file system without hard links. */
static bool no_hard_links;

int link(const char *from, const char *to)
{
	if (no_hard_links) {
		errno = EPERM;
		return -1;
	}
	return linkat(AT_FDCWD, from, AT_FDCWD, to, 0);
}

/* One of each kind, over something and over nothing. */
static struct transaction *stage_all(const struct fixture *fixture)
{
	cleanup(free_string) char *file = fixture_path(fixture, "file");
	cleanup(free_string) char *a = fixture_path(fixture, "lib/a");
	cleanup(free_string) char *link_path = fixture_path(fixture, "lib/link");
	struct error error = {0};
	struct transaction *transaction = begin(fixture);

	ok(transaction_put_file(transaction, file, a, &error), &error);
	ok(put(transaction, fixture, "lib/new/sub/b", "new b", &error), &error);
	ok(transaction_put_link(transaction, "new", link_path, &error), &error);
	ok(remove_below(transaction, fixture, "lib/gone", &error), &error);
	ok(remove_below(transaction, fixture, "lib/never", &error), &error);
	ok(remove_below(transaction, fixture, "lib/tree", &error), &error);
	ok(remove_below(transaction, fixture, "lib/emptied/by/file", &error), &error);
	prune(transaction, fixture, "lib/emptied/by", "lib", &error);
	ok(put_directory(transaction, fixture, "one", "lib/module", &error), &error);
	ok(put_directory(transaction, fixture, "two", "lib/new/module", &error), &error);
	return transaction;
}

static void steps_out_of_order(void **state)
{
	const struct fixture *fixture = *state;
	struct error error = {0};
	struct transaction *transaction = begin(fixture);

	ok(put(transaction, fixture, "a", "new", &error), &error);
	assert_int_equal(transaction_commit(transaction, &error), -EINVAL);
	assert_error(&error, 0, "\"install foo/1.0 for 6.1\" is not applied");
	ok(transaction_apply(transaction, &error), &error);
	assert_int_equal(transaction_apply(transaction, &error), -EINVAL);
	assert_error(&error, 0, "was applied before");
	assert_int_equal(put(transaction, fixture, "b", "new", &error), -EINVAL);
	assert_error(&error, 0, "cannot join a change already applied");
	ok(transaction_rollback(transaction, &error), &error);
	assert_int_equal(transaction_commit(transaction, &error), -EINVAL);
	assert_error(&error, 0, "is not applied");
	transaction_free(transaction);
}

static void commit_gives_the_new_state(void **state)
{
	const struct fixture *fixture = *state;
	struct error error = {0};

	write_old(fixture);
	struct transaction *transaction = stage_all(fixture);

	expect_content(fixture, "lib/a", "old a");
	ok(transaction_apply(transaction, &error), &error);
	ok(transaction_commit(transaction, &error), &error);
	transaction_free(transaction);
	cleanup(free_string) char *after = snapshot(fixture);
	cleanup(free_string) char *journals = journal_files(fixture);

	assert_string_equal(strstr(after, "/lib "), "/lib 40755\n"
						    "/lib/a 100644 new a\n"
						    "/lib/link 120777 -> new\n"
						    "/lib/module 40755\n"
						    "/lib/module/x.ko 100644 new x\n"
						    "/lib/new 40755\n"
						    "/lib/new/module 40755\n"
						    "/lib/new/module/y.ko 100644 new y\n"
						    "/lib/new/sub 40755\n"
						    "/lib/new/sub/b 100644 new b\n"
						    "/var 40755\n"
						    "/var/lib 40755\n"
						    "/var/lib/dkms 40755\n");
	assert_string_equal(journals, "");
}

static void rollback_gives_the_old_state(void **state)
{
	const struct fixture *fixture = *state;
	struct error error = {0};

	write_old(fixture);
	cleanup(free_string) char *before = snapshot_with_tree(fixture);
	struct transaction *transaction = stage_all(fixture);

	ok(transaction_apply(transaction, &error), &error);
	expect_content(fixture, "lib/a", "new a");
	ok(transaction_rollback(transaction, &error), &error);
	expect_unchanged(fixture, before);
	transaction_free(transaction);
	transaction_free(stage_all(fixture));
	expect_unchanged(fixture, before);
}

static void without_hard_links(void **state)
{
	no_hard_links = true;
	rollback_gives_the_old_state(state);
	commit_gives_the_new_state(state);
	no_hard_links = false;
}

static void failure_in_the_middle_is_undone(void **state)
{
	const struct fixture *fixture = *state;
	cleanup(free_string) char *two = fixture_path(fixture, "two");
	struct error error = {0};

	write_old(fixture);
	scratch_directory(fixture->root, "var/lib/dkms");
	struct transaction *transaction = stage_all(fixture);

	ok(directory_remove(two, &error), &error);
	assert_int_equal(transaction_apply(transaction, &error), -ENOENT);
	assert_error(&error, 0, "lib/new/module in its place");
	transaction_free(transaction);
	cleanup(free_string) char *after = snapshot(fixture);

	write_old(fixture);
	ok(directory_remove(two, &error), &error);
	expect_unchanged(fixture, after);
}

static void file_over_removed_directory_can_be_undone(void **state)
{
	const struct fixture *fixture = *state;
	struct error error = {0};

	scratch_write(fixture->root, "lib/dir/file", "old");
	cleanup(free_string) char *before = snapshot_with_tree(fixture);
	struct transaction *transaction = begin(fixture);

	ok(remove_below(transaction, fixture, "lib/dir", &error), &error);
	ok(put(transaction, fixture, "lib/dir", "now a file", &error), &error);
	ok(transaction_apply(transaction, &error), &error);
	expect_content(fixture, "lib/dir", "now a file");
	ok(transaction_rollback(transaction, &error), &error);
	expect_unchanged(fixture, before);
	transaction_free(transaction);
}

static void parents_that_others_use_stay(void **state)
{
	const struct fixture *fixture = *state;
	struct error error = {0};

	scratch_directory(fixture->root, "lib");
	struct transaction *transaction = begin(fixture);

	ok(put(transaction, fixture, "lib/updates/dkms/a", "new", &error), &error);
	ok(transaction_apply(transaction, &error), &error);
	scratch_write(fixture->root, "lib/updates/b", "another's");
	ok(transaction_rollback(transaction, &error), &error);
	transaction_free(transaction);
	cleanup(free_string) char *after = snapshot(fixture);

	assert_non_null(strstr(after, "/lib/updates 40755\n/lib/updates/b 100644 another's\n/var"));
}

static void old_file_comes_back_itself(void **state)
{
	const struct fixture *fixture = *state;
	cleanup(free_string) char *path = fixture_path(fixture, "lib/a");
	struct error error = {0};
	struct stat before, after;

	scratch_write(fixture->root, "lib/a", "old");
	assert_int_equal(stat(path, &before), 0);
	struct transaction *transaction = begin(fixture);

	ok(put(transaction, fixture, "lib/a", "new", &error), &error);
	ok(transaction_apply(transaction, &error), &error);
	ok(transaction_rollback(transaction, &error), &error);
	transaction_free(transaction);
	assert_int_equal(stat(path, &after), 0);
	assert_int_equal(after.st_ino, before.st_ino);
	assert_int_equal(after.st_nlink, 1);
}

/* Two transactions empty a directory together: it goes with the second. */
static void empty_directories_go_with_the_last_commit(void **state)
{
	const struct fixture *fixture = *state;
	struct error error = {0};

	scratch_write(fixture->root, "lib/k/updates/dkms/a", "a");
	scratch_write(fixture->root, "lib/k/updates/dkms/b", "b");
	scratch_write(fixture->root, "lib/k/kernel/c", "c");
	struct transaction *first = begin(fixture);
	struct transaction *second = begin(fixture);

	ok(remove_below(first, fixture, "lib/k/updates/dkms/a", &error), &error);
	prune(first, fixture, "lib/k/updates/dkms", "lib/k", &error);
	prune(first, fixture, "lib/k/nowhere", "lib/k", &error);
	ok(remove_below(second, fixture, "lib/k/updates/dkms/b", &error), &error);
	ok(remove_below(second, fixture, "lib/k/kernel/c", &error), &error);
	prune(second, fixture, "lib/k/updates/dkms", "lib/k", &error);
	prune(second, fixture, "lib/k/kernel", "lib/k/kernel", &error);
	ok(transaction_apply(first, &error), &error);
	ok(transaction_apply(second, &error), &error);
	transaction_detach(first);
	transaction_detach(second);
	ok(transactions_finish(&fixture->settings, "6.1", true, &error), &error);
	cleanup(free_string) char *updates = fixture_path(fixture, "lib/k/updates");
	cleanup(free_string) char *kernel = fixture_path(fixture, "lib/k/kernel");

	assert_false(file_exists(updates));
	assert_true(file_exists(kernel));
}

static void a_rollback_finds_its_directories(void **state)
{
	const struct fixture *fixture = *state;
	struct error error = {0};

	scratch_write(fixture->root, "lib/k/updates/a", "a");
	scratch_directory(fixture->root, "var/lib/dkms");
	cleanup(free_string) char *before = snapshot(fixture);
	struct transaction *transaction = begin(fixture);

	ok(remove_below(transaction, fixture, "lib/k/updates/a", &error), &error);
	prune(transaction, fixture, "lib/k/updates", "lib/k", &error);
	ok(transaction_apply(transaction, &error), &error);
	assert_int_equal(transaction_prune(transaction, "/", "/", &error), -EINVAL);
	assert_error(&error, 0, "already applied");
	ok(transaction_rollback(transaction, &error), &error);
	transaction_free(transaction);
	cleanup(free_string) char *after = snapshot(fixture);

	assert_string_equal(before, after);
}

/* One that was empty before is part of the old state. */
static void only_a_commit_prunes(void **state)
{
	const struct fixture *fixture = *state;
	struct error error = {0};

	scratch_directory(fixture->root, "lib/k/empty/deep");
	scratch_directory(fixture->root, "var/lib/dkms");
	cleanup(free_string) char *before = snapshot(fixture);

	for (int applied = 0; applied < 2; applied++) {
		struct transaction *transaction = begin(fixture);

		prune(transaction, fixture, "lib/k/empty/deep", "lib/k", &error);
		if (applied)
			ok(transaction_apply(transaction, &error), &error);
		transaction_free(transaction);
		expect_unchanged(fixture, before);
	}
	struct transaction *transaction = begin(fixture);

	prune(transaction, fixture, "lib/k/empty/deep", "lib/k", &error);
	ok(transaction_apply(transaction, &error), &error);
	ok(transaction_commit(transaction, &error), &error);
	transaction_free(transaction);
	cleanup(free_string) char *after = snapshot(fixture);
	cleanup(free_string) char *journals = journal_files(fixture);

	assert_null(strstr(after, "empty"));
	assert_string_equal(journals, "");
}

/*
 * A worker whose target shares directories with those of others: each makes them, and each
 * rollback takes them away from under the others. Ends with status 0.
 */
static void work(const struct fixture *fixture, int number)
{
	cleanup(free_string) char *path = text_format("lib/updates/dkms/%d.ko", number);
	struct error error = {0};
	bool good = true;

	for (int i = 0; good && i < 40; i++) {
		struct transaction *transaction = begin(fixture);

		good = put(transaction, fixture, path, "new", &error) == 0 &&
		       transaction_apply(transaction, &error) == 0 &&
		       transaction_rollback(transaction, &error) == 0;
		transaction_free(transaction);
	}
	if (!good)
		(void)fprintf(stderr, "worker %d: %s\n", number, error.message);
	_exit(good ? 0 : 1);
}

static void several_workers_at_once(void **state)
{
	const struct fixture *fixture = *state;
	enum { WORKERS = 6 };
	int status, failures = 0;

	scratch_directory(fixture->root, "lib");
	for (int i = 0; i < WORKERS; i++)
		if (fork() == 0)
			work(fixture, i);
	for (int i = 0; i < WORKERS; i++) {
		assert_true(wait(&status) > 0);
		failures += status != 0;
	}
	assert_int_equal(failures, 0);
	cleanup(free_string) char *after = snapshot(fixture);
	cleanup(free_string) char *journals = journal_files(fixture);

	assert_null(strstr(after, ".dkms-"));
	assert_null(strstr(after, ".ko"));
	assert_string_equal(journals, "");
}

static void expect_pending(const struct fixture *fixture, const char *wanted)
{
	cleanup(strv_free) struct strv releases = {0};
	struct error error = {0};

	assert_int_equal(pending_depmod_list(&fixture->settings, &releases, &error), 0);
	cleanup(free_string) char *joined = strv_join(&releases, " ");

	assert_string_equal(joined, wanted);
}

static void stop_waiting(int signal)
{
	(void)signal;
}

/* A timer ends the wait: without the lock, the change would succeed at once. */
static void a_change_waits_for_the_lock(void **state)
{
	const struct fixture *fixture = *state;
	const struct sigaction interrupting = {.sa_handler = stop_waiting};
	const struct itimerval often = {.it_interval = {.tv_usec = 100000},
					.it_value = {.tv_usec = 100000}};
	const struct itimerval never = {0};
	struct error error = {0};
	cleanup(close_fd) int lock = journal_lock(&fixture->settings, &error);
	struct transaction *transaction = begin(fixture);

	assert_true(lock >= 0);
	assert_int_equal(sigaction(SIGALRM, &interrupting, NULL), 0);
	ok(put(transaction, fixture, "a", "new", &error), &error);
	assert_int_equal(setitimer(ITIMER_REAL, &often, NULL), 0);
	assert_int_equal(transaction_apply(transaction, &error), -EINTR);
	assert_int_equal(setitimer(ITIMER_REAL, &never, NULL), 0);
	assert_error(&error, 0, "Cannot lock");
	close_fd(&lock);
	ok(transaction_apply(transaction, &error), &error);
	ok(transaction_commit(transaction, &error), &error);
	transaction_free(transaction);
}

static void names_that_are_no_kernels(void **state)
{
	const struct fixture *fixture = *state;
	static const char *const names[] = {"", ".", "../lock", "a/b"};
	struct error error = {0};

	scratch_write(fixture->root, "var/lib/dkms/.dkms/lock", "");
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		assert_int_equal(pending_depmod_set(&fixture->settings, names[i], &error), -EINVAL);
		assert_error(&error, EXIT_EMPTY_KERNEL, "cannot be the name of a kernel");
		assert_int_equal(pending_depmod_keep(&fixture->settings, names[i], &error),
				 -EINVAL);
		assert_error(&error, EXIT_EMPTY_KERNEL, "cannot be the name of a kernel");
		assert_false(pending_depmod_is_set(&fixture->settings, names[i]));
		assert_int_equal(pending_depmod_clear(&fixture->settings, names[i], &error), 0);
		assert_int_equal(pending_depmod_withdraw(&fixture->settings, names[i], &error), 0);
	}
	cleanup(free_string) char *lock = fixture_path(fixture, "var/lib/dkms/.dkms/lock");

	assert_true(file_exists(lock));
}

static void file_in_place_of_the_directory(void **state)
{
	const struct fixture *fixture = *state;
	struct error error = {0};

	scratch_write(fixture->root, "var/lib/dkms/.dkms/depmod", "");
	assert_true(pending_depmod_set(&fixture->settings, "6.1", &error) < 0);
	assert_error(&error, 0, ".dkms/depmod");
}

static void set_and_clear(void **state)
{
	const struct fixture *fixture = *state;
	struct error error = {0};

	expect_pending(fixture, "");
	assert_int_equal(pending_depmod_clear(&fixture->settings, "6.1", &error), 0);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(pending_depmod_set(&fixture->settings, "6.2", &error), 0);
		assert_int_equal(pending_depmod_set(&fixture->settings, "6.1", &error), 0);
	}
	expect_pending(fixture, "6.1 6.2");
	assert_int_equal(pending_depmod_clear(&fixture->settings, "6.1", &error), 0);
	expect_pending(fixture, "6.2");
}

UNIT_MAIN(FIXTURE_TEST(steps_out_of_order), FIXTURE_TEST(commit_gives_the_new_state),
	  FIXTURE_TEST(rollback_gives_the_old_state), FIXTURE_TEST(without_hard_links),
	  FIXTURE_TEST(failure_in_the_middle_is_undone),
	  FIXTURE_TEST(file_over_removed_directory_can_be_undone),
	  FIXTURE_TEST(parents_that_others_use_stay), FIXTURE_TEST(old_file_comes_back_itself),
	  FIXTURE_TEST(empty_directories_go_with_the_last_commit),
	  FIXTURE_TEST(a_rollback_finds_its_directories), FIXTURE_TEST(only_a_commit_prunes),
	  FIXTURE_TEST(several_workers_at_once), FIXTURE_TEST(a_change_waits_for_the_lock),
	  FIXTURE_TEST(names_that_are_no_kernels), FIXTURE_TEST(file_in_place_of_the_directory),
	  FIXTURE_TEST(set_and_clear))
