/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fixture.h"

#define DEST      KERNEL_DIR "/kernel/drivers/foo"
#define ORIGINALS TREE "/foo/original_module/" RELEASE "/" ARCH

static void an_inactive_version_is_only_said_to_be_so(void **state)
{
	struct fixture *fixture = *state;

	text_assign(&fixture->package->post_remove, "removed");
	fixture_script(fixture, "removed", "echo gone");
	scratch_write(fixture->root, DEST "/foo.ko", "built 1.0");
	cleanup(free_string) char *before = fixture_snapshot(fixture);

	fixture_uninstall(fixture);
	assert_log(fixture, "Module foo/1.0 for kernel 6.1 (x86_64):\n"
			    "This module version was INACTIVE for this kernel.\n");
	cleanup(free_string) char *after = fixture_snapshot(fixture);

	assert_string_equal(before, after);
}

static void a_rollback_installs_again(void **state)
{
	struct fixture *fixture = *state;
	const struct install_request request = fixture_request(fixture);
	struct error error = {0};

	strv_add(&fixture->package->modules_conf, "options foo x=1");
	scratch_write(fixture->root, KERNEL_DIR "/extra/foo.ko", "original");
	fixture_install(fixture);
	cleanup(free_string) char *before = fixture_snapshot(fixture);

	assert_int_equal(uninstall_module(&request, &error), 0);
	assert_no_file(fixture, DEST "/foo.ko");
	assert_file(fixture, KERNEL_DIR "/extra/foo.ko", "original");
	fixture_settle(fixture);
	fixture_finish(fixture, false);
	cleanup(free_string) char *after = fixture_snapshot(fixture);

	assert_string_equal(before, after);
}

static void remove_record(const struct fixture *fixture)
{
	cleanup(free_string) char *record = path_join(
		fixture->root, TREE "/foo/1.0/" RELEASE "/" ARCH "/.installed", NULL);
	struct error error = {0};

	assert_true(file_exists(record));
	assert_int_equal(file_unlink(record, &error), 0);
}

static void what_is_recorded_goes_whatever_became_of_it(void **state)
{
	struct fixture *fixture = *state;

	fixture_use_distro(fixture, "ID=debian\n");
	cleanup(free_string) char *before = fixture_snapshot(fixture);

	fixture_install(fixture);
	scratch_write(fixture->root, KERNEL_DIR "/updates/dkms/foo.ko", "signed");
	fixture_uninstall(fixture);
	fixture_install(fixture);
	scratch_write(fixture->root, KERNEL_DIR "/updates/dkms/foo.ko.xz", "compressed");
	cleanup(free_string) char *path = path_join(fixture->root,
						    KERNEL_DIR "/updates/dkms/foo.ko", NULL);
	struct error error = {0};

	assert_int_equal(file_unlink(path, &error), 0);
	fixture_uninstall(fixture);
	cleanup(free_string) char *after = fixture_snapshot(fixture);

	assert_string_equal(before, after);
}

static void a_file_that_is_not_of_this_build_is_left(void **state)
{
	struct fixture *fixture = *state;

	fixture_install(fixture);
	remove_record(fixture);
	scratch_write(fixture->root, DEST "/foo.ko", "somebody's");
	message_log_clear(&fixture->log);
	fixture_uninstall(fixture);
	assert_logged(fixture, "warning: ");
	assert_logged(fixture, "foo.ko is left: it is not the module that was built as foo/1.0");
	assert_null(strstr(message_log_text(&fixture->log), "Deleting"));
	assert_file(fixture, DEST "/foo.ko", "somebody's");
	assert_active(fixture, NULL);
}

/* Without a record, as the reference leaves none, what a package brought is not dkms's. */
static void the_kernels_own_is_not_found_by_its_content(void **state)
{
	static const char *const places[] = {KERNEL_DIR "/kernel/drivers/other/foo.ko",
					     KERNEL_DIR "/weak/foo.ko"};
	struct fixture *fixture = *state;
	cleanup(free_string) char *list = text_format("/lib\n/%s\n", places[1]);

	scratch_write(fixture->root, KERNEL_DIR "/modules.order",
		      "kernel/a.ko\nkernel/drivers/other/foo.ko\nkernel/b.ko\n");
	scratch_write(fixture->root, "var/lib/dpkg/info/linux-image.list", list);
	for (size_t i = 0; i < 2; i++) {
		cleanup(free_string) char *path = path_join(fixture->root, DEST "/foo.ko", NULL);
		struct error error = {0};

		fixture_install(fixture);
		remove_record(fixture);
		assert_int_equal(file_unlink(path, &error), 0);
		scratch_write(fixture->root, places[i], "built 1.0");
		fixture_uninstall(fixture);
		assert_file(fixture, places[i], "built 1.0");
		cleanup(free_string) char *tried = path_join(fixture->root, places[i], NULL);

		assert_int_equal(file_unlink(tried, &error), 0);
	}
}

static void the_destination_of_the_day_is_found(void **state)
{
	struct fixture *fixture = *state;

	fixture_install(fixture);
	text_assign(&fixture->package->modules[0].dest_location, "/extra");
	fixture_uninstall(fixture);
	assert_no_file(fixture, DEST "/foo.ko");
}

static void what_another_tool_installed_is_found(void **state)
{
	struct fixture *fixture = *state;

	fixture_install(fixture);
	remove_record(fixture);
	text_assign(&fixture->package->modules[0].dest_location, "/extra");
	fixture_uninstall(fixture);
	assert_no_file(fixture, DEST "/foo.ko");
}

static void a_record_is_no_permission(void **state)
{
	struct fixture *fixture = *state;

	fixture_install(fixture);
	scratch_write(fixture->root, TREE "/foo/1.0/" RELEASE "/" ARCH "/.installed",
		      "kernel/drivers/other/foo.ko\n../../../etc/foo.ko\n\n/\n");
	scratch_write(fixture->root, KERNEL_DIR "/kernel/drivers/other/foo.ko", "in-tree");
	scratch_write(fixture->root, "etc/foo.ko", "built 1.0");
	fixture_uninstall(fixture);
	assert_no_file(fixture, DEST "/foo.ko");
	assert_file(fixture, KERNEL_DIR "/kernel/drivers/other/foo.ko", "in-tree");
	assert_file(fixture, "etc/foo.ko", "built 1.0");
}

static void the_same_bytes_elsewhere_are_not_ours(void **state)
{
	struct fixture *fixture = *state;

	fixture_install(fixture);
	scratch_write(fixture->root, KERNEL_DIR "/kernel/drivers/other/foo.ko", "built 1.0");
	fixture_uninstall(fixture);
	assert_no_file(fixture, DEST "/foo.ko");
	assert_file(fixture, KERNEL_DIR "/kernel/drivers/other/foo.ko", "built 1.0");
}

static void a_package_that_cannot_be_read(void **state)
{
	struct fixture *fixture = *state;
	struct install_request request = fixture_request(fixture);
	struct error error = {0};

	scratch_write(fixture->root, KERNEL_DIR "/extra/foo.ko", "original");
	cleanup(free_string) char *before = fixture_snapshot(fixture);

	fixture_install(fixture);
	request.package = NULL;
	assert_int_equal(uninstall_module(&request, &error), 0);
	fixture_finish(fixture, true);
	assert_no_file(fixture, DEST "/foo.ko");
	assert_file(fixture, KERNEL_DIR "/extra/foo.ko", "original");
	assert_active(fixture, NULL);
	cleanup(free_string) char *after = fixture_snapshot(fixture);

	assert_string_equal(before, after);
}

static void a_build_that_is_gone(void **state)
{
	struct fixture *fixture = *state;
	cleanup(free_string) char *build = path_join(fixture->root, TREE "/foo/1.0/" RELEASE, NULL);
	struct error error = {0};

	fixture_install(fixture);
	assert_int_equal(directory_remove(build, &error), 0);
	fixture_uninstall(fixture);
	assert_logged(fixture, "foo.ko is left");
	assert_active(fixture, NULL);
}

/* An archive with this .origin stays, with a warning, and nothing is put there. */
static void check_bad_origin(struct fixture *fixture, const char *origin, const char *words)
{
	fixture_install(fixture);
	scratch_write(fixture->root, ORIGINALS "/foo.ko", "original");
	scratch_write(fixture->root, ORIGINALS "/foo.ko.origin", origin);
	message_log_clear(&fixture->log);
	fixture_uninstall(fixture);
	assert_logged(fixture, words);
	assert_null(strstr(message_log_text(&fixture->log), "Restoring"));
	assert_file(fixture, ORIGINALS "/foo.ko", "original");
	assert_file(fixture, ORIGINALS "/foo.ko.origin", origin);
}

static void originals_go_nowhere_else(void **state)
{
	struct fixture *fixture = *state;
	cleanup(free_string) char *outside = path_join(fixture->root, "etc/foo.ko\n", NULL);
	cleanup(free_string) char *climbing = path_join(fixture->root, KERNEL_DIR "/../6.2/foo.ko",
							NULL);
	cleanup(free_string) char *linked = path_join(fixture->root, KERNEL_DIR "/build/new/foo.ko",
						      NULL);

	scratch_symlink(fixture->root, KERNEL_DIR "/build", "/usr");
	check_bad_origin(fixture, outside, "which is not below");
	check_bad_origin(fixture, climbing, "which is not below");
	check_bad_origin(fixture, linked, "which is not below");
	check_bad_origin(fixture, "foo.ko", "which is not below");
	check_bad_origin(fixture, "", "which is not below");
	assert_no_file(fixture, "etc/foo.ko");
}

static void an_original_without_origin_is_kept(void **state)
{
	struct fixture *fixture = *state;

	fixture_install(fixture);
	scratch_write(fixture->root, ORIGINALS "/foo.ko", "original");
	fixture_uninstall(fixture);
	assert_logged(fixture, "is kept: where it was cannot be read");
	assert_file(fixture, ORIGINALS "/foo.ko", "original");
}

static void a_successor_at_the_former_place_stays(void **state)
{
	struct fixture *fixture = *state;

	scratch_write(fixture->root, KERNEL_DIR "/extra/foo.ko", "original");
	fixture_install(fixture);
	scratch_write(fixture->root, KERNEL_DIR "/extra/foo.ko", "of an update");
	fixture_uninstall(fixture);
	assert_logged(fixture, "another file is at its former place");
	assert_file(fixture, KERNEL_DIR "/extra/foo.ko", "of an update");
	assert_file(fixture, ORIGINALS "/foo.ko", "original");
}

static void an_original_that_came_back_by_itself(void **state)
{
	struct fixture *fixture = *state;

	scratch_write(fixture->root, KERNEL_DIR "/extra/foo.ko", "original");
	fixture_install(fixture);
	scratch_write(fixture->root, KERNEL_DIR "/extra/foo.ko", "original");
	fixture_uninstall(fixture);
	assert_file(fixture, KERNEL_DIR "/extra/foo.ko", "original");
	assert_no_file(fixture, TREE "/foo/original_module");
}

static void of_a_kernel_that_is_gone_nothing_comes_back(void **state)
{
	struct fixture *fixture = *state;
	struct error error = {0};

	scratch_write(fixture->root, KERNEL_DIR "/extra/foo.ko", "original");
	fixture_install(fixture);
	assert_int_equal(directory_remove(fixture->kernel->module_directory, &error), 0);
	fixture_uninstall(fixture);
	assert_active(fixture, NULL);
	assert_no_file(fixture, TREE "/foo/original_module");
	assert_no_file(fixture, KERNEL_DIR);
}

/* As dpkg leaves it: its own files are gone, and the directory is there for the sake of dkms's. */
static void into_a_kernel_that_is_being_removed_nothing_comes_back(void **state)
{
	struct fixture *fixture = *state;
	cleanup(free_string) char *kernels = path_join(fixture->root, KERNEL_DIR "/kernel", NULL);
	struct error error = {0};

	fixture_use_distro(fixture, "ID=debian\n");
	scratch_write(fixture->root, KERNEL_DIR "/kernel/drivers/other/foo.ko", "original");
	fixture_install(fixture);
	assert_int_equal(directory_remove(kernels, &error), 0);
	fixture_uninstall(fixture);
	assert_no_file(fixture, KERNEL_DIR "/kernel");
	assert_no_file(fixture, KERNEL_DIR "/updates");
	assert_no_file(fixture, TREE "/foo/original_module");
}

static void links_of_originals_come_back_as_links(void **state)
{
	struct fixture *fixture = *state;

	scratch_symlink(fixture->root, KERNEL_DIR "/extra/foo.ko", "/opt/foo.ko");
	cleanup(free_string) char *before = fixture_snapshot(fixture);

	fixture_install(fixture);
	assert_no_file(fixture, KERNEL_DIR "/extra/foo.ko");
	fixture_uninstall(fixture);
	cleanup(free_string) char *after = fixture_snapshot(fixture);

	assert_string_equal(before, after);
}

static void a_directory_with_others_files_stays(void **state)
{
	struct fixture *fixture = *state;

	fixture_use_distro(fixture, "ID=debian\n");
	scratch_write(fixture->root, KERNEL_DIR "/updates/dkms/bar.ko", "other");
	fixture_install(fixture);
	fixture_uninstall(fixture);
	assert_file(fixture, KERNEL_DIR "/updates/dkms/bar.ko", "other");
	assert_no_file(fixture, KERNEL_DIR "/updates/dkms/foo.ko");
}

UNIT_MAIN(FIXTURE_TEST(an_inactive_version_is_only_said_to_be_so),
	  FIXTURE_TEST(a_rollback_installs_again),
	  FIXTURE_TEST(what_is_recorded_goes_whatever_became_of_it),
	  FIXTURE_TEST(a_file_that_is_not_of_this_build_is_left),
	  FIXTURE_TEST(the_kernels_own_is_not_found_by_its_content),
	  FIXTURE_TEST(into_a_kernel_that_is_being_removed_nothing_comes_back),
	  FIXTURE_TEST(the_destination_of_the_day_is_found),
	  FIXTURE_TEST(what_another_tool_installed_is_found),
	  FIXTURE_TEST(a_record_is_no_permission),
	  FIXTURE_TEST(the_same_bytes_elsewhere_are_not_ours),
	  FIXTURE_TEST(a_package_that_cannot_be_read), FIXTURE_TEST(a_build_that_is_gone),
	  FIXTURE_TEST(originals_go_nowhere_else), FIXTURE_TEST(an_original_without_origin_is_kept),
	  FIXTURE_TEST(a_successor_at_the_former_place_stays),
	  FIXTURE_TEST(an_original_that_came_back_by_itself),
	  FIXTURE_TEST(of_a_kernel_that_is_gone_nothing_comes_back),
	  FIXTURE_TEST(links_of_originals_come_back_as_links),
	  FIXTURE_TEST(a_directory_with_others_files_stays))
