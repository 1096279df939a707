/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fixture.h"

#include "tree/survey.h"

#define TREE "var/lib/dkms/"

static char foo[] = "foo", one[] = "1.0";
static const struct module_id foo_one = {foo, one};

/* "K/A", with "*" if it is active, "-" if it is not built, "<K0" if it is reused from K0. */
static int note(const struct surveyed_build *build, void *context, struct error *error)
{
	cleanup(free_string) char *reused = survey_reused_from(build);

	(void)error;
	strv_add_format(context, "%s/%s%s%s%s%s", build->kernel.release, build->kernel.arch,
			survey_is_active(build) ? "*" : "", survey_is_built(build) ? "" : "-",
			reused ? "<" : "", reused ? reused : "");
	return 0;
}

static void expect(const struct fixture *fixture, const char *wanted)
{
	cleanup(strv_free) struct strv found = {0};
	cleanup(free_string) char *joined = NULL;
	struct error error = {0};

	ok(survey_builds(&fixture->settings, &foo_one, note, &found, &error), &error);
	strv_sort(&found);
	joined = strv_join(&found, " ");
	assert_string_equal(joined, wanted);
}

static void only_directories_of_kernels_are_visited(void **state)
{
	struct fixture *fixture = *state;

	expect(fixture, "");
	scratch_directory(fixture->root, TREE "foo/1.0/6.1/x86_64/module");
	scratch_directory(fixture->root, TREE "foo/1.0/6.1/i686");
	scratch_write(fixture->root, TREE "foo/1.0/6.1/file", "");
	scratch_directory(fixture->root, TREE "foo/1.0/6.1/.hidden/module");
	scratch_directory(fixture->root, TREE "foo/1.0/build/x86_64/module");
	scratch_directory(fixture->root, TREE "foo/1.0/source/x86_64/module");
	scratch_directory(fixture->root, TREE "foo/1.0/tarball/x86_64/module");
	scratch_directory(fixture->root, TREE "foo/1.0/.failed/x86_64/module");
	scratch_write(fixture->root, TREE "foo/1.0/5.0", "");
	scratch_symlink(fixture->root, TREE "foo/1.0/6.2", "6.1");
	expect(fixture, "6.1/i686- 6.1/x86_64 6.2/i686- 6.2/x86_64");
}

static void the_link_says_which_version_is_active(void **state)
{
	struct fixture *fixture = *state;
	cleanup(free_string) char *by_hand = fixture_path(fixture, TREE "foo/1.0/6.1/x86_64");

	scratch_directory(fixture->root, TREE "foo/1.0/6.1/x86_64/module");
	expect(fixture, "6.1/x86_64");
	scratch_symlink(fixture->root, TREE "foo/kernel-6.1-x86_64", "1.0/6.1/x86_64");
	expect(fixture, "6.1/x86_64*");
	scratch_symlink(fixture->root, TREE "foo/kernel-6.1-x86_64", "2.0/6.1/x86_64");
	expect(fixture, "6.1/x86_64");
	scratch_symlink(fixture->root, TREE "foo/kernel-6.1-x86_64", "1.0/6.2/x86_64");
	expect(fixture, "6.1/x86_64");
	scratch_symlink(fixture->root, TREE "foo/kernel-6.1-x86_64", by_hand);
	expect(fixture, "6.1/x86_64*");
}

/* M/V/.. is another directory then: the link is looked for in M. */
static void a_version_may_lie_elsewhere(void **state)
{
	struct fixture *fixture = *state;

	scratch_directory(fixture->root, "elsewhere/version/6.1/x86_64/module");
	scratch_symlink(fixture->root, TREE "foo/1.0", "../../../../elsewhere/version");
	scratch_symlink(fixture->root, TREE "foo/kernel-6.1-x86_64", "1.0/6.1/x86_64");
	expect(fixture, "6.1/x86_64*");
}

static void a_reused_build_names_its_kernel(void **state)
{
	struct fixture *fixture = *state;

	scratch_directory(fixture->root, TREE "foo/1.0/6.1/x86_64/module");
	scratch_symlink(fixture->root, TREE "foo/1.0/6.1/x86_64/.reused", "6.0");
	expect(fixture, "6.1/x86_64<6.0");
}

static int stop(const struct surveyed_build *build, void *context, struct error *error)
{
	(void)build;
	++*(int *)context;
	return error_set(error, -EINVAL, EXIT_USAGE, "Enough.");
}

static void the_visitor_can_end_it(void **state)
{
	struct fixture *fixture = *state;
	struct error error = {0};
	int visits = 0;

	scratch_directory(fixture->root, TREE "foo/1.0/6.1/x86_64");
	scratch_directory(fixture->root, TREE "foo/1.0/6.2/x86_64");
	assert_int_equal(survey_builds(&fixture->settings, &foo_one, stop, &visits, &error),
			 -EINVAL);
	assert_error(&error, EXIT_USAGE, "Enough.");
	assert_int_equal(visits, 1);
}

UNIT_MAIN(FIXTURE_TEST(only_directories_of_kernels_are_visited),
	  FIXTURE_TEST(the_link_says_which_version_is_active),
	  FIXTURE_TEST(a_version_may_lie_elsewhere), FIXTURE_TEST(a_reused_build_names_its_kernel),
	  FIXTURE_TEST(the_visitor_can_end_it))
