/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fixture.h"
#include "tree/registry.h"

#define TREE "var/lib/dkms/"

static char foo[] = "foo", one[] = "1.0", two[] = "2.0", release[] = "6.1", arch[] = "x86_64";
static const struct module_id foo_one = {foo, one}, foo_two = {foo, two};
static const struct kernel_id kernel = {release, arch};

/* The names, joined by blanks, must be these. */
static void expect_names(struct strv *names, const char *wanted)
{
	cleanup(free_string) char *joined = strv_join(names, " ");

	assert_string_equal(joined, wanted);
	strv_free(names);
}

static void missing_tree_is_empty(void **state)
{
	const struct fixture *fixture = *state;
	struct strv names = {0};
	struct kernel_ids kernels = {0};
	struct error error = {0};

	assert_int_equal(registry_list_modules(&fixture->settings, &names, &error), 0);
	assert_int_equal(registry_list_versions(&fixture->settings, "foo", &names, &error), 0);
	assert_int_equal(registry_list_kernels(&fixture->settings, &foo_one, &kernels, &error), 0);
	assert_int_equal(names.count + kernels.count, 0);
	assert_int_equal(registry_version_state(&fixture->settings, &foo_one), VERSION_UNKNOWN);
	assert_false(registry_is_built(&fixture->settings, &foo_one, &kernel));
	assert_false(registry_is_installed(&fixture->settings, &foo_one, &kernel));
	assert_null(registry_active_version(&fixture->settings, "foo", &kernel));
	assert_false(registry_has_originals(&fixture->settings, "foo", &kernel));
}

static void file_in_place_of_the_tree(void **state)
{
	const struct fixture *fixture = *state;
	struct strv names = {0};
	struct error error = {0};

	scratch_write(fixture->root, "var/lib/dkms", "");
	assert_int_equal(registry_list_modules(&fixture->settings, &names, &error), -ENOTDIR);
	assert_error(&error, 0, "/var/lib/dkms: Not a directory");
	assert_int_equal(names.count, 0);
}

/* Runs check as nobody, whom a mode of 0 stops; root would read it all the same. */
static void unreadable_directories_are_named(void **state)
{
	const struct fixture *fixture = *state;
	cleanup(free_string) char *kernel_directory = fixture_path(fixture, TREE "foo/1.0/6.1");
	struct kernel_ids kernels = {0};
	struct error error = {0};

	scratch_directory(fixture->root, TREE "foo/1.0/6.1/x86_64/module");
	assert_int_equal(chmod(fixture->root, 0755), 0);
	assert_int_equal(chmod(kernel_directory, 0), 0);
	if (geteuid() == 0)
		assert_int_equal(seteuid(65534), 0);
	assert_int_equal(registry_list_kernels(&fixture->settings, &foo_one, &kernels, &error),
			 -EACCES);
	(void)!seteuid(getuid());
	assert_error(&error, 0, "foo/1.0/6.1: Permission denied");
	assert_int_equal(kernels.count, 0);
	assert_int_equal(chmod(kernel_directory, 0755), 0);
}

static void modules_in_path_order(void **state)
{
	const struct fixture *fixture = *state;
	struct strv names = {0};
	struct error error = {0};

	scratch_directory(fixture->root, TREE "foo/1.0");
	scratch_directory(fixture->root, TREE "foo-bar/1.0");
	scratch_directory(fixture->root, TREE "Zed/1.0");
	scratch_directory(fixture->root, TREE "original_module/1.0");
	scratch_directory(fixture->root, TREE ".dkms");
	scratch_directory(fixture->root, "elsewhere");
	scratch_symlink(fixture->root, TREE "moved", "../../../elsewhere");
	scratch_symlink(fixture->root, TREE "dangling", "nowhere");
	scratch_symlink(fixture->root, TREE "loop", "loop");
	scratch_write(fixture->root, TREE "mok.key", "");
	assert_int_equal(registry_list_modules(&fixture->settings, &names, &error), 0);
	/* "foo-bar/1.0" sorts before "foo/1.0" */
	expect_names(&names, "Zed foo-bar foo moved original_module");
}

static void versions_leave_out_what_lies_beside_them(void **state)
{
	const struct fixture *fixture = *state;
	struct strv names = {0};
	struct error error = {0};

	scratch_directory(fixture->root, TREE "foo/1.0.1");
	scratch_directory(fixture->root, TREE "foo/1.0/6.1/x86_64/module");
	scratch_directory(fixture->root, TREE "foo/original_module/6.1/x86_64");
	scratch_symlink(fixture->root, TREE "foo/kernel-6.1-x86_64", "1.0/6.1/x86_64");
	scratch_write(fixture->root, TREE "foo/stray", "");
	assert_int_equal(registry_list_versions(&fixture->settings, "foo", &names, &error), 0);
	expect_names(&names, "1.0 1.0.1");

	scratch_write(fixture->root, TREE "mok.key", "");
	assert_int_equal(registry_list_versions(&fixture->settings, "mok.key", &names, &error), 0);
	assert_int_equal(names.count, 0);
}

static void kernels_are_what_is_built(void **state)
{
	const struct fixture *fixture = *state;
	struct kernel_ids kernels = {0};
	struct error error = {0};
	cleanup(strv_free) struct strv found = {0};

	scratch_directory(fixture->root, TREE "foo/1.0/6.1/x86_64/module");
	scratch_directory(fixture->root, TREE "foo/1.0/6.1/i686/module");
	scratch_directory(fixture->root, TREE "foo/1.0/6.1-rt/x86_64/module");
	scratch_directory(fixture->root, TREE "foo/1.0/6.2/x86_64/log");
	scratch_directory(fixture->root, TREE "foo/1.0/build/x86_64/module");
	scratch_directory(fixture->root, TREE "foo/1.0/source/x86_64/module");
	scratch_directory(fixture->root, TREE "foo/1.0/tarball/x86_64/module");
	scratch_write(fixture->root, TREE "foo/1.0/6.3/x86_64/module", "a file");
	scratch_write(fixture->root, TREE "foo/1.0/6.4", "a file");
	assert_int_equal(registry_list_kernels(&fixture->settings, &foo_one, &kernels, &error), 0);
	for (size_t i = 0; i < kernels.count; i++)
		strv_add_format(&found, "%s/%s", kernels.items[i].release, kernels.items[i].arch);
	kernel_ids_free(&kernels);
	expect_names(&found, "6.1-rt/x86_64 6.1/i686 6.1/x86_64");
	assert_true(registry_is_built(&fixture->settings, &foo_one, &kernel));
	assert_false(registry_is_built(&fixture->settings, &foo_two, &kernel));
}

static void states_of_a_version(void **state)
{
	const struct fixture *fixture = *state;
	const struct settings *settings = &fixture->settings;
	char reserved[] = "original_module", climbing[] = "../bar/1.0";
	const struct module_id originals = {foo, reserved}, outside = {foo, climbing};
	struct error error = {0};

	scratch_directory(fixture->root, "usr/src/foo-1.0");
	scratch_directory(fixture->root, TREE "foo/original_module");
	scratch_directory(fixture->root, TREE "bar/1.0/source");
	scratch_symlink(fixture->root, TREE "foo/1.0/source", "../../../../../usr/src/foo-1.0");
	scratch_symlink(fixture->root, TREE "foo/2.0/source", "../../../../../usr/src/foo-2.0");

	assert_int_equal(registry_version_state(settings, &foo_one), VERSION_ADDED);
	assert_int_equal(registry_require_usable(settings, &foo_one, &error), 0);

	assert_int_equal(registry_version_state(settings, &foo_two), VERSION_BROKEN);
	assert_true(registry_require_usable(settings, &foo_two, &error) < 0);
	assert_error(&error, EXIT_BROKEN, "foo/2.0 is broken");

	assert_int_equal(registry_version_state(settings, &originals), VERSION_UNKNOWN);
	assert_int_equal(registry_version_state(settings, &outside), VERSION_UNKNOWN);
	assert_true(registry_require_usable(settings, &originals, &error) < 0);
	assert_error(&error, EXIT_TREE, "foo/original_module is not in the DKMS tree");
}

static void version_without_link_is_broken(void **state)
{
	const struct fixture *fixture = *state;
	struct error error = {0};

	scratch_directory(fixture->root, TREE "foo/1.0");
	assert_int_equal(registry_version_state(&fixture->settings, &foo_one), VERSION_BROKEN);
	assert_true(registry_require_usable(&fixture->settings, &foo_one, &error) < 0);
	assert_error(&error, EXIT_BROKEN, "dkms add foo/1.0");
}

/* The active version with the link as given; NULL as "". */
static void expect_active(const struct fixture *fixture, const char *target, const char *wanted)
{
	scratch_symlink(fixture->root, TREE "foo/kernel-6.1-x86_64", target);
	cleanup(free_string) char *active = registry_active_version(&fixture->settings, "foo",
								    &kernel);

	assert_string_equal(active ? active : "", wanted);
}

static void active_version_by_its_link(void **state)
{
	const struct fixture *fixture = *state;
	cleanup(free_string) char *absolute = fixture_path(fixture, TREE "foo/2.0/6.1/x86_64");

	scratch_directory(fixture->root, TREE "foo/2.0/6.1/x86_64/module");
	expect_active(fixture, "1.0/6.1/x86_64", ""); /* without a build */
	scratch_directory(fixture->root, TREE "foo/1.0/6.1/x86_64/module");
	expect_active(fixture, "6.1/x86_64", "");
	expect_active(fixture, "/6.1/x86_64", "");
	expect_active(fixture, "1.0/6.2/x86_64", "");
	expect_active(fixture, "../foo/1.0/6.1/x86_64", "");
	expect_active(fixture, "/elsewhere/foo/1.0/6.1/x86_64", "");
	expect_active(fixture, absolute, "2.0");
	expect_active(fixture, "1.0/6.1/x86_64", "1.0");
}

static void installed_needs_build_and_link(void **state)
{
	const struct fixture *fixture = *state;

	scratch_symlink(fixture->root, TREE "foo/kernel-6.1-x86_64", "1.0/6.1/x86_64");
	assert_false(registry_is_installed(&fixture->settings, &foo_one, &kernel));
	scratch_directory(fixture->root, TREE "foo/1.0/6.1/x86_64/module");
	scratch_directory(fixture->root, TREE "foo/2.0/6.1/x86_64/module");
	assert_true(registry_is_installed(&fixture->settings, &foo_one, &kernel));
	assert_false(registry_is_installed(&fixture->settings, &foo_two, &kernel));
	scratch_directory(fixture->root, TREE "foo/original_module/6.1/x86_64");
	assert_false(registry_has_originals(&fixture->settings, "foo", &kernel));
	scratch_write(fixture->root, TREE "foo/original_module/6.1/x86_64/foo.ko", "");
	assert_true(registry_has_originals(&fixture->settings, "foo", &kernel));
}

/* "K/A", with "*" if it is active, "-" if it is not built, "<K0" if it is reused from K0. */
static int note(const struct visited_build *build, void *context, struct error *error)
{
	cleanup(free_string) char *reused = visited_reused_from(build);

	(void)error;
	strv_add_format(context, "%s/%s%s%s%s%s", build->kernel.release, build->kernel.arch,
			visited_is_active(build) ? "*" : "", visited_is_built(build) ? "" : "-",
			reused ? "<" : "", reused ? reused : "");
	return 0;
}

static void expect(const struct fixture *fixture, const char *wanted)
{
	cleanup(strv_free) struct strv found = {0};
	cleanup(free_string) char *joined = NULL;
	struct error error = {0};

	ok(registry_visit_builds(&fixture->settings, &foo_one, note, &found, &error), &error);
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

static int end_the_visit(const struct visited_build *build, void *context, struct error *error)
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
	assert_int_equal(
		registry_visit_builds(&fixture->settings, &foo_one, end_the_visit, &visits, &error),
		-EINVAL);
	assert_error(&error, EXIT_USAGE, "Enough.");
	assert_int_equal(visits, 1);
}

UNIT_MAIN(FIXTURE_TEST(missing_tree_is_empty), FIXTURE_TEST(file_in_place_of_the_tree),
	  FIXTURE_TEST(unreadable_directories_are_named), FIXTURE_TEST(modules_in_path_order),
	  FIXTURE_TEST(versions_leave_out_what_lies_beside_them),
	  FIXTURE_TEST(kernels_are_what_is_built), FIXTURE_TEST(states_of_a_version),
	  FIXTURE_TEST(version_without_link_is_broken), FIXTURE_TEST(active_version_by_its_link),
	  FIXTURE_TEST(installed_needs_build_and_link),
	  FIXTURE_TEST(only_directories_of_kernels_are_visited),
	  FIXTURE_TEST(the_link_says_which_version_is_active),
	  FIXTURE_TEST(a_version_may_lie_elsewhere), FIXTURE_TEST(a_reused_build_names_its_kernel),
	  FIXTURE_TEST(the_visitor_can_end_it))
