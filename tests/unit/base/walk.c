/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/directory.h"
#include "base/walk.h"
#include "scratch.h"

enum { DEEP = 10000, DEEP_COPY = 3000 };

/* Directories of long names within each other, far beyond PATH_MAX, with a file in the last. */
static void dig(const char *top, int depth)
{
	static const char name[] = "a-directory-within-a-directory-within-a-directory";
	int fd = open(top, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	assert_true(fd >= 0);
	for (int i = 0; i < depth; i++) {
		assert_int_equal(mkdirat(fd, name, 0755), 0);
		int next = openat(fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

		assert_true(next >= 0);
		(void)close(fd);
		fd = next;
	}
	int file = openat(fd, "file", O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

	assert_true(file >= 0);
	(void)close(file);
	(void)close(fd);
}

struct tally {
	unsigned int files, entered, left, deepest;
};

static int count_file(const struct walk_step *step)
{
	struct tally *tally = step->context;

	tally->files++;
	tally->deepest = step->depth > tally->deepest ? step->depth : tally->deepest;
	return 0;
}

static int count_enter(const struct walk_step *step)
{
	((struct tally *)step->context)->entered++;
	return 0;
}

static int count_leave(const struct walk_step *step)
{
	struct stat info;

	assert_int_equal(fstat(step->fd, &info), 0);
	assert_int_equal(info.st_ino, step->info->st_ino);
	((struct tally *)step->context)->left++;
	return 0;
}

static struct tally count(const char *top)
{
	struct tally tally = {0};
	const struct walk walk = {
		.file = count_file, .enter = count_enter, .leave = count_leave, .context = &tally};

	assert_int_equal(walk_tree(&walk, AT_FDCWD, top, -1, NULL), 0);
	return tally;
}

/* With few descriptors, and on a small stack. */
static void any_depth_is_walked_copied_and_removed(void **state)
{
	cleanup(scratch_remove) char *scratch = scratch_make();
	cleanup(free_string) char *top = path_join(scratch, "top", NULL);
	cleanup(free_string) char *copy = path_join(scratch, "copy", NULL);
	struct error error = {0};
	int status;

	(void)state;
	scratch_directory(scratch, "top");
	dig(top, DEEP_COPY);
	pid_t pid = fork();

	if (pid == 0) {
		const struct rlimit few = {64, 64};

		assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
		assert_int_equal(directory_copy(top, copy, &error), 0);
		struct tally tally = count(copy);

		assert_int_equal(tally.files, 1);
		assert_int_equal(tally.entered, DEEP_COPY + 1);
		assert_int_equal(tally.left, DEEP_COPY + 1);
		assert_int_equal(tally.deepest, DEEP_COPY + 1);
		assert_int_equal(directory_remove(copy, &error), 0);
		assert_int_equal(directory_remove(top, &error), 0);
		scratch_directory(scratch, "top");
		dig(top, DEEP);
		assert_int_equal(directory_remove(top, &error), 0);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_false(file_exists_nofollow(top));
	assert_false(file_exists_nofollow(copy));
}

static int note_link(const struct walk_step *step)
{
	if (S_ISLNK(step->info->st_mode))
		((struct tally *)step->context)->files++;
	else
		assert_string_equal(step->name, "file");
	return 0;
}

static void no_link_is_followed(void **state)
{
	cleanup(scratch_remove) char *scratch = scratch_make();
	cleanup(free_string) char *top = path_join(scratch, "top", NULL);
	cleanup(free_string) char *link = path_join(top, "to-directory", NULL);
	struct tally tally = {0};
	const struct walk walk = {.file = note_link, .enter = count_enter, .context = &tally};

	(void)state;
	scratch_write(scratch, "elsewhere/other", "");
	scratch_write(scratch, "top/file", "");
	scratch_symlink(scratch, "top/to-directory", "../elsewhere");
	assert_int_equal(walk_tree(&walk, AT_FDCWD, top, -1, NULL), 0);
	assert_int_equal(tally.files, 1);
	assert_int_equal(tally.entered, 1);
	/* Nor is the first one. */
	assert_int_equal(walk_tree(&walk, AT_FDCWD, link, -1, NULL), 0);
	assert_int_equal(tally.entered, 1);
}

static void syncing_is_a_walk(void **state)
{
	cleanup(scratch_remove) char *scratch = scratch_make();
	struct error error = {0};

	(void)state;
	dig(scratch, 40);
	scratch_symlink(scratch, "dangling", "/nonexistent");
	assert_int_equal(directory_sync(scratch, &error), 0);
}

struct mover {
	const char *from, *to;
};

static int move_away(const struct walk_step *step)
{
	const struct mover *mover = step->context;

	if (step->depth == 20)
		assert_int_equal(rename(mover->from, mover->to), 0);
	return 0;
}

/* Whoever moves a directory elsewhere does not lead the walk there. */
static void a_directory_that_moves_away_ends_the_walk(void **state)
{
	cleanup(scratch_remove) char *scratch = scratch_make();
	cleanup(free_string) char *top = path_join(scratch, "top", NULL);
	cleanup(free_string) char *to = path_join(scratch, "other/moved", NULL);
	cleanup(free_string) char *from = NULL;
	struct mover mover = {.to = to};
	const struct walk walk = {.file = move_away, .context = &mover};

	(void)state;
	scratch_write(scratch, "top/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17/18/19/file", "");
	scratch_directory(scratch, "other");
	from = path_join(top, "1/2", NULL);
	mover.from = from;
	assert_int_equal(walk_tree(&walk, AT_FDCWD, top, -1, NULL), -ESTALE);
}

static int refuse(const struct walk_step *step)
{
	(void)step;
	return -EXDEV;
}

static void a_visitor_ends_the_walk(void **state)
{
	cleanup(scratch_remove) char *scratch = scratch_make();
	const struct walk walk = {.file = refuse};

	(void)state;
	assert_int_equal(walk_tree(&walk, AT_FDCWD, "/nonexistent/x", -1, NULL), -ENOENT);
	scratch_write(scratch, "a/b/file", "");
	assert_int_equal(walk_tree(&walk, AT_FDCWD, scratch, -1, NULL), -EXDEV);
}

static void every_name_comes_once(void **state)
{
	enum { COUNT = 1000 }; /* more than fit into the buffer */
	cleanup(scratch_remove) char *scratch = scratch_make();
	cleanup(strv_free) struct strv names = {0};
	struct entries entries;
	const struct dirent64 *entry;

	(void)state;
	for (int i = 0; i < COUNT; i++) {
		cleanup(free_string) char *name = text_format("a name of some length %d", i);
		cleanup(free_string) char *path = path_join(scratch, name, NULL);
		int fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);

		assert_true(fd >= 0);
		assert_int_equal(close(fd), 0);
	}
	assert_int_equal(entries_open(&entries, AT_FDCWD, scratch), 0);
	while ((entry = entries_next(&entries)))
		strv_add(&names, entry->d_name);
	assert_int_equal(entries_close(&entries), 0);
	assert_int_equal(names.count, COUNT);
	strv_sort(&names);
	for (size_t i = 1; i < names.count; i++)
		assert_string_not_equal(names.items[i - 1], names.items[i]);
}

static void dot_names_come_but_dots_do_not(void **state)
{
	cleanup(scratch_remove) char *scratch = scratch_make();
	struct entries entries;

	(void)state;
	scratch_write(scratch, ".hidden", "");
	assert_int_equal(entries_open(&entries, AT_FDCWD, scratch), 0);
	const struct dirent64 *entry = entries_next(&entries);

	assert_non_null(entry);
	assert_string_equal(entry->d_name, ".hidden");
	assert_null(entries_next(&entries));
	assert_null(entries_next(&entries));
	assert_int_equal(entries_close(&entries), 0);
}

static void directories_and_links_to_them_are_told_from_the_rest(void **state)
{
	cleanup(scratch_remove) char *scratch = scratch_make();
	struct entries entries;
	const struct dirent64 *entry;
	size_t directories = 0;

	(void)state;
	scratch_directory(scratch, "parent/directory");
	scratch_write(scratch, "parent/file", "");
	scratch_symlink(scratch, "parent/link", "directory");
	scratch_symlink(scratch, "parent/link-to-file", "file");
	scratch_symlink(scratch, "parent/dangling", "nowhere");
	cleanup(close_fd) int fd = open(scratch, O_PATH | O_CLOEXEC);

	assert_int_equal(entries_open(&entries, fd, "parent"), 0);
	while ((entry = entries_next(&entries)))
		if (entries_is_directory(&entries, entry)) {
			assert_true(text_equal(entry->d_name, "directory") ||
				    text_equal(entry->d_name, "link"));
			directories++;
		}
	assert_int_equal(entries_close(&entries), 0);
	assert_int_equal(directories, 2);
}

static void what_is_no_directory_cannot_be_opened(void **state)
{
	cleanup(scratch_remove) char *scratch = scratch_make();
	cleanup(free_string) char *file = path_join(scratch, "file", NULL);
	struct entries entries;

	(void)state;
	scratch_write(scratch, "file", "");
	assert_int_equal(entries_open(&entries, AT_FDCWD, file), -ENOTDIR);
	assert_int_equal(unlink(file), 0);
	assert_int_equal(entries_open(&entries, AT_FDCWD, file), -ENOENT);
}

UNIT_MAIN(cmocka_unit_test(any_depth_is_walked_copied_and_removed),
	  cmocka_unit_test(syncing_is_a_walk), cmocka_unit_test(no_link_is_followed),
	  cmocka_unit_test(a_directory_that_moves_away_ends_the_walk),
	  cmocka_unit_test(a_visitor_ends_the_walk), cmocka_unit_test(every_name_comes_once),
	  cmocka_unit_test(dot_names_come_but_dots_do_not),
	  cmocka_unit_test(directories_and_links_to_them_are_told_from_the_rest),
	  cmocka_unit_test(what_is_no_directory_cannot_be_opened))
