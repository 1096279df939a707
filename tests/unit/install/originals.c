/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What dkms's modules replace, and whose a file is. */
#include "fixture.h"

#define DEST      KERNEL_DIR "/kernel/drivers/foo"
#define ORIGINALS TREE "/foo/original_module/" RELEASE "/" ARCH

/* Where the kernel has its own, which is archived, and all is as before after the uninstall. */
static void check_original(struct fixture *fixture, const char *place)
{
	cleanup(free_string) char *former = path_join(KERNEL_DIR, place, NULL);
	cleanup(free_string) char *origin = text_format("/%s\n", former);
	cleanup(free_string) char *lines = text_format(
		"Found pre-existing %%R/%s, archiving for uninstallation\n"
		"Installing %%R/" DEST "/foo.ko\n",
		former);
	cleanup(free_string) char *restored = text_format(
		"Module foo/1.0 for kernel 6.1 (x86_64):\n"
		"Before uninstall, this module version was ACTIVE on this kernel.\n"
		"Deleting %%R/" DEST "/foo.ko\n"
		"Restoring archived original module %%R/%s\n",
		former);

	scratch_write(fixture->root, former, "original");
	cleanup(free_string) char *before = fixture_snapshot(fixture);

	fixture_install(fixture);
	assert_log(fixture, lines);
	assert_file(fixture, DEST "/foo.ko", "built 1.0");
	assert_file(fixture, ORIGINALS "/foo.ko", "original");
	assert_file(fixture, ORIGINALS "/foo.ko.origin", origin);
	if (!text_ends_with(DEST "/foo.ko", place))
		assert_no_file(fixture, former);
	fixture_uninstall(fixture);
	assert_log(fixture, restored);
	cleanup(free_string) char *after = fixture_snapshot(fixture);

	assert_string_equal(before, after);
}

static void originals_of_every_place(void **state)
{
	static const char *const places[] = {"extra/foo.ko", "updates/foo.ko",
					     "kernel/drivers/foo/foo.ko",
					     "kernel/drivers/other/foo.ko"};
	struct fixture *fixture = *state;
	struct error error = {0};

	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
		cleanup(free_string) char *former = path_join(fixture->root, KERNEL_DIR, places[i],
							      NULL);
		cleanup(free_string) char *directory = path_parent(former);

		check_original(fixture, places[i]);
		assert_int_equal(directory_remove(directory, &error), 0);
	}
}

static void several_originals_are_put_aside(void **state)
{
	struct fixture *fixture = *state;

	scratch_write(fixture->root, KERNEL_DIR "/kernel/a/foo.ko", "a");
	scratch_write(fixture->root, KERNEL_DIR "/kernel/b/foo.ko.xz", "b");
	cleanup(free_string) char *before = fixture_snapshot(fixture);

	fixture_install(fixture);
	assert_logged(fixture, "warning: Kernel 6.1 has several modules named foo");
	assert_no_file(fixture, KERNEL_DIR "/kernel/a/foo.ko");
	assert_file(fixture, ORIGINALS "/collisions/kernel/a/foo.ko", "a");
	assert_file(fixture, ORIGINALS "/collisions/kernel/b/foo.ko.xz", "b");
	fixture_uninstall(fixture);
	cleanup(free_string) char *after = fixture_snapshot(fixture);

	assert_string_equal(before, after);
	assert_no_file(fixture, TREE "/.dkms/originals/foo");
}

/* As the reference would leave it: without its archive, and without what it calls collisions. */
static void what_the_reference_throws_away_is_kept(void **state)
{
	struct fixture *fixture = *state;
	cleanup(free_string) char *archive = path_join(fixture->root, TREE "/foo/original_module",
						       NULL);
	struct error error = {0};

	scratch_write(fixture->root, KERNEL_DIR "/kernel/a/foo.ko", "a");
	scratch_write(fixture->root, KERNEL_DIR "/kernel/b/foo.ko.xz", "b");
	fixture_install(fixture);
	assert_int_equal(directory_remove(archive, &error), 0);
	fixture_uninstall(fixture);
	assert_file(fixture, KERNEL_DIR "/kernel/a/foo.ko", "a");
	assert_file(fixture, KERNEL_DIR "/kernel/b/foo.ko.xz", "b");
}

/* In updates/dkms, which depmod prefers to all that is built in. */
static void several_originals_stay_where_depmod_prefers_ours(void **state)
{
	struct fixture *fixture = *state;

	fixture_use_distro(fixture, "ID=debian\n");
	scratch_write(fixture->root, KERNEL_DIR "/kernel/a/foo.ko", "a");
	scratch_write(fixture->root, KERNEL_DIR "/kernel/b/foo.ko.xz", "b");
	cleanup(free_string) char *before = fixture_snapshot(fixture);

	fixture_install(fixture);
	assert_logged(fixture, "depmod prefers the module in ");
	assert_file(fixture, KERNEL_DIR "/kernel/a/foo.ko", "a");
	assert_no_file(fixture, TREE "/foo/original_module");
	fixture_uninstall(fixture);
	cleanup(free_string) char *after = fixture_snapshot(fixture);

	assert_string_equal(before, after);
}

static void several_originals_go_where_depmod_is_told_otherwise(void **state)
{
	struct fixture *fixture = *state;

	fixture_use_distro(fixture, "ID=debian\n");
	scratch_write(fixture->root, "etc/depmod.d/order.conf", "search built-in updates\n");
	scratch_write(fixture->root, KERNEL_DIR "/kernel/a/foo.ko", "a");
	scratch_write(fixture->root, KERNEL_DIR "/kernel/b/foo.ko", "b");
	fixture_install(fixture);
	assert_no_file(fixture, KERNEL_DIR "/kernel/a/foo.ko");
	fixture_uninstall(fixture);
	assert_file(fixture, KERNEL_DIR "/kernel/a/foo.ko", "a");
	assert_file(fixture, KERNEL_DIR "/kernel/b/foo.ko", "b");
}

static void an_upgrade_keeps_the_true_original(void **state)
{
	struct fixture *fixture = *state;

	scratch_write(fixture->root, DEST "/foo.ko", "original");
	fixture_install(fixture);
	fixture_go_to_2(fixture);
	message_log_clear(&fixture->log);
	fixture_install(fixture);
	assert_log(fixture, "Installing %R/" DEST "/foo.ko\n");
	assert_active(fixture, "2.0");
	assert_file(fixture, DEST "/foo.ko", "built 2.0");
	assert_file(fixture, ORIGINALS "/foo.ko", "original");
	fixture_uninstall(fixture);
	assert_file(fixture, DEST "/foo.ko", "original");
	assert_no_file(fixture, TREE "/foo/original_module");
}

/* What a signer or POST_INSTALL made of dkms's own module is no newcomer. */
static void a_changed_module_is_no_original(void **state)
{
	struct fixture *fixture = *state;

	scratch_write(fixture->root, DEST "/foo.ko", "original");
	fixture_install(fixture);
	scratch_write(fixture->root, DEST "/foo.ko", "built 1.0, signed");
	fixture_go_to_2(fixture);
	fixture_install(fixture);
	assert_file(fixture, ORIGINALS "/foo.ko", "original");
	assert_no_file(fixture, ORIGINALS "/collisions");
	assert_file(fixture, DEST "/foo.ko", "built 2.0");
}

/* The kernel's package was installed anew, over dkms's module or beside it. */
static void check_renewed(struct fixture *fixture, const char *place)
{
	cleanup(free_string) char *path = path_join(KERNEL_DIR, place, NULL);
	cleanup(free_string) char *order = text_format("kernel/other.ko\n%s\n", place);

	scratch_write(fixture->root, KERNEL_DIR "/modules.order", order);
	scratch_write(fixture->root, KERNEL_DIR "/kernel/other.ko", "other");
	scratch_write(fixture->root, path, "original");
	fixture_install(fixture);
	scratch_write(fixture->root, path, "renewed");
	message_log_clear(&fixture->log);
	fixture_uninstall(fixture);
	assert_logged(fixture, "It came with the kernel's package and stays.");
	assert_file(fixture, path, "renewed");
	assert_file(fixture, ORIGINALS "/foo.ko", "original");
}

static void a_renewed_module_of_the_kernel_stays(void **state)
{
	check_renewed(*state, "kernel/drivers/other/foo.ko");
}

static void a_module_renewed_in_the_destination_stays(void **state)
{
	check_renewed(*state, "kernel/drivers/foo/foo.ko");
}

static void an_install_archives_the_renewed_module(void **state)
{
	struct fixture *fixture = *state;
	struct install_request request = fixture_request(fixture);
	struct error error = {0};

	scratch_write(fixture->root, KERNEL_DIR "/modules.order", "kernel/drivers/foo/foo.ko\n");
	scratch_write(fixture->root, DEST "/foo.ko", "original");
	fixture_install(fixture);
	scratch_write(fixture->root, DEST "/foo.ko", "renewed");
	request.force = true;
	assert_int_equal(install_module(&request, &error), 0);
	fixture_finish(fixture, true);
	assert_file(fixture, DEST "/foo.ko", "built 1.0");
	fixture_uninstall(fixture);
	assert_file(fixture, DEST "/foo.ko", "renewed");
	assert_no_file(fixture, TREE "/foo/original_module");
}

/* One of two modules is refused, as the kernel has the same: it stays the kernel's. */
static void what_was_refused_stays_the_kernels(void **state)
{
	struct fixture *fixture = *state;

	fixture_add_module(fixture, "bar", "/extra");
	scratch_write(fixture->root, BUILD_OF("1.0") "/bar.ko", "bar 1.0");
	scratch_write(fixture->root, KERNEL_DIR "/kernel/drivers/other/bar.ko", "bar 1.0");
	cleanup(free_string) char *before = fixture_snapshot(fixture);

	fixture_install(fixture);
	assert_logged(fixture, "the same module");
	assert_file(fixture, TREE "/foo/1.0/" RELEASE "/" ARCH "/.installed",
		    "kernel/drivers/foo/foo.ko\nrefused bar\n");
	fixture_uninstall(fixture);
	cleanup(free_string) char *after = fixture_snapshot(fixture);

	assert_string_equal(before, after);
}

UNIT_MAIN(FIXTURE_TEST(originals_of_every_place), FIXTURE_TEST(several_originals_are_put_aside),
	  FIXTURE_TEST(what_the_reference_throws_away_is_kept),
	  FIXTURE_TEST(several_originals_stay_where_depmod_prefers_ours),
	  FIXTURE_TEST(several_originals_go_where_depmod_is_told_otherwise),
	  FIXTURE_TEST(an_upgrade_keeps_the_true_original),
	  FIXTURE_TEST(a_changed_module_is_no_original),
	  FIXTURE_TEST(a_renewed_module_of_the_kernel_stays),
	  FIXTURE_TEST(a_module_renewed_in_the_destination_stays),
	  FIXTURE_TEST(an_install_archives_the_renewed_module),
	  FIXTURE_TEST(what_was_refused_stays_the_kernels))
