/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include <sys/stat.h>

#include "fixture.h"

static void make_fails(void **state)
{
	cleanup(fixture_free_handler) struct fixture *f = fixture_new();
	cleanup(free_string) char *consult = text_format(
		"Consult %s/" HOME "/build/make.log for more information.", f->scratch);

	(void)state;
	f->package.make_command = (char *)"echo 'foo.c:7:1: error: boom'; exit 2";
	assert_true(build_module(&f->request, &f->error) < 0);
	assert_non_null(strstr(f->error.message,
			       "Bad return status for module build on kernel: " K " (" A ")"));
	assert_non_null(strstr(f->error.message, "\n  foo.c:7:1: error: boom\n"));
	assert_error(&f->error, EXIT_BUILD_FAILED, consult);
	assert_string_equal(notebook_text(&f->notebook),
			    "S Building module(s)\ns (bad exit status: 2)\n");
	assert_holds(f, HOME, "build source");
	assert_holds(f, HOME "/build", "dkms.conf foo.c make.log");
	cleanup(free_string) char *log = fixture_read(f, HOME "/build/make.log");

	assert_non_null(strstr(log, "\nBuilding module(s)\n# command: echo 'foo.c:7:1"));
	assert_non_null(strstr(log, "\n# exit code: 2\n"));
}

static void what_a_failed_build_leaves_is_roots(void **state)
{
	cleanup(fixture_free_handler) struct fixture *f = fixture_new();
	cleanup(free_string) char *made = fixture_path(f, HOME "/build/made");
	struct stat info;

	(void)state;
	f->package.make_command = (char *)"echo > made; ln -s /etc/passwd make.log; exit 1";
	fixture_refuse(f, EXIT_BUILD_FAILED, "status 1");
	assert_int_equal(stat(made, &info), 0);
	assert_int_equal(info.st_uid, 0);
	assert_int_equal(info.st_gid, 0);
	cleanup(free_string) char *log = fixture_read(f, HOME "/build/make.log");

	assert_true(text_starts_with(log, "DKMS (dkms-"));
}

static void refused_writes_are_explained(void **state)
{
	cleanup(fixture_free_handler) struct fixture *f = fixture_new();

	(void)state;
	f->package.make_command = (char *)"touch /usr/src/x";
	fixture_refuse(f, EXIT_BUILD_FAILED, "set build_sandbox=\"no\"");
	f->package.make_command = (char *)"echo Network is unreachable; false";
	fixture_refuse(f, EXIT_BUILD_FAILED, "set build_network=\"yes\"");
	f->package.policy.build_sandbox = SANDBOX_NO;
	assert_true(build_module(&f->request, &f->error) < 0);
	assert_null(strstr(f->error.message, "build_network"));
}

static void apport_is_told(void **state)
{
	cleanup(fixture_free_handler) struct fixture *f = fixture_new();
	cleanup(free_string) char *body = text_format("echo \"$@\" > %s/told\n", f->scratch);

	(void)state;
	fixture_script(f, "usr/share/apport/package-hooks/dkms_packages.py", body);
	f->package.make_command = (char *)"false";
	fixture_refuse(f, EXIT_BUILD_FAILED, "status 1");
	assert_false(fixture_has(f, "told"));
	fixture_script(f, "usr/share/apport/apport", "");
	fixture_refuse(f, EXIT_BUILD_FAILED, "status 1");
	cleanup(free_string) char *told = fixture_read(f, "told");

	assert_string_equal(told, "-m foo -v 1.0 -k " K "\n");
}

BUILD_MAIN(cmocka_unit_test(make_fails), cmocka_unit_test(what_a_failed_build_leaves_is_roots),
	   cmocka_unit_test(refused_writes_are_explained), cmocka_unit_test(apport_is_told))
