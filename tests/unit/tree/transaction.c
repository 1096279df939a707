/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "snapshot.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "tree/apply.h"
#include "tree/transaction.h"

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

/*
 * In place of the C library's: at the next rename another transaction's rollback takes away the
 * empty directories of a path, as far as one of the name "lib".
 */
static const char *vanishing;

static void vanish(void)
{
	cleanup(free_string) char *directory = vanishing ? xstrdup(vanishing) : NULL;

	vanishing = NULL;
	while (directory && !text_equal(path_basename(directory), "lib")) {
		char *parent = path_parent(directory);

		assert_int_equal(rmdir(directory), 0);
		free(directory);
		directory = parent;
	}
}

int rename(const char *from, const char *to)
{
	vanish();
	return renameat(AT_FDCWD, from, AT_FDCWD, to);
}

int renameat2(int from_fd, const char *from, int to_fd, const char *to, unsigned int flags)
{
	vanish();
	return (int)syscall(SYS_renameat2, from_fd, from, to_fd, to, flags);
}

static struct transaction *begin(const struct fixture *fixture)
{
	struct transaction *transaction = NULL;
	struct error error = {0};

	assert_int_equal(transaction_begin(&fixture->settings, "install foo/1.0 for 6.1", "6.1",
					   &transaction, &error),
			 0);
	return transaction;
}

/* transaction_put_data() of a text to a path below the root. */
static int put(struct transaction *transaction, const struct fixture *fixture, const char *path,
	       const char *text, struct error *error)
{
	cleanup(free_string) char *full = fixture_path(fixture, path);

	return transaction_put_data(transaction, text, strlen(text), 0644, full, error);
}

static int remove_below(struct transaction *transaction, const struct fixture *fixture,
			const char *path, struct error *error)
{
	cleanup(free_string) char *full = fixture_path(fixture, path);

	return transaction_remove(transaction, full, error);
}

static int put_directory(struct transaction *transaction, const struct fixture *fixture,
			 const char *from, const char *to, struct error *error)
{
	cleanup(free_string) char *directory = fixture_path(fixture, from);
	cleanup(free_string) char *target = fixture_path(fixture, to);

	return transaction_put_directory(transaction, directory, target, error);
}

/* The tree itself is made by the first transaction, and stays. */
static char *snapshot_with_tree(const struct fixture *fixture)
{
	scratch_directory(fixture->root, "var/lib/dkms");
	return snapshot(fixture);
}

/* The fixture is as it was at `before`, and no journal is left. */
static void expect_unchanged(const struct fixture *fixture, const char *before)
{
	cleanup(free_string) char *after = snapshot(fixture);
	cleanup(free_string) char *journals = journal_files(fixture);

	assert_string_equal(after, before);
	assert_string_equal(journals, "");
}

static void expect_content(const struct fixture *fixture, const char *path, const char *wanted)
{
	cleanup(free_string) char *full = fixture_path(fixture, path);
	cleanup(free_string) char *content = NULL;
	struct error error = {0};

	ok(file_read(full, 1000, &content, NULL, &error), &error);
	assert_string_equal(content, wanted);
}

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
	int code = put(transaction, fixture, "lib/a", "new", &error);

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
	assert_int_equal(put(transaction, fixture, "lib/a", big, &error), -ENOSPC);
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
	assert_int_equal(put(transaction, fixture, "lib/a", "new", &error), -ENOSPC);
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
	ok(put_directory(transaction, fixture, "one", "lib/module", &error), &error);
	ok(put_directory(transaction, fixture, "two", "lib/new/module", &error), &error);
	return transaction;
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

static void prune(struct transaction *transaction, const struct fixture *fixture,
		  const char *directory, const char *stop, struct error *error)
{
	cleanup(free_string) char *full = fixture_path(fixture, directory);
	cleanup(free_string) char *end = fixture_path(fixture, stop);

	ok(transaction_prune(transaction, full, end, error), error);
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

static void directory_vanishes_while_staging(void **state)
{
	const struct fixture *fixture = *state;
	cleanup(free_string) char *directory = fixture_path(fixture, "lib/updates/dkms");
	struct error error = {0};

	scratch_directory(fixture->root, "lib/updates/dkms");
	scratch_directory(fixture->root, "var/lib/dkms/.dkms/journal");
	struct transaction *transaction = begin(fixture);

	vanishing = directory; /* when the journal is written */
	ok(put(transaction, fixture, "lib/updates/dkms/a.ko", "new", &error), &error);
	assert_false(file_exists(directory));
	ok(transaction_apply(transaction, &error), &error);
	expect_content(fixture, "lib/updates/dkms/a.ko", "new");
	transaction_free(transaction);
	assert_false(file_exists(directory));
}

static void directory_vanishes_while_applying(void **state)
{
	const struct fixture *fixture = *state;
	cleanup(free_string) char *directory = fixture_path(fixture, "lib/updates/dkms");
	struct journal *journal = journal_new("change", NULL);
	struct error error = {0};

	scratch_directory(fixture->root, "lib/updates/dkms");
	scratch_write(fixture->root, "staged", "new");
	journal->operations = xcalloc(1, sizeof(*journal->operations));
	journal->operation_count = 1;
	journal->operations[0] = (struct operation){
		.kind = OPERATION_FILE,
		.staged = fixture_path(fixture, "staged"),
		.backup = fixture_path(fixture, "lib/updates/dkms/backup"),
		.target = fixture_path(fixture, "lib/updates/dkms/a.ko")};
	vanishing = directory; /* when the file is to be put into it */
	ok(journal_apply(journal, &error), &error);
	assert_null(vanishing);
	expect_content(fixture, "lib/updates/dkms/a.ko", "new");
	journal_free(journal);
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

UNIT_MAIN(FIXTURE_TEST(targets_that_cannot_be), FIXTURE_TEST(sources_that_cannot_be),
	  FIXTURE_TEST(nothing_goes_into_what_is_removed), FIXTURE_TEST(steps_out_of_order),
	  FIXTURE_TEST(read_only_directory), FIXTURE_TEST(full_target), FIXTURE_TEST(full_tree),
	  FIXTURE_TEST(other_file_system), FIXTURE_TEST(commit_gives_the_new_state),
	  FIXTURE_TEST(rollback_gives_the_old_state), FIXTURE_TEST(without_hard_links),
	  FIXTURE_TEST(failure_in_the_middle_is_undone), FIXTURE_TEST(last_word_counts),
	  FIXTURE_TEST(file_over_removed_directory_can_be_undone),
	  FIXTURE_TEST(parents_that_others_use_stay), FIXTURE_TEST(mode_times_and_umask),
	  FIXTURE_TEST(old_file_comes_back_itself), FIXTURE_TEST(one_target_under_two_names),
	  FIXTURE_TEST(empty_directories_go_with_the_last_commit),
	  FIXTURE_TEST(a_rollback_finds_its_directories), FIXTURE_TEST(relative_paths),
	  FIXTURE_TEST(directory_vanishes_while_staging),
	  FIXTURE_TEST(directory_vanishes_while_applying), FIXTURE_TEST(several_workers_at_once))
