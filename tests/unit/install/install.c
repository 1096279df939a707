/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fixture.h"

#include "journal/leftovers.h"

#define DEST      KERNEL_DIR "/kernel/drivers/foo"
#define ORIGINALS TREE "/foo/original_module/" RELEASE "/" ARCH

/* The install fails with this status and words, and nothing has changed. */
static void assert_refused(struct fixture *fixture, const struct install_request *request,
			   int exit_status, const char *words)
{
	cleanup(free_string) char *before = fixture_snapshot(fixture);
	struct error error = {0};

	assert_true(install_module(request, &error) < 0);
	assert_error(&error, exit_status, words);
	cleanup(free_string) char *after = fixture_snapshot(fixture);

	assert_string_equal(before, after);
}

static void a_missing_kernel_directory(void **state)
{
	struct fixture *fixture = *state;
	const struct install_request request = fixture_request(fixture);
	struct error error = {0};

	assert_int_equal(directory_remove(fixture->kernel->module_directory, &error), 0);
	assert_refused(fixture, &request, EXIT_INSTALL, RELEASE);
}

static void what_is_not_built(void **state)
{
	struct fixture *fixture = *state;
	const struct install_request request = fixture_request(fixture);

	text_assign(&fixture->id.version, "3.0");
	assert_refused(fixture, &request, EXIT_INSTALL, "foo/3.0 is not built for kernel 6.1");
}

static void an_incomplete_build_names_what_it_lacks(void **state)
{
	struct fixture *fixture = *state;
	const struct install_request request = fixture_request(fixture);

	fixture_add_module(fixture, "bar", "/extra");
	fixture_add_module(fixture, "excluded", "/extra");
	fixture->package->modules[2].excluded = true;
	assert_refused(fixture, &request, EXIT_INSTALL, "is incomplete: it lacks bar.");
}

static void a_destination_outside_of_the_kernel(void **state)
{
	struct fixture *fixture = *state;
	const struct install_request request = fixture_request(fixture);

	text_assign(&fixture->package->modules[0].dest_location, "/kernel/../../other");
	assert_refused(fixture, &request, EXIT_INSTALL, "is outside of");
}

static void a_second_install_needs_force(void **state)
{
	struct fixture *fixture = *state;
	struct install_request request = fixture_request(fixture);
	struct error error = {0};

	fixture_install(fixture);
	assert_refused(fixture, &request, EXIT_PATCH_MISSING, "already installed");
	scratch_write(fixture->root, DEST "/foo.ko", "damaged");
	request.force = true;
	/* The record says whose it is, whatever became of it: it is no original. */
	assert_int_equal(install_module(&request, &error), 0);
	fixture_finish(fixture, true);
	assert_file(fixture, DEST "/foo.ko", "built 1.0");
	assert_no_file(fixture, TREE "/foo/original_module");
}

static void a_failing_pre_install(void **state)
{
	struct fixture *fixture = *state;
	struct install_request request = fixture_request(fixture);

	fixture_script(fixture, "check", "echo checked; exit 3");
	text_assign(&fixture->package->pre_install, "check now");
	assert_refused(fixture, &request, EXIT_PRE_INSTALL, "exit status 3");
	assert_log(fixture, "Running the pre_install script:\noutput: checked\n\n");
	request.force = true;
	struct error error = {0};

	assert_int_equal(install_module(&request, &error), 0);
	assert_logged(fixture, "warning: The pre_install script of foo/1.0 failed with exit "
			       "status 3");
	fixture_finish(fixture, false);
}

static void the_same_module_is_refused(void **state)
{
	struct fixture *fixture = *state;
	struct install_request request = fixture_request(fixture);
	struct error error = {0};

	scratch_write(fixture->root, KERNEL_DIR "/kernel/drivers/other/foo.ko", "built 1.0");
	assert_refused(fixture, &request, EXIT_INSTALL, "every module was refused");
	assert_logged(fixture, "the same module (version unknown) is there already");
	assert_logged(fixture, "--force");
	request.force_version_override = true;
	assert_int_equal(install_module(&request, &error), 0);
	fixture_finish(fixture, true);
	assert_file(fixture, DEST "/foo.ko", "built 1.0");
}

static void an_obsolete_module_is_refused(void **state)
{
	struct fixture *fixture = *state;
	struct install_request request = fixture_request(fixture);
	struct error error = {0};

	text_assign(&fixture->package->obsolete_by, "6.0");
	assert_refused(fixture, &request, EXIT_INSTALL, "every module was refused");
	assert_logged(fixture, "OBSOLETE_BY");
	request.force = true;
	assert_int_equal(install_module(&request, &error), 0);
	fixture_finish(fixture, true);
	assert_active(fixture, "1.0");
}

static void a_refused_module_is_left_out(void **state)
{
	struct fixture *fixture = *state;

	fixture_add_module(fixture, "bar", "/extra");
	scratch_write(fixture->root, BUILD_OF("1.0") "/bar.ko", "bar");
	scratch_write(fixture->root, KERNEL_DIR "/kernel/drivers/other/bar.ko", "bar");
	fixture_install(fixture);
	assert_file(fixture, DEST "/foo.ko", "built 1.0");
	assert_no_file(fixture, KERNEL_DIR "/extra/bar.ko");
	assert_file(fixture, KERNEL_DIR "/kernel/drivers/other/bar.ko", "bar");
}

static void the_force_list_counts_as_force(void **state)
{
	struct fixture *fixture = *state;

	scratch_write(fixture->root, KERNEL_DIR "/kernel/drivers/other/foo.ko", "built 1.0");
	scratch_write(fixture->root, "usr/share/dkms/modules_to_force_install/vendor",
		      "other\nfoo\n");
	fixture_install(fixture);
	assert_file(fixture, DEST "/foo.ko", "built 1.0");
}

static void a_place_that_is_no_directory_changes_nothing(void **state)
{
	struct fixture *fixture = *state;
	struct install_request request = fixture_request(fixture);

	scratch_write(fixture->root, KERNEL_DIR "/kernel/drivers/other/foo.ko", "original");
	scratch_write(fixture->root, DEST, "a file");
	assert_refused(fixture, &request, EXIT_INSTALL, DEST);
}

static void install_and_uninstall_leave_no_trace(void **state)
{
	struct fixture *fixture = *state;
	cleanup(free_string) char *before = fixture_snapshot(fixture);
	cleanup(strv_free) struct strv pending = {0};
	struct error error = {0};

	fixture_install(fixture);
	assert_log(fixture, "Installing %R/" DEST "/foo.ko\n");
	assert_active(fixture, "1.0");
	assert_file(fixture, DEST "/foo.ko", "built 1.0");
	assert_int_equal(pending_depmod_list(&fixture->settings, &pending, &error), 0);
	assert_true(strv_contains(&pending, RELEASE));
	fixture_uninstall(fixture);
	assert_log(fixture, "Module foo/1.0 for kernel 6.1 (x86_64):\n"
			    "Before uninstall, this module version was ACTIVE on this kernel.\n"
			    "Deleting %R/" DEST "/foo.ko\n");
	cleanup(free_string) char *after = fixture_snapshot(fixture);

	assert_string_equal(before, after);
}

static void a_rollback_leaves_no_trace(void **state)
{
	struct fixture *fixture = *state;
	const struct install_request request = fixture_request(fixture);
	struct error error = {0};

	scratch_write(fixture->root, DEST "/foo.ko", "original");
	strv_add(&fixture->package->modules_conf, "options foo x=1");
	cleanup(free_string) char *before = fixture_snapshot(fixture);

	assert_int_equal(install_module(&request, &error), 0);
	assert_active(fixture, "1.0");
	fixture_settle(fixture);
	fixture_finish(fixture, false);
	cleanup(free_string) char *after = fixture_snapshot(fixture);

	assert_string_equal(before, after);
}

static void an_upgrade_takes_away_what_it_does_not_bring(void **state)
{
	struct fixture *fixture = *state;

	fixture_add_module(fixture, "bar", "/extra");
	scratch_write(fixture->root, BUILD_OF("1.0") "/bar.ko", "bar 1.0");
	scratch_write(fixture->root, KERNEL_DIR "/kernel/drivers/other/bar.ko", "original bar");
	fixture_install(fixture);
	fixture_go_to_2(fixture);
	fixture->package->modules[1].excluded = true;
	fixture_install(fixture);
	assert_no_file(fixture, KERNEL_DIR "/extra");
	assert_file(fixture, KERNEL_DIR "/kernel/drivers/other/bar.ko", "original bar");
	assert_file(fixture, DEST "/foo.ko", "built 2.0");
	assert_no_file(fixture, TREE "/foo/original_module");
}

static void a_reinstall_that_fails_changes_nothing(void **state)
{
	struct fixture *fixture = *state;
	struct install_request request = fixture_request(fixture);

	scratch_write(fixture->root, KERNEL_DIR "/extra/foo.ko", "original");
	fixture_install(fixture);
	request.again = true;
	text_assign(&fixture->package->modules[0].dest_name, "bar");
	assert_refused(fixture, &request, EXIT_INSTALL, "it lacks bar");
	text_assign(&fixture->package->modules[0].dest_name, "foo");
	text_assign(&fixture->package->pre_install, "no");
	fixture_script(fixture, "no", "exit 1");
	assert_refused(fixture, &request, EXIT_PRE_INSTALL, "pre_install");
	text_assign(&fixture->package->modules[0].dest_location, "/extra/in");
	scratch_write(fixture->root, KERNEL_DIR "/extra/in", "no directory");
	request.force = true;
	assert_refused(fixture, &request, EXIT_INSTALL, "extra/in");
	assert_file(fixture, DEST "/foo.ko", "built 1.0");
	assert_active(fixture, "1.0");
}

static void a_link_leads_nowhere_else(void **state)
{
	struct fixture *fixture = *state;
	struct install_request request = fixture_request(fixture);
	cleanup(free_string) char *outside = path_join(fixture->root, "etc", NULL);

	text_assign(&fixture->package->modules[0].dest_location, "/extra/deep");
	scratch_symlink(fixture->root, KERNEL_DIR "/extra", outside);
	assert_refused(fixture, &request, EXIT_INSTALL, "A link leads from the destination");
}

static void the_distribution_chooses_the_destination(void **state)
{
	struct fixture *fixture = *state;

	fixture_use_distro(fixture, "ID=debian\n");
	cleanup(free_string) char *before = fixture_snapshot(fixture);

	fixture_install(fixture);
	assert_file(fixture, KERNEL_DIR "/updates/dkms/foo.ko", "built 1.0");
	fixture_uninstall(fixture);
	cleanup(free_string) char *after = fixture_snapshot(fixture);

	assert_string_equal(before, after);
}

static void links_instead_of_copies(void **state)
{
	struct fixture *fixture = *state;
	cleanup(free_string) char *target = path_join(fixture->root, DEST "/foo.ko", NULL);
	cleanup(free_string) char *built = path_join(fixture->root, BUILD_OF("1.0") "/foo.ko",
						     NULL);
	cleanup(free_string) char *before = fixture_snapshot(fixture);

	fixture->settings.symlink_modules = true;
	fixture_install(fixture);
	cleanup(free_string) char *link = file_readlink(target);

	/* Not by way of the root, which the system inside does not see. */
	assert_true(text_starts_with(link, "../"));
	assert_true(text_ends_with(built, link + strspn(link, "./")));
	fixture_uninstall(fixture);
	cleanup(free_string) char *after = fixture_snapshot(fixture);

	assert_string_equal(before, after);
}

static void a_link_that_was_left_is_no_original(void **state)
{
	struct fixture *fixture = *state;
	cleanup(free_string) char *built = path_join(fixture->root, BUILD_OF("0.9") "/foo.ko",
						     NULL);

	scratch_symlink(fixture->root, DEST "/foo.ko", built);
	fixture_install(fixture);
	assert_file(fixture, DEST "/foo.ko", "built 1.0");
	assert_no_file(fixture, TREE "/foo/original_module");
}

/* As where two kernels' installs are open at once, and the first is taken back. */
static void modprobe_lines_of_what_is_taken_back(void **state)
{
	struct fixture *fixture = *state;
	static const char conf[] = "etc/modprobe.d/dkms-foo.conf";
	struct install_request request = fixture_request(fixture);
	struct error error = {0};

	strv_add(&fixture->package->modules_conf, "options foo x=1");
	assert_int_equal(install_module(&request, &error), 0);
	assert_no_file(fixture, conf);
	fixture_settle(fixture);
	assert_file(fixture, conf,
		    "# From MODULES_CONF of foo; dkms uninstall removes this file.\n"
		    "options foo x=1\n");
	fixture_finish(fixture, false);
	assert_no_file(fixture, conf);

	fixture_install(fixture);
	assert_int_equal(uninstall_module(&request, &error), 0);
	/* Another kernel's change that is not decided may need them. */
	cleanup(transaction_free_handler) struct transaction *other = transaction_begin(
		&fixture->settings, "other", "6.2");
	cleanup(free_string) char *target = path_join(fixture->root, "etc/other", NULL);

	assert_int_equal(transaction_put_data(other, "x", 1, 0644, target, &error), 0);
	assert_int_equal(transaction_apply(other, &error), 0);
	fixture_settle(fixture);
	assert_file(fixture, conf,
		    "# From MODULES_CONF of foo; dkms uninstall removes this file.\n"
		    "options foo x=1\n");
	assert_int_equal(transaction_rollback(other, &error), 0);
	fixture_settle(fixture);
	assert_no_file(fixture, conf);
	fixture_finish(fixture, true);
}

static void lines_of_somebody_else_stay(void **state)
{
	struct fixture *fixture = *state;

	scratch_write(fixture->root, "etc/modprobe.d/dkms-foo.conf", "options foo y=2\n");
	fixture_install(fixture);
	fixture_uninstall(fixture);
	assert_file(fixture, "etc/modprobe.d/dkms-foo.conf", "options foo y=2\n");
}

static void modprobe_lines_come_and_go(void **state)
{
	struct fixture *fixture = *state;
	static const char conf[] = "etc/modprobe.d/dkms-foo.conf";

	strv_add(&fixture->package->modules_conf, "options foo x=1");
	strv_add(&fixture->package->modules_conf, "alias bar foo");
	fixture_install(fixture);
	assert_file(fixture, conf,
		    "# From MODULES_CONF of foo; dkms uninstall removes this file.\n"
		    "options foo x=1\nalias bar foo\n");
	scratch_directory(fixture->root, TREE "/foo/1.0/6.2/" ARCH "/module");
	scratch_symlink(fixture->root, TREE "/foo/kernel-6.2-" ARCH, "1.0/6.2/" ARCH);
	fixture_uninstall(fixture);
	assert_file(fixture, conf,
		    "# From MODULES_CONF of foo; dkms uninstall removes this file.\n"
		    "options foo x=1\nalias bar foo\n");
	cleanup(free_string) char *other = path_join(fixture->root, TREE "/foo/kernel-6.2-" ARCH,
						     NULL);
	struct error error = {0};

	assert_int_equal(file_unlink(other, &error), 0);
	fixture_install(fixture);
	fixture_uninstall(fixture);
	assert_no_file(fixture, conf);
}

static void weak_modules_are_told(void **state)
{
	struct fixture *fixture = *state;
	cleanup(free_string) char *tool = text_format(
		"#!/bin/sh\necho \"$*: $(cat)\" >> %s/calls\necho busy\n", fixture->root);
	cleanup(free_string) char *calls = text_format(
		"--no-initramfs --add-modules: %s/" KERNEL_DIR "/extra/foo.ko\n"
		"--no-initramfs --remove-modules: %s/" KERNEL_DIR "/extra/foo.ko\n",
		fixture->root, fixture->root);

	fixture_use_distro(fixture, "ID=rocky\nID_LIKE=\"rhel centos fedora\"\n");
	scratch_write_bytes(fixture->root, "usr/sbin/weak-modules", tool, strlen(tool), 0755);
	fixture_install(fixture);
	assert_log(fixture, "Installing %R/" KERNEL_DIR "/extra/foo.ko\noutput: busy\n\n");
	fixture_uninstall(fixture);
	assert_file(fixture, "calls", calls);
	fixture->package->no_weak_modules = true;
	fixture_install(fixture);
	assert_file(fixture, "calls", calls);
}

static void weak_modules_that_fail_are_a_warning(void **state)
{
	struct fixture *fixture = *state;
	static const char tool[] = "#!/bin/sh\nexit 7\n";

	fixture_use_distro(fixture, "ID=sles\nID_LIKE=\"suse\"\n");
	scratch_write_bytes(fixture->root, "usr/lib/module-init-tools/weak-modules2", tool,
			    strlen(tool), 0755);
	fixture_install(fixture);
	assert_logged(fixture, "weak-modules2 failed with exit status 7.");
	assert_file(fixture, KERNEL_DIR "/updates/foo.ko", "built 1.0");
}

static void scripts_after_the_deed(void **state)
{
	struct fixture *fixture = *state;

	fixture_script(fixture, "after", "cat ../../../" DEST "/foo.ko; exit 4");
	fixture_script(fixture, "removed", "test -e ../../../" DEST "/foo.ko || echo gone");
	text_assign(&fixture->package->post_install, "after");
	text_assign(&fixture->package->post_remove, "removed");
	fixture_install(fixture);
	assert_log(fixture,
		   "Installing %R/" DEST "/foo.ko\n"
		   "Running the post_install script:\n"
		   "output: built 1.0\n"
		   "warning: The post_install script of foo/1.0 failed with exit status 4.\n");
	assert_active(fixture, "1.0");
	fixture_uninstall(fixture);
	assert_logged(fixture, "Running the post_remove script:\noutput: gone\n");
}

static void a_package_without_modules_is_installed_too(void **state)
{
	struct fixture *fixture = *state;
	struct error error = {0};
	cleanup(free_string) char *built = path_join(fixture->root, BUILD_OF("1.0") "/foo.ko",
						     NULL);

	assert_int_equal(file_unlink(built, &error), 0);
	fixture->package->modules[0].excluded = true;
	fixture_install(fixture);
	assert_log(fixture, "");
	assert_active(fixture, "1.0");
}

UNIT_MAIN(FIXTURE_TEST(a_missing_kernel_directory), FIXTURE_TEST(what_is_not_built),
	  FIXTURE_TEST(an_incomplete_build_names_what_it_lacks),
	  FIXTURE_TEST(a_destination_outside_of_the_kernel),
	  FIXTURE_TEST(a_second_install_needs_force), FIXTURE_TEST(a_failing_pre_install),
	  FIXTURE_TEST(the_same_module_is_refused), FIXTURE_TEST(an_obsolete_module_is_refused),
	  FIXTURE_TEST(a_refused_module_is_left_out), FIXTURE_TEST(the_force_list_counts_as_force),
	  FIXTURE_TEST(a_place_that_is_no_directory_changes_nothing),
	  FIXTURE_TEST(install_and_uninstall_leave_no_trace),
	  FIXTURE_TEST(a_rollback_leaves_no_trace),
	  FIXTURE_TEST(an_upgrade_takes_away_what_it_does_not_bring),
	  FIXTURE_TEST(a_reinstall_that_fails_changes_nothing),
	  FIXTURE_TEST(a_link_leads_nowhere_else),
	  FIXTURE_TEST(the_distribution_chooses_the_destination),
	  FIXTURE_TEST(links_instead_of_copies), FIXTURE_TEST(a_link_that_was_left_is_no_original),
	  FIXTURE_TEST(modprobe_lines_come_and_go),
	  FIXTURE_TEST(modprobe_lines_of_what_is_taken_back),
	  FIXTURE_TEST(lines_of_somebody_else_stay), FIXTURE_TEST(weak_modules_are_told),
	  FIXTURE_TEST(weak_modules_that_fail_are_a_warning), FIXTURE_TEST(scripts_after_the_deed),
	  FIXTURE_TEST(a_package_without_modules_is_installed_too))
