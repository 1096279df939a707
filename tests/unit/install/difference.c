/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <fcntl.h>

#include "fixture.h"

#include "install/difference.h"

#define DEST KERNEL_DIR "/kernel/drivers/foo"

static struct installed_build build_of(const struct fixture *fixture, const char *product)
{
	return (struct installed_build){
		.id = &fixture->id,
		.kernel = &fixture->kernel_id,
		.package = fixture->package,
		.parent = AT_FDCWD,
		.product = product,
	};
}

static void assert_difference(struct fixture *fixture, bool missing, bool differs)
{
	cleanup(install_comparison_close) struct install_comparison comparison =
		install_comparison_open(&fixture->settings, fixture->distro);
	cleanup(free_string) char *product = layout_product(&fixture->settings, &fixture->id,
							    &fixture->kernel_id);
	const struct installed_build build = build_of(fixture, product);
	struct install_difference difference = {0};
	struct error error = {0};

	if (install_find_difference(&comparison, &build, &difference, &error) < 0)
		fail_msg("%s", error.message);
	assert_int_equal(difference.missing, missing);
	assert_int_equal(difference.differs, differs);
}

/* Both files get this time of modification. */
static void set_times(const struct fixture *fixture, long nanoseconds)
{
	static const char *const names[] = {BUILD_OF("1.0") "/foo.ko", DEST "/foo.ko"};
	const struct timespec times[2] = {{1000, nanoseconds}, {1000, nanoseconds}};

	for (size_t i = 0; i < 2; i++) {
		cleanup(free_string) char *path = path_join(fixture->root, names[i], NULL);

		assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
	}
}

static void a_destination_outside_is_an_error(void **state)
{
	struct fixture *fixture = *state;
	cleanup(install_comparison_close) struct install_comparison comparison =
		install_comparison_open(&fixture->settings, fixture->distro);
	cleanup(free_string) char *product = layout_product(&fixture->settings, &fixture->id,
							    &fixture->kernel_id);
	const struct installed_build build = build_of(fixture, product);
	struct install_difference difference = {.missing = true, .differs = true};
	struct error error = {0};

	text_assign(&fixture->package->modules[0].dest_location, "/kernel/../..");
	assert_true(install_find_difference(&comparison, &build, &difference, &error) < 0);
	assert_error(&error, EXIT_INSTALL, "is outside of");
	assert_true(difference.missing && difference.differs);
}

static void what_is_not_there_is_missing(void **state)
{
	struct fixture *fixture = *state;

	assert_difference(fixture, true, false);
	/* A module of that name elsewhere is the kernel's own. */
	scratch_write(fixture->root, KERNEL_DIR "/kernel/drivers/other/foo.ko", "in-tree");
	assert_difference(fixture, true, false);
	scratch_write(fixture->root, KERNEL_DIR "/kernel/drivers/other/foo.ko", "built 1.0");
	assert_difference(fixture, false, false);
}

static void other_bytes_differ(void **state)
{
	struct fixture *fixture = *state;

	scratch_write(fixture->root, DEST "/foo.ko", "built 1.0");
	assert_difference(fixture, false, false);
	scratch_write(fixture->root, DEST "/foo.ko", "built 1.1");
	assert_difference(fixture, false, true);
	scratch_write(fixture->root, DEST "/foo.ko", "longer than it was");
	assert_difference(fixture, false, true);
}

static void a_time_of_whole_seconds_proves_nothing(void **state)
{
	struct fixture *fixture = *state;

	scratch_write(fixture->root, DEST "/foo.ko", "built 1.1");
	set_times(fixture, 0);
	assert_difference(fixture, false, true);
}

static void an_untouched_copy_is_not_read(void **state)
{
	struct fixture *fixture = *state;

	scratch_write(fixture->root, DEST "/foo.ko", "built 1.1");
	set_times(fixture, 123456789);
	assert_difference(fixture, false, false);
}

static void another_compression_differs(void **state)
{
	struct fixture *fixture = *state;

	scratch_write(fixture->root, DEST "/foo.ko.xz", "built 1.0, packed");
	assert_difference(fixture, false, true);
}

static void without_a_package_the_place_is_searched(void **state)
{
	struct fixture *fixture = *state;
	struct package *package = TAKE(fixture->package);

	assert_difference(fixture, true, false);
	scratch_write(fixture->root, DEST "/foo.ko", "built 1.0");
	assert_difference(fixture, false, false);
	scratch_write(fixture->root, DEST "/foo.ko", "built 1.1");
	assert_difference(fixture, false, true);
	fixture->package = package;
}

static void with_a_record_nothing_is_searched(void **state)
{
	struct fixture *fixture = *state;
	struct package *package = TAKE(fixture->package);

	scratch_write(fixture->root, TREE "/foo/1.0/" RELEASE "/" ARCH "/.installed",
		      "extra/foo.ko\n");
	scratch_write(fixture->root, DEST "/foo.ko", "built 1.0");
	assert_difference(fixture, true, false);
	scratch_write(fixture->root, KERNEL_DIR "/extra/foo.ko", "built 1.1");
	assert_difference(fixture, false, true);
	scratch_write(fixture->root, KERNEL_DIR "/extra/foo.ko", "built 1.0");
	assert_difference(fixture, false, false);
	fixture->package = package;
}

static void an_installed_module_is_the_same(void **state)
{
	struct fixture *fixture = *state;

	fixture_install(fixture);
	assert_difference(fixture, false, false);
	fixture->settings.symlink_modules = true;
	fixture_uninstall(fixture);
	fixture_install(fixture);
	assert_difference(fixture, false, false);
}

UNIT_MAIN(FIXTURE_TEST(a_destination_outside_is_an_error),
	  FIXTURE_TEST(what_is_not_there_is_missing), FIXTURE_TEST(other_bytes_differ),
	  FIXTURE_TEST(a_time_of_whole_seconds_proves_nothing),
	  FIXTURE_TEST(an_untouched_copy_is_not_read), FIXTURE_TEST(another_compression_differs),
	  FIXTURE_TEST(without_a_package_the_place_is_searched),
	  FIXTURE_TEST(with_a_record_nothing_is_searched),
	  FIXTURE_TEST(an_installed_module_is_the_same))
