/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include "package/tarball.h"

#include <sys/stat.h>
#include <unistd.h>

#include "scratch.h"

#include "base/memory.h"
#include "package/tar_builder.h"

struct fixture {
	char *scratch;
	char *sources; /* where it is unpacked: must be empty again afterwards */
	struct buffer tar;
};

static int setup(void **state)
{
	struct fixture *fixture = NEW(struct fixture);

	fixture->scratch = scratch_make();
	scratch_directory(fixture->scratch, "usr/src");
	fixture->sources = path_join(fixture->scratch, "usr/src", NULL);
	*state = fixture;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;

	buffer_free(&fixture->tar);
	free(fixture->sources);
	scratch_remove(&fixture->scratch);
	free(fixture);
	return 0;
}

#define FIXTURE_TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

static int open_tarball(struct fixture *fixture, struct tarball **ret_tarball, struct error *error)
{
	tar_end(&fixture->tar);
	cleanup(free_string) char *file = tar_write(&fixture->tar, fixture->scratch, "t.tar");

	return tarball_open(file, fixture->sources, ret_tarball, error);
}

static void expect_nothing_left(const struct fixture *fixture)
{
	assert_int_equal(rmdir(fixture->sources), 0); /* it is empty */
	assert_int_equal(mkdir(fixture->sources, 0755), 0);
}

static void expect_refusal(struct fixture *fixture, int status, const char *part)
{
	struct tarball *tarball = NULL;
	struct error error = {0};

	assert_true(open_tarball(fixture, &tarball, &error) < 0);
	assert_error(&error, status, part);
	assert_null(tarball);
	expect_nothing_left(fixture);
	buffer_free(&fixture->tar);
}

static struct tarball *expect_opened(struct fixture *fixture)
{
	struct tarball *tarball = NULL;
	struct error error = {0};

	if (open_tarball(fixture, &tarball, &error) < 0)
		fail_msg("%s", error.message);
	return tarball;
}

static void nothing_of_dkms_in_it(void **state)
{
	struct fixture *fixture = *state;

	expect_refusal(fixture, EXIT_TREE, "no dkms.conf is in it");
	tar_file(&fixture->tar, "foo/README", "");
	tar_directory(&fixture->tar, "foo/dkms.conf");
	expect_refusal(fixture, EXIT_TREE, "no dkms.conf is in it");
}

static void two_confs_of_the_same_depth(void **state)
{
	struct fixture *fixture = *state;

	tar_file(&fixture->tar, "foo/dkms.conf", "");
	tar_file(&fixture->tar, "bar/dkms.conf", "");
	expect_refusal(fixture, EXIT_NO_PRODUCT, "holds both bar/dkms.conf and foo/dkms.conf");
}

static void builds_without_any_conf(void **state)
{
	struct fixture *fixture = *state;

	tar_directory(&fixture->tar, "dkms_main_tree");
	tar_file(&fixture->tar, "elsewhere/dkms.conf", "");
	expect_refusal(fixture, EXIT_NO_PRODUCT, "neither in its dkms_source_tree nor in its");
}

static void a_conf_that_leads_nowhere(void **state)
{
	struct fixture *fixture = *state;

	tar_link(&fixture->tar, "foo/dkms.conf", "missing");
	expect_refusal(fixture, EXIT_NO_PRODUCT, "foo/dkms.conf is a link to no file");
}

/* Inside the tarball, but the source is moved away from what is around it. */
static void a_link_out_of_the_source(void **state)
{
	struct fixture *fixture = *state;

	tar_file(&fixture->tar, "project/dkms/dkms.conf", "");
	tar_link(&fixture->tar, "project/dkms/main.c", "../main.c");
	expect_refusal(fixture, EXIT_NO_PRODUCT, "is a link that leads out of project/dkms");
}

static void a_link_out_of_a_build(void **state)
{
	struct fixture *fixture = *state;

	tar_file(&fixture->tar, "dkms_source_tree/dkms.conf", "");
	tar_directory(&fixture->tar, "dkms_main_tree/6.1/x86_64/module");
	tar_link(&fixture->tar, "dkms_main_tree/6.1/x86_64/log", "../../../dkms_source_tree");
	expect_refusal(fixture, EXIT_NO_PRODUCT,
		       "is a link that leads out of dkms_main_tree/6.1/x86_64");
}

static void kernels_that_are_none(void **state)
{
	static const char *const kernels[] = {"source/x86_64", "build/x", "tarball/x", "-k/x86_64"};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < sizeof(kernels) / sizeof(*kernels); i++) {
		cleanup(free_string) char *module = path_join("dkms_main_tree", kernels[i],
							      "module", NULL);

		tar_file(&fixture->tar, "dkms_source_tree/dkms.conf", "");
		tar_directory(&fixture->tar, module);
		expect_refusal(fixture, EXIT_NO_PRODUCT, "cannot be a kernel");
	}
}

static void a_source_anywhere(void **state)
{
	struct fixture *fixture = *state;

	tar_file(&fixture->tar, "foo-1.0/a/deep/dkms.conf", "y");
	tar_file(&fixture->tar, "foo-1.0/driver/dkms.conf", "x");
	tar_file(&fixture->tar, "foo-1.0/driver/example/dkms.conf", "y");
	cleanup(tarball_close_handler) struct tarball *tarball = expect_opened(fixture);

	assert_int_equal(tarball->kind, TARBALL_SOURCE);
	assert_true(text_ends_with(tarball->source, "/foo-1.0/driver"));
	assert_true(text_ends_with(tarball->conf_file, "/foo-1.0/driver/dkms.conf"));
	assert_true(file_is_regular(tarball->conf_file));
	assert_int_equal(tarball->kernels.count, 0);
}

static void a_source_at_the_top(void **state)
{
	struct fixture *fixture = *state;

	tar_file(&fixture->tar, "./dkms.conf", "x");
	tar_link(&fixture->tar, "./link", "dkms.conf");
	cleanup(tarball_close_handler) struct tarball *tarball = expect_opened(fixture);

	assert_string_equal(tarball->source, tarball->content);
}

static void source_and_builds(void **state)
{
	struct fixture *fixture = *state;

	tar_file(&fixture->tar, "dkms_main_tree/6.12/x86_64/module/foo.ko", "x");
	tar_file(&fixture->tar, "dkms_main_tree/6.1/x86_64/module/foo.ko", "x");
	tar_file(&fixture->tar, "dkms_main_tree/6.0/x86_64/log/make.log", "not built");
	tar_file(&fixture->tar, "dkms_binaries_only/dkms.conf", "x");
	tar_file(&fixture->tar, "dkms_source_tree/dkms.conf", "x");
	cleanup(tarball_close_handler) struct tarball *tarball = expect_opened(fixture);

	assert_int_equal(tarball->kind, TARBALL_FULL);
	assert_true(text_ends_with(tarball->source, "/dkms_source_tree"));
	assert_int_equal(tarball->kernels.count, 2);
	assert_string_equal(tarball->kernels.items[0].release, "6.1");
	assert_string_equal(tarball->kernels.items[0].arch, "x86_64");
	assert_string_equal(tarball->kernels.items[1].release, "6.12");
}

static void builds_alone(void **state)
{
	struct fixture *fixture = *state;

	tar_file(&fixture->tar, "dkms_main_tree/6.1/x86_64/module/foo.ko", "x");
	tar_file(&fixture->tar, "dkms_binaries_only/dkms.conf", "x");
	cleanup(tarball_close_handler) struct tarball *tarball = expect_opened(fixture);

	assert_int_equal(tarball->kind, TARBALL_BINARIES);
	assert_true(text_ends_with(tarball->conf_file, "/dkms_binaries_only/dkms.conf"));
}

static void unpacks_beside_and_leaves_nothing(void **state)
{
	struct fixture *fixture = *state;

	tar_file(&fixture->tar, "dkms.conf", "x");
	struct tarball *tarball = expect_opened(fixture);
	cleanup(free_string) char *real = realpath(fixture->sources, NULL);

	assert_true(path_is_within(tarball->content, real));
	tarball_close(tarball);
	expect_nothing_left(fixture);
}

/* A source tree that does not exist yet is not made either. */
static void unpacks_where_the_source_tree_would_be(void **state)
{
	struct fixture *fixture = *state;

	free(fixture->sources);
	fixture->sources = path_join(fixture->scratch, "opt/deep/src", NULL);
	tar_file(&fixture->tar, "dkms.conf", "x");
	struct tarball *tarball = expect_opened(fixture);
	cleanup(free_string) char *opt = path_join(fixture->scratch, "opt", NULL);

	tarball_close(tarball);
	assert_false(file_exists(opt));
}

UNIT_MAIN(FIXTURE_TEST(nothing_of_dkms_in_it), FIXTURE_TEST(two_confs_of_the_same_depth),
	  FIXTURE_TEST(builds_without_any_conf), FIXTURE_TEST(a_conf_that_leads_nowhere),
	  FIXTURE_TEST(a_link_out_of_the_source), FIXTURE_TEST(a_link_out_of_a_build),
	  FIXTURE_TEST(kernels_that_are_none), FIXTURE_TEST(a_source_anywhere),
	  FIXTURE_TEST(a_source_at_the_top), FIXTURE_TEST(source_and_builds),
	  FIXTURE_TEST(builds_alone), FIXTURE_TEST(unpacks_beside_and_leaves_nothing),
	  FIXTURE_TEST(unpacks_where_the_source_tree_would_be))
