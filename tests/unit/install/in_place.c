/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <fcntl.h>

#include "fixture.h"

#include "install/in_place.h"

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

UNIT_MAIN(FIXTURE_TEST(without_record_and_destination_nothing_is_known),
	  FIXTURE_TEST(the_distribution_may_have_one_place_for_all),
	  FIXTURE_TEST(every_module_that_was_built_counts),
	  FIXTURE_TEST(a_record_leads_nowhere_else),
	  FIXTURE_TEST(what_is_not_built_is_not_in_place))
