/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "change.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>

static void targets_that_cannot_be(void **state)
{
	const struct fixture *fixture = *state;
	struct error error = {0};

	scratch_write(fixture->root, "lib/file", "old");
	scratch_directory(fixture->root, "lib/directory");
	cleanup(free_string) char *before = snapshot_with_tree(fixture);
	struct transaction *transaction = begin(fixture);

	assert_int_equal(put(transaction, fixture, "lib/file/below/x", "new", &error), -ENOTDIR);
	assert_error(&error, 0, "lib/file is no directory");
	assert_int_equal(put(transaction, fixture, "lib/directory", "new", &error), -EISDIR);
	assert_error(&error, 0, "lib/directory is a directory where a file is to be put");
	assert_int_equal(transaction_remove(transaction, "/", &error), -EINVAL);
	assert_error(&error, 0, "/ cannot be replaced or removed");
	assert_int_equal(transaction_remove(transaction, "/lib/../..", &error), -EINVAL);
	assert_error(&error, 0, "cannot be replaced or removed");
	transaction_free(transaction);
	expect_unchanged(fixture, before);
}

static void sources_that_cannot_be(void **state)
{
	const struct fixture *fixture = *state;
	cleanup(free_string) char *missing = fixture_path(fixture, "missing");
	cleanup(free_string) char *target = fixture_path(fixture, "lib/a");
	struct error error = {0};

	scratch_directory(fixture->root, "lib");
	scratch_write(fixture->root, "file", "");
	cleanup(free_string) char *before = snapshot_with_tree(fixture);
	struct transaction *transaction = begin(fixture);

	assert_int_equal(transaction_put_file(transaction, missing, target, &error), -ENOENT);
	assert_error(&error, 0, "lib/a: Cannot read");
	assert_int_equal(transaction_put_file(transaction, fixture->root, target, &error), -EINVAL);
	assert_error(&error, 0, "no regular file");
	assert_int_equal(put_directory(transaction, fixture, "missing", "lib/a", &error), -ENOENT);
	assert_error(&error, 0, "missing");
	assert_int_equal(put_directory(transaction, fixture, "file", "lib/a", &error), -ENOTDIR);
	assert_error(&error, 0, "file to ");
	ok(transaction_apply(transaction, &error), &error);
	ok(transaction_commit(transaction, &error), &error);
	transaction_free(transaction);
	expect_unchanged(fixture, before);
}

static void nothing_goes_into_what_is_removed(void **state)
{
	const struct fixture *fixture = *state;
	struct error error = {0};

	scratch_write(fixture->root, "lib/directory/file", "old");
	struct transaction *transaction = begin(fixture);

	ok(remove_below(transaction, fixture, "lib/directory", &error), &error);
	assert_int_equal(put(transaction, fixture, "lib/directory/new", "new", &error), -EINVAL);
	assert_error(&error, 0, "cannot be changed together with");
	transaction_free(transaction);
}

/* Runs as nobody, whom modes stop, in a root of its own. */
static void read_only_directory(void **state)
{
	const struct fixture *fixture = *state;
	struct error error = {0};

	if (geteuid() != 0)
		skip();
	scratch_write(fixture->root, "lib/a", "old");
	scratch_directory(fixture->root, "var/lib/dkms/.dkms/journal");
	cleanup(free_string) char *journal = fixture_path(fixture, "var/lib/dkms/.dkms/journal");
	cleanup(free_string) char *before = snapshot_with_tree(fixture);

	assert_int_equal(chmod(fixture->root, 0711), 0);
	assert_int_equal(chown(journal, 65534, 65534), 0);
	assert_int_equal(seteuid(65534), 0);
	struct transaction *transaction = begin(fixture);

	ok(put(transaction, fixture, "lib/a", "new", &error), &error);
	int code = transaction_apply(transaction, &error);

	transaction_free(transaction);
	assert_int_equal(seteuid(0), 0);
	assert_int_equal(chmod(fixture->root, 0700), 0);
	assert_int_equal(code, -EACCES);
	assert_error(&error, 0, "lib/a: Cannot write");
	expect_unchanged(fixture, before);
}

/* Mounts a small tmpfs at a path below the root, in a namespace of this process; false: cannot. */
static bool mount_small(const struct fixture *fixture, const char *path)
{
	cleanup(free_string) char *full = fixture_path(fixture, path);

	scratch_directory(fixture->root, path);
	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return false;
	return mount("test", full, "tmpfs", 0, "size=64k") == 0;
}

static void unmount(const struct fixture *fixture, const char *path)
{
	cleanup(free_string) char *full = fixture_path(fixture, path);

	assert_int_equal(umount(full), 0);
}

/* Takes what room is left, in a file. */
static void fill(const struct fixture *fixture, const char *path)
{
	cleanup(free_string) char *full = fixture_path(fixture, path);
	int fd = open(full, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	static const char block[4096];

	while (write(fd, block, sizeof(block)) > 0)
		;
	assert_int_equal(errno, ENOSPC);
	assert_int_equal(close(fd), 0);
}

static void full_target(void **state)
{
	const struct fixture *fixture = *state;
	static char big[1 << 20];
	struct error error = {0};

	if (!mount_small(fixture, "lib"))
		skip();
	scratch_write(fixture->root, "lib/a", "old");
	scratch_write(fixture->root, "b", "old");
	cleanup(free_string) char *before = snapshot_with_tree(fixture);
	struct transaction *transaction = begin(fixture);

	memset(big, 'x', sizeof(big) - 1);
	ok(put(transaction, fixture, "b", "new", &error), &error);
	ok(put(transaction, fixture, "lib/a", big, &error), &error);
	assert_int_equal(transaction_apply(transaction, &error), -ENOSPC);
	assert_error(&error, 0, "lib/a: Cannot write");
	transaction_free(transaction);
	expect_unchanged(fixture, before);
	unmount(fixture, "lib");
}

static void full_tree(void **state)
{
	const struct fixture *fixture = *state;
	struct error error = {0};

	if (!mount_small(fixture, "var/lib/dkms"))
		skip();
	scratch_write(fixture->root, "lib/a", "old");
	scratch_directory(fixture->root, "var/lib/dkms/.dkms/journal");
	struct transaction *transaction = begin(fixture);

	/* applied, then no room for the commit: it must need none */
	ok(put(transaction, fixture, "lib/b", "new", &error), &error);
	ok(transaction_apply(transaction, &error), &error);
	fill(fixture, "var/lib/dkms/full");
	ok(transaction_commit(transaction, &error), &error);
	transaction_free(transaction);
	expect_content(fixture, "lib/b", "new");

	/* no room for the journal: nothing happens */
	fill(fixture, "var/lib/dkms/fuller");
	cleanup(free_string) char *before_dot = fixture_path(fixture, "lib");
	cleanup(strv_free) struct strv names = {0};

	transaction = begin(fixture);
	ok(put(transaction, fixture, "lib/a", "new", &error), &error);
	assert_int_equal(transaction_apply(transaction, &error), -ENOSPC);
	assert_error(&error, 0, ".dkms/journal/");
	transaction_free(transaction);
	expect_content(fixture, "lib/a", "old");
	ok(directory_list(before_dot, &names, &error), &error);
	assert_int_equal(names.count, 2);
	unmount(fixture, "var/lib/dkms");
}

static void other_file_system(void **state)
{
	const struct fixture *fixture = *state;
	struct error error = {0};

	if (!mount_small(fixture, "lib"))
		skip();
	scratch_write(fixture->root, "lib/a", "old");
	scratch_directory(fixture->root, "built");
	cleanup(free_string) char *before = snapshot_with_tree(fixture);
	struct transaction *transaction = begin(fixture);

	assert_int_equal(put_directory(transaction, fixture, "built", "lib/built", &error), -EXDEV);
	assert_error(&error, 0, "lib/built: Invalid cross-device link");
	ok(put(transaction, fixture, "lib/a", "new", &error), &error);
	ok(put(transaction, fixture, "lib/new/b", "new", &error), &error);
	ok(transaction_apply(transaction, &error), &error);
	expect_content(fixture, "lib/new/b", "new");
	transaction_free(transaction);
	expect_unchanged(fixture, before);
	unmount(fixture, "lib");
}

static void last_word_counts(void **state)
{
	const struct fixture *fixture = *state;
	struct error error = {0};

	scratch_write(fixture->root, "lib/dir/file", "old");
	scratch_write(fixture->root, "lib/removed", "old");
	struct transaction *transaction = begin(fixture);

	ok(put(transaction, fixture, "lib/twice", "first", &error), &error);
	ok(put(transaction, fixture, "lib/twice", "second", &error), &error);
	ok(put(transaction, fixture, "lib/removed", "new", &error), &error);
	ok(remove_below(transaction, fixture, "lib/removed", &error), &error);
	ok(put(transaction, fixture, "lib/dir/file", "new", &error), &error);
	ok(remove_below(transaction, fixture, "lib/dir", &error), &error);
	ok(put(transaction, fixture, "lib/dir", "now a file", &error), &error);
	ok(transaction_apply(transaction, &error), &error);
	ok(transaction_commit(transaction, &error), &error);
	transaction_free(transaction);
	cleanup(free_string) char *after = snapshot(fixture);

	assert_non_null(strstr(after, "/lib 40755\n/lib/dir 100644 now a file\n"
				      "/lib/twice 100644 second\n/var"));
}

static void mode_times_and_umask(void **state)
{
	const struct fixture *fixture = *state;
	cleanup(free_string) char *file = fixture_path(fixture, "file");
	cleanup(free_string) char *copy = fixture_path(fixture, "lib/copy");
	cleanup(free_string) char *data = fixture_path(fixture, "lib/data");
	const struct timespec times[2] = {{.tv_sec = 1000}, {.tv_sec = 2000, .tv_nsec = 5}};
	struct error error = {0};
	struct stat info;
	mode_t before = umask(077);
	struct transaction *transaction = begin(fixture);

	scratch_write(fixture->root, "file", "content");
	assert_int_equal(chmod(file, 0754), 0);
	assert_int_equal(utimensat(AT_FDCWD, file, times, 0), 0);
	ok(transaction_put_file(transaction, file, copy, &error), &error);
	ok(transaction_put_data(transaction, "x", 1, 0666, data, &error), &error);
	ok(transaction_apply(transaction, &error), &error);
	ok(transaction_commit(transaction, &error), &error);
	transaction_free(transaction);
	(void)umask(before);
	assert_int_equal(stat(copy, &info), 0);
	assert_int_equal(info.st_mode & 07777, 0754);
	assert_int_equal(info.st_mtim.tv_sec, 2000);
	assert_int_equal(info.st_mtim.tv_nsec, 5);
	assert_int_equal(stat(data, &info), 0);
	assert_int_equal(info.st_mode & 07777, 0666);
}

static void one_target_under_two_names(void **state)
{
	const struct fixture *fixture = *state;
	struct error error = {0};

	scratch_write(fixture->root, "usr/lib/a", "old");
	scratch_symlink(fixture->root, "lib", "usr/lib");
	struct transaction *transaction = begin(fixture);

	ok(remove_below(transaction, fixture, "lib/a", &error), &error);
	ok(put(transaction, fixture, "usr/lib/../lib/a", "new", &error), &error);
	ok(transaction_apply(transaction, &error), &error);
	ok(transaction_commit(transaction, &error), &error);
	transaction_free(transaction);
	expect_content(fixture, "usr/lib/a", "new");
}

static void relative_paths(void **state)
{
	const struct fixture *fixture = *state;
	cleanup(free_string) char *before = realpath(".", NULL);
	struct error error = {0};

	assert_int_equal(chdir(fixture->root), 0);
	struct transaction *transaction = begin(fixture);

	ok(transaction_put_data(transaction, "new", 3, 0644, "lib/a", &error), &error);
	assert_int_equal(chdir(before), 0);
	ok(transaction_apply(transaction, &error), &error);
	ok(transaction_commit(transaction, &error), &error);
	transaction_free(transaction);
	expect_content(fixture, "lib/a", "new");
}

/* The files of a transaction that was given up, or is not applied yet, are nowhere. */
static void nothing_is_touched_before_apply(void **state)
{
	const struct fixture *fixture = *state;
	cleanup(free_string) char *file = fixture_path(fixture, "lib/a");
	cleanup(free_string) char *copy = fixture_path(fixture, "lib/b");
	struct error error = {0};

	scratch_write(fixture->root, "lib/a", "old");
	scratch_directory(fixture->root, "new");
	cleanup(free_string) char *before = snapshot_with_tree(fixture);
	struct transaction *transaction = begin(fixture);

	ok(transaction_put_file(transaction, file, copy, &error), &error);
	ok(put(transaction, fixture, "lib/a", "new", &error), &error);
	ok(put_directory(transaction, fixture, "new", "lib/directory", &error), &error);
	ok(remove_below(transaction, fixture, "lib/a", &error), &error);
	expect_unchanged(fixture, before);
	transaction_free(transaction);
	expect_unchanged(fixture, before);
}

/* The content is that of the call, not of a buffer that lives on. */
static void data_is_copied(void **state)
{
	const struct fixture *fixture = *state;
	char text[] = "first";
	struct error error = {0};
	struct transaction *transaction = begin(fixture);

	ok(put(transaction, fixture, "lib/a", text, &error), &error);
	ok(put(transaction, fixture, "lib/empty", "", &error), &error);
	text[0] = 'F';
	ok(transaction_apply(transaction, &error), &error);
	ok(transaction_commit(transaction, &error), &error);
	transaction_free(transaction);
	expect_content(fixture, "lib/a", "first");
	expect_content(fixture, "lib/empty", "");
}

/* A file that is to be copied and is gone when the transaction is applied: nothing happens. */
static void a_source_that_vanishes(void **state)
{
	const struct fixture *fixture = *state;
	cleanup(free_string) char *file = fixture_path(fixture, "file");
	cleanup(free_string) char *copy = fixture_path(fixture, "lib/new/b");
	struct error error = {0};

	scratch_write(fixture->root, "file", "new");
	scratch_write(fixture->root, "lib/a", "old");
	struct transaction *transaction = begin(fixture);

	ok(put(transaction, fixture, "lib/a", "new", &error), &error);
	ok(transaction_put_file(transaction, file, copy, &error), &error);
	assert_int_equal(unlink(file), 0);
	cleanup(free_string) char *before = snapshot_with_tree(fixture);

	assert_int_equal(transaction_apply(transaction, &error), -ENOENT);
	assert_error(&error, 0, "lib/new/b: Cannot read");
	transaction_free(transaction);
	expect_unchanged(fixture, before);
}

UNIT_MAIN(FIXTURE_TEST(nothing_is_touched_before_apply), FIXTURE_TEST(data_is_copied),
	  FIXTURE_TEST(a_source_that_vanishes), FIXTURE_TEST(targets_that_cannot_be),
	  FIXTURE_TEST(sources_that_cannot_be), FIXTURE_TEST(nothing_goes_into_what_is_removed),
	  FIXTURE_TEST(read_only_directory), FIXTURE_TEST(full_target), FIXTURE_TEST(full_tree),
	  FIXTURE_TEST(other_file_system), FIXTURE_TEST(last_word_counts),
	  FIXTURE_TEST(mode_times_and_umask), FIXTURE_TEST(one_target_under_two_names),
	  FIXTURE_TEST(relative_paths))
