/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What dead runs left goes, and nothing else. */
#include "tree/fixture.h"

#include "base/staging.h"
#include "base/temporary.h"
#include "journal/leftovers.h"

#define TREE "var/lib/dkms"
#define HEX  "0123456789abcdef"

static void sweep(const struct fixture *fixture)
{
	struct error error = {0};

	ok(leftovers_remove(&fixture->settings, &error), &error);
}

static bool is_there(const struct fixture *fixture, const char *path)
{
	cleanup(free_string) char *full = fixture_path(fixture, path);

	return file_exists_nofollow(full);
}

static void temporary_names_go_from_every_place(void **state)
{
	const struct fixture *fixture = *state;
	static const char *const places[] = {TREE, TREE "/foo", TREE "/foo/1.0",
					     TREE "/.dkms/depmod", "usr/src"};

	scratch_write(fixture->root, TREE "/foo/1.0/source/dkms.conf", "");
	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
		cleanup(free_string) char *file = path_join(places[i], ".dkms-write-" HEX, NULL);
		cleanup(free_string) char *below = path_join(places[i], ".dkms-add-" HEX "/a/b",
							     NULL);
		cleanup(free_string) char *directory = path_join(places[i], ".dkms-add-" HEX, NULL);

		scratch_write(fixture->root, file, "");
		scratch_write(fixture->root, below, "");
		sweep(fixture);
		assert_false(is_there(fixture, file));
		assert_false(is_there(fixture, directory));
	}
	assert_true(is_there(fixture, TREE "/foo/1.0/source/dkms.conf"));
}

/* Others answer for these, or they are the user's. */
static void other_names_stay(void **state)
{
	const struct fixture *fixture = *state;
	static const char *const names[] = {
		".dkms-old0-" HEX,       ".dkms-build-" HEX, ".dkms-write-0123456789abcdeg",
		".dkms-write-" HEX "0x", ".dkms-short-0123", "dkms-write-" HEX,
		".dkms-" HEX "-write",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		cleanup(free_string) char *path = path_join(TREE "/foo/1.0", names[i], NULL);

		scratch_write(fixture->root, path, "");
		sweep(fixture);
		if (!is_there(fixture, path))
			fail_msg("%s is gone", names[i]);
	}
}

static void what_somebody_works_in_stays(void **state)
{
	const struct fixture *fixture = *state;
	cleanup(free_string) char *sources = fixture_path(fixture, "usr/src");
	struct staging staging = {0};
	struct error error = {0};

	scratch_directory(fixture->root, "usr/src");
	ok(staging_open(sources, "tarball", &staging, &error), &error);
	sweep(fixture);
	assert_true(file_is_directory(staging.path));
	cleanup(free_string) char *path = xstrdup(staging.path);

	close_fd(&staging.lock);
	sweep(fixture);
	assert_false(file_exists(path));
	staging_close(&staging);
}

static void links_are_removed_and_not_followed(void **state)
{
	const struct fixture *fixture = *state;
	cleanup(free_string) char *outside = fixture_path(fixture, "outside");

	scratch_write(fixture->root, "outside/kept", "");
	scratch_symlink(fixture->root, TREE "/foo/.dkms-link-" HEX, outside);
	scratch_symlink(fixture->root, TREE "/foo/1.0/source", outside);
	sweep(fixture);
	assert_false(is_there(fixture, TREE "/foo/.dkms-link-" HEX));
	assert_true(is_there(fixture, "outside/kept"));
	assert_true(is_there(fixture, TREE "/foo/1.0/source"));
}

static void what_is_empty_goes(void **state)
{
	const struct fixture *fixture = *state;

	scratch_directory(fixture->root, TREE "/foo/1.0");
	scratch_directory(fixture->root, TREE "/bar");
	scratch_write(fixture->root, TREE "/baz/2.0/source", "");
	scratch_directory(fixture->root, TREE "/baz/1.0");
	sweep(fixture);
	assert_false(is_there(fixture, TREE "/foo"));
	assert_false(is_there(fixture, TREE "/bar"));
	assert_false(is_there(fixture, TREE "/baz/1.0"));
	assert_true(is_there(fixture, TREE "/baz/2.0/source"));
}

static void without_a_tree_there_is_nothing_to_do(void **state)
{
	const struct fixture *fixture = *state;

	sweep(fixture);
	assert_false(is_there(fixture, TREE));
}

static void what_is_discarded_takes_empty_directories_along(void **state)
{
	const struct fixture *fixture = *state;
	cleanup(free_string) char *path = fixture_path(fixture, TREE "/foo/1.0/6.1/x86_64");
	struct error error = {0};

	scratch_write(fixture->root, TREE "/foo/1.0/6.1/x86_64/log/make.log", "");
	scratch_write(fixture->root, TREE "/foo/1.0/source", "");
	ok(leftovers_discard(&fixture->settings, path, &error), &error);
	assert_false(is_there(fixture, TREE "/foo/1.0/6.1"));
	assert_true(is_there(fixture, TREE "/foo/1.0/source"));
	ok(leftovers_discard(&fixture->settings, path, &error), &error);
}

UNIT_MAIN(FIXTURE_TEST(temporary_names_go_from_every_place), FIXTURE_TEST(other_names_stay),
	  FIXTURE_TEST(what_somebody_works_in_stays),
	  FIXTURE_TEST(links_are_removed_and_not_followed), FIXTURE_TEST(what_is_empty_goes),
	  FIXTURE_TEST(without_a_tree_there_is_nothing_to_do),
	  FIXTURE_TEST(what_is_discarded_takes_empty_directories_along))
