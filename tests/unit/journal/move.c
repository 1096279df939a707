/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Directories that the file system does not rename, as in a lower layer of an overlay. Here no
 * directory can be renamed at all. They belong to a stranger, who tries what he can meanwhile.
 */
#include "directory_snapshot.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "journal/move.h"
#include "scratch.h"

enum { STRANGER = 65432 };

static const char *secret; /* what a stranger's link would lead to; NULL: no attack */
static unsigned int attacks;

int rename(const char *from, const char *to)
{
	struct stat info;

	if (lstat(from, &info) == 0 && S_ISDIR(info.st_mode)) {
		errno = EXDEV;
		return -1;
	}
	return (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
}

/* The stranger puts a link where root has just made a directory. */
static void attack(int parent, const char *name)
{
	pid_t pid = fork();

	if (pid == 0) {
		if (setgid(STRANGER) == 0 && setuid(STRANGER) == 0 &&
		    unlinkat(parent, name, AT_REMOVEDIR) == 0)
			(void)!symlinkat(secret, parent, name);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	attacks++;
}

int mkdirat(int parent, const char *name, mode_t mode)
{
	int code = (int)syscall(SYS_mkdirat, parent, name, mode);

	if (code == 0 && secret)
		attack(parent, name);
	return code;
}

struct moving {
	char *root, *before;
	struct operation operation;
};

static void own(const char *root, const char *path, mode_t mode)
{
	cleanup(free_string) char *full = path_join(root, path, NULL);

	assert_int_equal(lchown(full, STRANGER, STRANGER), 0);
	if (mode)
		assert_int_equal(chmod(full, mode), 0);
}

/* A stranger's source, with the name of a mark in it, and a directory that everybody may read. */
static struct moving begin(void)
{
	struct moving moving = {.root = scratch_make()};

	if (getuid() != 0)
		skip();
	assert_int_equal(chmod(moving.root, 0755), 0);
	scratch_write(moving.root, "old/deep/er/file", "text");
	scratch_write(moving.root, "old/.dkms-half0-0123456789abcdef", "his own");
	scratch_symlink(moving.root, "old/deep/link", "/etc/passwd");
	scratch_write(moving.root, "secret", "root's");
	own(moving.root, "old/deep/er", 02770);
	own(moving.root, "old/deep", 0711);
	own(moving.root, "old", 0755);
	moving.before = snapshot_take(moving.root, NULL);
	moving.operation = (struct operation){
		.target = path_join(moving.root, "old", NULL),
		.backup = path_join(moving.root, ".dkms-old0-0123456789abcdef", NULL)};
	return moving;
}

static void moving_end(struct moving *moving)
{
	scratch_remove(&moving->root);
	free(moving->before);
	free(moving->operation.target);
	free(moving->operation.backup);
}

static void expect_as_before(const struct moving *moving)
{
	cleanup(free_string) char *now = snapshot_take(moving->root, NULL);
	cleanup(free_string) char *deep = path_join(moving->root, "old/deep/er", NULL);
	struct stat info;

	assert_string_equal(now, moving->before);
	assert_int_equal(lstat(deep, &info), 0);
	assert_int_equal(info.st_uid, STRANGER);
	assert_int_equal(info.st_gid, STRANGER);
}

static void there_and_back(void **state)
{
	cleanup(moving_end) struct moving moving = begin();
	const struct operation *operation = &moving.operation;
	cleanup(free_string) char *mark = move_mark(operation);

	(void)state;
	assert_int_equal(move_path(operation, operation->target, operation->backup), 0);
	assert_false(file_exists_nofollow(operation->target));
	assert_false(file_exists_nofollow(mark));
	assert_int_equal(move_path(operation, operation->backup, operation->target), 0);
	expect_as_before(&moving);
}

/* What lies in the directory, as a mark of the same name, does not make it one that was moved. */
static void a_foreign_directory_stays(void **state)
{
	cleanup(moving_end) struct moving moving = begin();
	cleanup(free_string) char *foreign = path_join(moving.root, "foreign", NULL);

	(void)state;
	scratch_write(moving.root, "foreign/file", "foreign");
	cleanup(free_string) char *before = snapshot_take(moving.root, NULL);

	assert_int_equal(move_path(&moving.operation, moving.operation.target, foreign), -EEXIST);
	cleanup(free_string) char *after = snapshot_take(moving.root, NULL);

	assert_string_equal(after, before);
}

static void no_link_is_followed(void **state)
{
	cleanup(moving_end) struct moving moving = begin();
	cleanup(free_string) char *path = path_join(moving.root, "secret", NULL);
	const struct operation *operation = &moving.operation;
	struct stat before, after;

	(void)state;
	attacks = 0;
	assert_int_equal(lstat(path, &before), 0);
	secret = path;
	(void)move_path(operation, operation->target, operation->backup);
	(void)move_path(operation, operation->backup, operation->target);
	secret = NULL;
	assert_int_equal(lstat(path, &after), 0);
	assert_int_equal(after.st_mode, before.st_mode);
	assert_int_equal(after.st_uid, before.st_uid);
	assert_true(attacks >= 3);
	expect_as_before(&moving);
}

UNIT_MAIN(cmocka_unit_test(there_and_back), cmocka_unit_test(a_foreign_directory_stays),
	  cmocka_unit_test(no_link_is_followed))
