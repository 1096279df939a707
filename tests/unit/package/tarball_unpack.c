/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include "package/tarball_unpack.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "directory_snapshot.h"
#include "scratch.h"

#include "base/memory.h"
#include "package/tar_builder.h"

/* scratch/in is unpacked into; nothing else below scratch may change. */
struct fixture {
	char *scratch;
	char *directory;
	struct buffer tar;
	struct strmap entries;
	struct tarball_limits limits;
};

static int setup(void **state)
{
	struct fixture *fixture = NEW(struct fixture);
	cleanup(scratch_remove) char *scratch = scratch_make();

	fixture->scratch = realpath(scratch, NULL);
	free(TAKE(scratch));
	scratch_directory(fixture->scratch, "in");
	scratch_write(fixture->scratch, "outside/file", "original\n");
	fixture->directory = path_join(fixture->scratch, "in", NULL);
	fixture->limits = tarball_default_limits;
	*state = fixture;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;

	strmap_free(&fixture->entries, tarball_entry_free);
	buffer_free(&fixture->tar);
	free(fixture->directory);
	scratch_remove(&fixture->scratch);
	free(fixture);
	return 0;
}

#define FIXTURE_TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

static char *outside(const struct fixture *fixture)
{
	return snapshot_take(fixture->scratch, "/in");
}

static int unpack(struct fixture *fixture, struct error *error)
{
	cleanup(free_string) char *file = tar_write(&fixture->tar, fixture->scratch, "t.tar");

	return tarball_unpack(file, fixture->directory, &fixture->limits, &fixture->entries, error);
}

/* Refused with this in the message, and nothing outside has changed. */
static void expect_refusal(struct fixture *fixture, const char *part)
{
	free(tar_write(&fixture->tar, fixture->scratch, "t.tar")); /* not to be news afterwards */
	cleanup(free_string) char *before = outside(fixture);
	struct error error = {0};

	assert_true(unpack(fixture, &error) < 0);
	cleanup(free_string) char *after = outside(fixture);

	assert_error(&error, EXIT_NO_PRODUCT, part);
	assert_string_equal(before, after);
}

static void expect_success(struct fixture *fixture)
{
	struct error error = {0};

	tar_end(&fixture->tar);
	if (unpack(fixture, &error) < 0)
		fail_msg("%s", error.message);
}

static void expect_content(const struct fixture *fixture, const char *name, const char *content)
{
	cleanup(free_string) char *path = path_join(fixture->directory, name, NULL);
	cleanup(free_string) char *data = NULL;
	struct error error = {0};

	if (file_read(path, 4096, &data, NULL, &error) < 0)
		fail_msg("%s", error.message);
	assert_string_equal(data, content);
}

static void absolute_names(void **state)
{
	struct fixture *fixture = *state;
	cleanup(free_string) char *name = path_join(fixture->scratch, "outside/file", NULL);

	tar_file(&fixture->tar, name, "evil\n");
	expect_refusal(fixture, "has an absolute name");
}

static void names_that_climb(void **state)
{
	struct fixture *fixture = *state;

	tar_file(&fixture->tar, "../outside/file", "evil\n");
	expect_refusal(fixture, "has \"..\" in its name");
	buffer_free(&fixture->tar);
	tar_file(&fixture->tar, "a/../b", "evil\n");
	expect_refusal(fixture, "has \"..\" in its name");
}

static void names_for_terminals(void **state)
{
	struct fixture *fixture = *state;

	tar_file(&fixture->tar, "a\033[2Jb", "");
	expect_refusal(fixture, "\"a?[2Jb\" in it has control characters in its name");
}

static void absolute_links(void **state)
{
	struct fixture *fixture = *state;

	tar_link(&fixture->tar, "a", "/etc/passwd");
	expect_refusal(fixture, "leads out");
}

static void links_upwards(void **state)
{
	struct fixture *fixture = *state;

	tar_link(&fixture->tar, "a/b", "../../outside/file");
	expect_refusal(fixture, "leads out");
}

/* Either link is harmless alone. */
static void links_that_climb_from_links(void **state)
{
	struct fixture *fixture = *state;

	tar_link(&fixture->tar, "deep/er/top", "../..");
	tar_link(&fixture->tar, "out", "deep/er/top/../outside/file");
	expect_refusal(fixture, "\"out\" in it is a link that leads out");
}

static void files_through_links(void **state)
{
	struct fixture *fixture = *state;

	tar_directory(&fixture->tar, "real");
	tar_link(&fixture->tar, "link", "real");
	tar_file(&fixture->tar, "link/file", "evil\n");
	expect_refusal(fixture, "lies below something that is no directory");
}

static void files_below_files(void **state)
{
	struct fixture *fixture = *state;

	tar_file(&fixture->tar, "a", "x");
	tar_file(&fixture->tar, "a/b", "x");
	expect_refusal(fixture, "lies below something that is no directory");
}

static void hard_links_to_what_is_outside(void **state)
{
	static const char *const targets[][2] = {
		{"/etc/passwd", "has an absolute name"},
		{"../outside/file", "has \"..\" in its name"},
		{"not-there", "is a hard link to no file that comes before it"},
		{"a", "is a hard link to no file that comes before it"},
	};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < sizeof(targets) / sizeof(*targets); i++) {
		buffer_free(&fixture->tar);
		tar_add(&fixture->tar,
			&(struct tar_member){.name = "a", .type = '1', .target = targets[i][0]});
		strmap_free(&fixture->entries, tarball_entry_free);
		expect_refusal(fixture, targets[i][1]);
	}
}

static void hard_links_to_links(void **state)
{
	struct fixture *fixture = *state;

	tar_link(&fixture->tar, "link", "file");
	tar_add(&fixture->tar, &(struct tar_member){.name = "a", .type = '1', .target = "link"});
	expect_refusal(fixture, "is a hard link to no file that comes before it");
}

static void devices_and_fifos(void **state)
{
	struct fixture *fixture = *state;

	for (const char *type = "346"; *type; type++) {
		buffer_free(&fixture->tar);
		tar_add(&fixture->tar, &(struct tar_member){.name = "special", .type = *type});
		expect_refusal(fixture, "is neither a file nor a directory nor a link");
	}
}

static void names_twice(void **state)
{
	struct fixture *fixture = *state;

	tar_file(&fixture->tar, "dkms.conf", "harmless\n");
	tar_file(&fixture->tar, "./dkms.conf", "evil\n");
	expect_refusal(fixture, "\"dkms.conf\" in it is there twice");
}

static void a_directory_that_becomes_a_link(void **state)
{
	struct fixture *fixture = *state;

	tar_directory(&fixture->tar, "a");
	tar_directory(&fixture->tar, "b");
	tar_link(&fixture->tar, "a", "b");
	expect_refusal(fixture, "is there twice");
}

static void a_huge_sparse_file(void **state)
{
	struct fixture *fixture = *state;

	tar_add(&fixture->tar,
		&(struct tar_member){.name = "hole", .type = 'S', .sparse_size = 10LL << 30});
	tar_end(&fixture->tar);
	expect_refusal(fixture, "more than 4294967296 bytes, which is the limit");
}

static void a_huge_claim(void **state)
{
	struct fixture *fixture = *state;

	tar_add(&fixture->tar,
		&(struct tar_member){.name = "claim", .type = '0', .size = 10LL << 30});
	expect_refusal(fixture, "more than 4294967296 bytes, which is the limit");
}

static void many_files_that_are_too_much_together(void **state)
{
	struct fixture *fixture = *state;

	fixture->limits.bytes = 10;
	tar_file(&fixture->tar, "a", "123456");
	tar_file(&fixture->tar, "b", "12345");
	expect_refusal(fixture, "more than 10 bytes");
}

/* A copy takes as much as the original. */
static void hard_links_that_are_too_much(void **state)
{
	struct fixture *fixture = *state;

	fixture->limits.bytes = 10;
	tar_file(&fixture->tar, "a", "123456");
	tar_add(&fixture->tar, &(struct tar_member){.name = "b", .type = '1', .target = "a"});
	expect_refusal(fixture, "more than 10 bytes");
}

static void too_many_names(void **state)
{
	struct fixture *fixture = *state;

	fixture->limits.entries = 3;
	tar_file(&fixture->tar, "a/b/c/d", ""); /* the directories count */
	expect_refusal(fixture, "more than 3 files and directories");
}

static void truncated(void **state)
{
	struct fixture *fixture = *state;

	tar_file(&fixture->tar, "a", "whole\n");
	tar_add(&fixture->tar, &(struct tar_member){.name = "b", .type = '0', .size = 100000});
	buffer_add_text(&fixture->tar, "the beginning");
	expect_refusal(fixture, "damaged");
}

static void not_a_tar(void **state)
{
	struct fixture *fixture = *state;

	buffer_add_text(&fixture->tar, "PK\003\004 or anything else\n");
	expect_refusal(fixture, "cannot be read as a tar file");
}

static void an_empty_file(void **state)
{
	struct fixture *fixture = *state;

	buffer_add_text(&fixture->tar, "");
	expect_refusal(fixture, "cannot be read as a tar file");
}

static void no_such_file(void **state)
{
	struct fixture *fixture = *state;
	struct error error = {0};

	assert_int_equal(tarball_unpack("/nowhere/t.tar", fixture->directory, &fixture->limits,
					&fixture->entries, &error),
			 -ENOENT);
	assert_error(&error, EXIT_NOT_FOUND, "/nowhere/t.tar does not exist.");
	assert_int_equal(tarball_unpack(fixture->scratch, fixture->directory, &fixture->limits,
					&fixture->entries, &error),
			 -EINVAL);
	assert_error(&error, EXIT_NOT_FOUND, "is not a file");
}

static void expect_mode(const struct fixture *fixture, const char *name, unsigned mode)
{
	cleanup(free_string) char *path = path_join(fixture->directory, name, NULL);
	struct stat info;

	assert_int_equal(stat(path, &info), 0);
	assert_int_equal(info.st_mode & 07777, mode);
	assert_int_equal(info.st_uid, geteuid());
	assert_int_equal(info.st_gid, getegid());
}

static void modes_are_plain_and_owners_ours(void **state)
{
	struct fixture *fixture = *state;

	tar_add(&fixture->tar,
		&(struct tar_member){.name = "suid", .type = '0', .mode = 06777, .content = "x"});
	tar_add(&fixture->tar, &(struct tar_member){.name = "shut", .type = '0', .mode = 0100});
	tar_add(&fixture->tar, &(struct tar_member){.name = "dir", .type = '5', .mode = 01777});
	tar_file(&fixture->tar, "implied/file", "x");
	expect_success(fixture);
	expect_mode(fixture, "suid", 0755);
	expect_mode(fixture, "shut", 0700);
	expect_mode(fixture, "dir", 0755);
	expect_mode(fixture, "implied", 0755);
	expect_mode(fixture, "implied/file", 0644);
}

static void what_is_unpacked_is_told(void **state)
{
	struct fixture *fixture = *state;

	tar_directory(&fixture->tar, "./");
	tar_directory(&fixture->tar, "./a/");
	tar_file(&fixture->tar, "./a/file", "content\n");
	tar_directory(&fixture->tar, "./a/");
	tar_link(&fixture->tar, "./a/link", "file");
	tar_add(&fixture->tar,
		&(struct tar_member){.name = "./copy", .type = '1', .target = "./a/file"});
	expect_success(fixture);
	expect_content(fixture, "a/file", "content\n");
	expect_content(fixture, "a/link", "content\n");
	expect_content(fixture, "copy", "content\n");
	const struct tarball_entry *directory = strmap_get(&fixture->entries, "a");
	const struct tarball_entry *link = strmap_get(&fixture->entries, "a/link");
	const struct tarball_entry *copy = strmap_get(&fixture->entries, "copy");

	assert_int_equal(directory->kind, TARBALL_DIRECTORY);
	assert_int_equal(link->kind, TARBALL_LINK);
	assert_string_equal(link->target, "file");
	assert_int_equal(copy->kind, TARBALL_FILE);
	cleanup(free_string) char *path = path_join(fixture->directory, "copy", NULL);
	struct stat info;

	assert_int_equal(stat(path, &info), 0);
	assert_int_equal(info.st_nlink, 1);
	assert_int_equal(info.st_mtim.tv_sec, 1000000000);
}

/* pax says names in UTF-8, which the C locale cannot tell: they are bytes to us. */
static void names_in_any_script(void **state)
{
	struct fixture *fixture = *state;

	tar_add(&fixture->tar, &(struct tar_member){.name = "PaxHeaders/x",
						    .type = 'x',
						    .content = "17 path=\u00e9\u00e8.txt\n"});
	tar_file(&fixture->tar, "x", "content\n");
	expect_success(fixture);
	expect_content(fixture, "\u00e9\u00e8.txt", "content\n");
}

UNIT_MAIN(FIXTURE_TEST(absolute_names), FIXTURE_TEST(names_that_climb),
	  FIXTURE_TEST(names_for_terminals), FIXTURE_TEST(absolute_links),
	  FIXTURE_TEST(links_upwards), FIXTURE_TEST(links_that_climb_from_links),
	  FIXTURE_TEST(files_through_links), FIXTURE_TEST(files_below_files),
	  FIXTURE_TEST(hard_links_to_what_is_outside), FIXTURE_TEST(hard_links_to_links),
	  FIXTURE_TEST(devices_and_fifos), FIXTURE_TEST(names_twice),
	  FIXTURE_TEST(a_directory_that_becomes_a_link), FIXTURE_TEST(a_huge_sparse_file),
	  FIXTURE_TEST(a_huge_claim), FIXTURE_TEST(many_files_that_are_too_much_together),
	  FIXTURE_TEST(hard_links_that_are_too_much), FIXTURE_TEST(too_many_names),
	  FIXTURE_TEST(truncated), FIXTURE_TEST(not_a_tar), FIXTURE_TEST(an_empty_file),
	  FIXTURE_TEST(no_such_file), FIXTURE_TEST(modes_are_plain_and_owners_ours),
	  FIXTURE_TEST(what_is_unpacked_is_told), FIXTURE_TEST(names_in_any_script))
