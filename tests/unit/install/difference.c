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

#define RECORD TREE "/foo/1.0/" RELEASE "/" ARCH "/.installed"

static bool all_in_place(const struct fixture *fixture)
{
	cleanup(usual_places_close) struct usual_places places = usual_places_open(
		&fixture->settings, fixture->distro);
	cleanup(free_string) char *release = path_join(fixture->root, TREE "/foo/1.0/" RELEASE,
						       NULL);
	cleanup(close_fd) int fd = open(release, O_PATH | O_CLOEXEC);

	return is_all_in_place(&places, fd, ARCH, RELEASE);
}

static void without_record_and_destination_nothing_is_known(void **state)
{
	struct fixture *fixture = *state;

	scratch_write(fixture->root, KERNEL_DIR "/foo.ko", "built 1.0");
	scratch_write(fixture->root, KERNEL_DIR "/updates/dkms/foo.ko", "built 1.0");
	assert_false(all_in_place(fixture));
	scratch_write(fixture->root, RECORD, "updates/dkms/foo.ko\n");
	assert_true(all_in_place(fixture));
}

static void the_distribution_may_have_one_place_for_all(void **state)
{
	struct fixture *fixture = *state;

	fixture_use_distro(fixture, "ID=debian\n");
	assert_false(all_in_place(fixture));
	scratch_write(fixture->root, KERNEL_DIR "/updates/dkms/foo.ko", "built 1.0");
	assert_true(all_in_place(fixture));
	scratch_write(fixture->root, KERNEL_DIR "/updates/dkms/foo.ko", "built 1.1");
	assert_false(all_in_place(fixture));
	scratch_write(fixture->root, KERNEL_DIR "/extra/foo.ko", "built 1.0");
	scratch_write(fixture->root, RECORD, "extra/foo.ko\n");
	assert_true(all_in_place(fixture));
}

static void every_module_that_was_built_counts(void **state)
{
	struct fixture *fixture = *state;

	scratch_write(fixture->root, RECORD, "extra/foo.ko\nextra/sub/bar.ko.xz\n");
	scratch_write(fixture->root, KERNEL_DIR "/extra/foo.ko", "built 1.0");
	scratch_write(fixture->root, KERNEL_DIR "/extra/sub/bar.ko.xz", "bar");
	assert_true(all_in_place(fixture));
	scratch_write(fixture->root, BUILD_OF("1.0") "/bar.ko.xz", "bar");
	scratch_write(fixture->root, BUILD_OF("1.0") "/Module.symvers", "");
	scratch_write(fixture->root, BUILD_OF("1.0") "/.dkms-new.ko", "");
	assert_true(all_in_place(fixture));
	/* One whose name another's ends with is not recorded by that. */
	scratch_write(fixture->root, BUILD_OF("1.0") "/o.ko", "built 1.0");
	assert_false(all_in_place(fixture));
}

static void a_record_leads_nowhere_else(void **state)
{
	static const char *const records[] = {
		"",
		"\n",
		"foo.ko",
		"extra/foo.ko",
		"../elsewhere/foo.ko\n",
		"extra/../../elsewhere/foo.ko\n",
	};
	struct fixture *fixture = *state;

	scratch_write(fixture->root, "lib/modules/elsewhere/foo.ko", "built 1.0");
	scratch_write(fixture->root, KERNEL_DIR "/extra/foo.ko", "built 1.0");
	for (size_t i = 0; i < sizeof(records) / sizeof(*records); i++) {
		scratch_write(fixture->root, RECORD, records[i]);
		assert_false(all_in_place(fixture));
	}
	scratch_write(fixture->root, RECORD, "extra/foo.ko\n");
	assert_true(all_in_place(fixture));
}

static void what_is_not_built_is_not_in_place(void **state)
{
	struct fixture *fixture = *state;
	cleanup(free_string) char *modules = path_join(fixture->root, BUILD_OF("1.0"), NULL);
	struct error error = {0};

	fixture_use_distro(fixture, "ID=debian\n");
	assert_int_equal(directory_remove(modules, &error), 0);
	assert_false(all_in_place(fixture));
	scratch_directory(fixture->root, BUILD_OF("1.0"));
	assert_true(all_in_place(fixture)); /* a build of nothing has nothing to miss */
}

UNIT_MAIN(FIXTURE_TEST(a_destination_outside_is_an_error),
	  FIXTURE_TEST(what_is_not_there_is_missing), FIXTURE_TEST(other_bytes_differ),
	  FIXTURE_TEST(a_time_of_whole_seconds_proves_nothing),
	  FIXTURE_TEST(an_untouched_copy_is_not_read), FIXTURE_TEST(another_compression_differs),
	  FIXTURE_TEST(without_a_package_the_place_is_searched),
	  FIXTURE_TEST(with_a_record_nothing_is_searched),
	  FIXTURE_TEST(an_installed_module_is_the_same),
	  FIXTURE_TEST(without_record_and_destination_nothing_is_known),
	  FIXTURE_TEST(the_distribution_may_have_one_place_for_all),
	  FIXTURE_TEST(every_module_that_was_built_counts),
	  FIXTURE_TEST(a_record_leads_nowhere_else),
	  FIXTURE_TEST(what_is_not_built_is_not_in_place))
