/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include <sys/stat.h>

#include "package/tar_builder.h"
#include "package/tarball_fixture.h"

#define PRODUCT "var/lib/dkms/foo/1.0/6.1/x86_64"

static void build_full(struct buffer *tar)
{
	tar_file(tar, "dkms_source_tree/dkms.conf", "PACKAGE_NAME=foo\n");
	tar_file(tar, "dkms_source_tree/.hidden", "kept\n");
	tar_file(tar, "dkms_main_tree/6.1/x86_64/module/foo.ko", "from the tarball\n");
	tar_file(tar, "dkms_main_tree/6.1/x86_64/.dep_bar", "2.0\n");
	tar_file(tar, "dkms_main_tree/6.1/x86_64/.installed", "../../../etc/passwd\n");
}

static void build_binaries(struct buffer *tar)
{
	tar_file(tar, "dkms_binaries_only/dkms.conf", "PACKAGE_NAME=foo\n");
	tar_file(tar, "dkms_main_tree/6.1/x86_64/module/foo.ko", "from the tarball\n");
}

static int load(struct fixture *fixture, void (*build)(struct buffer *), bool force,
		struct error *error)
{
	cleanup(buffer_free) struct buffer tar = {0};
	cleanup(tarball_close_handler) struct tarball *tarball = NULL;

	build(&tar);
	tar_end(&tar);
	cleanup(free_string) char *file = tar_write(&tar, fixture->root, "t.tar");

	if (tarball_open(file, fixture->settings.source_tree, &tarball, error) < 0)
		return error->code;
	const struct tarball_load_request request = {
		.settings = &fixture->settings,
		.id = &fixture->id,
		.tarball = tarball,
		.force = force,
		.reporter = &fixture->log.reporter,
	};

	return tarball_load(&request, error);
}

static void expect_loaded(struct fixture *fixture, void (*build)(struct buffer *), bool force)
{
	struct error error = {0};

	if (load(fixture, build, force, &error) < 0)
		fail_msg("%s", error.message);
	/* Nothing private is left. */
	cleanup(free_string) char *all = take_snapshot(fixture);

	assert_null(strstr(all, "/.dkms-tarball"));
	assert_null(strstr(all, "/.dkms-new"));
	assert_null(strstr(all, "/.dkms-old"));
}

/* A file is where the tree wants a directory: the source is not published either. */
static void all_or_nothing(void **state)
{
	struct fixture *fixture = *state;
	struct error error = {0};

	scratch_write(fixture->root, "t.tar", "");
	scratch_write(fixture->root, "var/lib/dkms/foo/1.0/6.1", "in the way\n");
	cleanup(free_string) char *before = take_snapshot(fixture);

	assert_true(load(fixture, build_full, true, &error) < 0);
	assert_error(&error, EXIT_INSTALL, "6.1");
	scratch_write(fixture->root, "t.tar", "");
	cleanup(free_string) char *after = take_snapshot(fixture);

	assert_string_equal(before, after);
}

static void an_existing_build_is_kept(void **state)
{
	struct fixture *fixture = *state;

	scratch_write(fixture->root, PRODUCT "/module/foo.ko", "local\n");
	expect_loaded(fixture, build_full, false);
	expect_content(fixture, PRODUCT "/module/foo.ko", "local\n");
	expect_content(fixture, "usr/src/foo-1.0/dkms.conf", "PACKAGE_NAME=foo\n");
	expect_message(fixture, "warning: ");
	expect_message(fixture, "exists already and is kept");
}

static void force_replaces_a_build(void **state)
{
	struct fixture *fixture = *state;

	scratch_write(fixture->root, PRODUCT "/module/foo.ko", "local\n");
	scratch_write(fixture->root, PRODUCT "/module/old.ko", "local\n");
	expect_loaded(fixture, build_full, true);
	expect_content(fixture, PRODUCT "/module/foo.ko", "from the tarball\n");
	assert_false(exists(fixture, PRODUCT "/module/old.ko"));
}

static void source_and_builds_are_published(void **state)
{
	struct fixture *fixture = *state;

	expect_loaded(fixture, build_full, false);
	expect_content(fixture, "usr/src/foo-1.0/dkms.conf", "PACKAGE_NAME=foo\n");
	expect_content(fixture, "usr/src/foo-1.0/.hidden", "kept\n");
	expect_content(fixture, PRODUCT "/module/foo.ko", "from the tarball\n");
	expect_content(fixture, PRODUCT "/.dep_bar", "2.0\n");
	/* Where it was installed on another machine is nobody's business here. */
	assert_false(exists(fixture, PRODUCT "/.installed"));
	assert_true(exists(fixture, "var/lib/dkms/foo/1.0/source"));
	assert_true(registry_is_built(&fixture->settings, &fixture->id, &fixture->kernel));
}

/* What was there is replaced, not mixed with what comes. */
static void the_source_replaces_what_is_there(void **state)
{
	struct fixture *fixture = *state;

	scratch_write(fixture->root, "usr/src/foo-1.0/old.c", "old\n");
	expect_loaded(fixture, build_full, false);
	assert_false(exists(fixture, "usr/src/foo-1.0/old.c"));
	expect_message(fixture, "Replacing ");
}

static void a_source_by_link_is_not_written_into(void **state)
{
	struct fixture *fixture = *state;

	scratch_write(fixture->root, "home/me/foo/dkms.conf", "mine\n");
	scratch_symlink(fixture->root, "usr/src/foo-1.0", "../../home/me/foo");
	expect_loaded(fixture, build_full, false);
	expect_content(fixture, "home/me/foo/dkms.conf", "mine\n");
	expect_content(fixture, "usr/src/foo-1.0/dkms.conf", "PACKAGE_NAME=foo\n");
}

static void a_registration_from_elsewhere_follows(void **state)
{
	struct fixture *fixture = *state;

	scratch_write(fixture->root, "home/me/foo/dkms.conf", "mine\n");
	scratch_symlink(fixture->root, "var/lib/dkms/foo/1.0/source", "../../../../../home/me/foo");
	expect_loaded(fixture, build_full, true);
	cleanup(free_string) char *link = path_join(fixture->root, "var/lib/dkms/foo/1.0/source",
						    NULL);
	cleanup(free_string) char *target = file_readlink(link);

	assert_string_equal(target, "../../../../../usr/src/foo-1.0");
	expect_content(fixture, "home/me/foo/dkms.conf", "mine\n");
}

static void builds_alone_get_a_stub_where_no_source_is(void **state)
{
	struct fixture *fixture = *state;

	expect_loaded(fixture, build_binaries, true);
	expect_content(fixture, "var/lib/dkms/foo/1.0/source/dkms.conf", "PACKAGE_NAME=foo\n");
	expect_message(fixture, "There is no source of foo/1.0");
	assert_int_equal(registry_version_state(&fixture->settings, &fixture->id), VERSION_ADDED);
	assert_true(registry_is_built(&fixture->settings, &fixture->id, &fixture->kernel));
	assert_false(exists(fixture, "usr/src/foo-1.0"));
	/* The whole later takes the stub's place. */
	expect_loaded(fixture, build_full, true);
	cleanup(free_string) char *link = path_join(fixture->root, "var/lib/dkms/foo/1.0/source",
						    NULL);

	assert_true(file_is_symlink(link));
	expect_content(fixture, "var/lib/dkms/foo/1.0/source/.hidden", "kept\n");
}

static void builds_alone_leave_a_source_as_it_is(void **state)
{
	struct fixture *fixture = *state;

	scratch_write(fixture->root, "usr/src/foo-1.0/dkms.conf", "mine\n");
	expect_loaded(fixture, build_binaries, false);
	expect_content(fixture, "usr/src/foo-1.0/dkms.conf", "mine\n");
	assert_true(exists(fixture, "var/lib/dkms/foo/1.0/source"));
	assert_true(registry_is_built(&fixture->settings, &fixture->id, &fixture->kernel));
}

UNIT_MAIN(FIXTURE_TEST(all_or_nothing), FIXTURE_TEST(an_existing_build_is_kept),
	  FIXTURE_TEST(force_replaces_a_build), FIXTURE_TEST(source_and_builds_are_published),
	  FIXTURE_TEST(the_source_replaces_what_is_there),
	  FIXTURE_TEST(a_source_by_link_is_not_written_into),
	  FIXTURE_TEST(a_registration_from_elsewhere_follows),
	  FIXTURE_TEST(builds_alone_get_a_stub_where_no_source_is),
	  FIXTURE_TEST(builds_alone_leave_a_source_as_it_is))
