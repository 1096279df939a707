/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "scratch.h"
#include "base/copy.h"
#include "base/strv.h"

struct world {
	char *scratch, *from, *to;
	struct strv examined, left_out, links;
	const char *refused; /* by examine() */
};

static int setup(void **state)
{
	struct world *world = calloc(1, sizeof(*world));

	world->scratch = scratch_make();
	world->from = path_join(world->scratch, "from", NULL);
	world->to = path_join(world->scratch, "to", NULL);
	scratch_write(world->scratch, "from/deep/file", "content");
	scratch_write(world->scratch, "from/tool", "#!/bin/sh\n");
	scratch_write(world->scratch, "outside", "secret");
	*state = world;
	return 0;
}

static int teardown(void **state)
{
	struct world *world = *state;

	scratch_remove(&world->scratch);
	free(world->from);
	free(world->to);
	strv_free(&world->examined);
	strv_free(&world->left_out);
	strv_free(&world->links);
	free(world);
	return 0;
}

static char *below(const struct world *world, const char *name)
{
	return path_join(world->scratch, name, NULL);
}

static int examine(void *context, const char *path, int fd, struct error *error)
{
	struct world *world = context;
	struct stat info;

	assert_int_equal(fstat(fd, &info), 0);
	strv_add(&world->examined, path);
	return text_equal(path, world->refused) ? error_set(error, -EPERM, 8, "refused") : 0;
}

static void leave_out(void *context, const char *path)
{
	strv_add(&((struct world *)context)->left_out, path);
}

static int note_link(void *context, const char *path, const char *target, int to_fd,
		     const char *name, struct error *error)
{
	strv_add_format(&((struct world *)context)->links, "%s %s", path, target);
	return copy_link_as_it_is(target, to_fd, name, error);
}

static int copy(struct world *world, struct error *error)
{
	const struct copy_rules rules = {
		.examine = examine, .link = note_link, .left_out = leave_out, .context = world};

	return copy_by_rules(world->from, world->to, &rules, error);
}

static void contents_modes_and_times_are_kept(void **state)
{
	struct world *world = *state;
	const struct timespec times[2] = {{.tv_sec = 1000}, {.tv_sec = 2000}};
	cleanup(free_string) char *tool = below(world, "from/tool");
	cleanup(free_string) char *copied = below(world, "to/tool");
	cleanup(free_string) char *file = below(world, "to/deep/file");
	cleanup(free_string) char *data = NULL;
	struct error error = {0};
	struct stat info;

	assert_int_equal(chmod(tool, 06755), 0);
	assert_int_equal(utimensat(AT_FDCWD, tool, times, 0), 0);
	assert_int_equal(copy(world, &error), 0);
	assert_int_equal(stat(copied, &info), 0);
	assert_int_equal(info.st_mode & 07777, 0755);
	assert_int_equal(info.st_mtim.tv_sec, 2000);
	assert_int_equal(file_read(file, 100, &data, NULL, &error), 0);
	assert_string_equal(data, "content");
	strv_sort(&world->examined);
	cleanup(free_string) char *examined = strv_join(&world->examined, ",");

	assert_string_equal(examined, ",deep,deep/file,tool");
}

static void links_are_not_followed(void **state)
{
	struct world *world = *state;
	cleanup(free_string) char *link = below(world, "from/deep/link");
	cleanup(free_string) char *copied = below(world, "to/deep/link");
	cleanup(free_string) char *fifo = below(world, "from/fifo");
	struct error error = {0};

	assert_int_equal(symlink("../../outside", link), 0);
	assert_int_equal(mkfifo(fifo, 0644), 0);
	assert_int_equal(copy(world, &error), 0);
	assert_string_equal(world->links.items[0], "deep/link ../../outside");
	assert_string_equal(world->left_out.items[0], "fifo");
	cleanup(free_string) char *target = file_readlink(copied);

	assert_string_equal(target, "../../outside");
}

static void what_is_refused_is_not_read(void **state)
{
	struct world *world = *state;
	cleanup(free_string) char *copied = below(world, "to/deep/file");
	struct error error = {0};

	world->refused = "deep/file";
	assert_int_equal(copy(world, &error), -EPERM);
	assert_error(&error, 8, "refused");
	assert_false(file_exists_nofollow(copied));
}

static void directories_have_a_bottom(void **state)
{
	struct world *world = *state;
	struct buffer path = {0};
	struct error error = {0};

	buffer_add_text(&path, "from");
	for (int i = 0; i < 70; i++)
		buffer_add_text(&path, "/d");
	cleanup(free_string) char *deep = buffer_take(&path);

	scratch_directory(world->scratch, deep);
	assert_int_equal(copy(world, &error), -ELOOP);
	assert_error(&error, 0, "Cannot copy");
}

#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_WORLD(contents_modes_and_times_are_kept),
		IN_WORLD(links_are_not_followed),
		IN_WORLD(what_is_refused_is_not_read),
		IN_WORLD(directories_have_a_bottom),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
