/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include "fixture.h"

static void killed_make_is_a_failure(void **state)
{
	cleanup(fixture_free_handler) struct fixture *f = fixture_new();

	(void)state;
	f->package.make_command = (char *)"cp foo.c foo.ko; kill -9 $$";
	fixture_refuse(f, EXIT_BUILD_FAILED, "status 137");
	assert_non_null(strstr(notebook_text(&f->notebook), "s (bad exit status: 137)\n"));
}

static void scripts_pass_their_status_on(void **state)
{
	cleanup(fixture_free_handler) struct fixture *pre = fixture_new();
	cleanup(fixture_free_handler) struct fixture *post = fixture_new();

	(void)state;
	fixture_script(pre, "usr/src/foo-1.0/script", "exit 42\n");
	pre->package.pre_build = (char *)"script a b";
	fixture_refuse(pre, 42, "pre_build script of foo/1.0 ended with status 42");
	assert_non_null(strstr(notebook_text(&pre->notebook),
			       "S Running the pre_build script\ns (bad exit status: 42)\n"));
	fixture_script(post, "usr/src/foo-1.0/script", "exit 43\n");
	post->package.post_build = (char *)"script";
	fixture_refuse(post, 43, "post_build");
	assert_false(fixture_has(post, PRODUCT));
}

static void script_that_is_no_program(void **state)
{
	cleanup(fixture_free_handler) struct fixture *f = fixture_new();

	(void)state;
	f->package.pre_build = (char *)"dkms.conf x";
	fixture_build(f);
	assert_non_null(strstr(notebook_text(&f->notebook), "W The pre_build script of foo/1.0"));
}

static void scripts_run_in_the_build_directory(void **state)
{
	cleanup(fixture_free_handler) struct fixture *f = fixture_new();

	(void)state;
	fixture_script(f, "usr/src/foo-1.0/pre", "pwd > foo.ko; echo \"$1-$2\" >> foo.ko\n");
	f->package.pre_build = (char *)"pre a  b";
	f->package.make_command = (char *)":";
	fixture_build(f);
	cleanup(free_string) char *text = fixture_read(f, PRODUCT "/module/foo.ko");
	cleanup(free_string) char *expected = text_format("%s/" HOME "/build\na-b\n", f->scratch);

	assert_string_equal(text, expected);
}

static void build_scripts_are_shell_text(void **state)
{
	static const char *const cases[][2] = {
		{"p.sh 'b c' d > pre.log || true", "b c|d|2\n"},
		{"p.sh \"$kernelver\" $module > pre.log || true", K "|foo|2\n"},
		{"p.sh a b >pre.log; true", "a|b|2\n"},
		{"p.sh a b 2>&1 | sed s/a/A/ > pre.log", "A|b|2\n"},
		{"p.sh \\' $(echo x y) > pre.log || :", "'|x|3\n"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		cleanup(fixture_free_handler) struct fixture *f = fixture_new();

		fixture_script(f, "usr/src/foo-1.0/p.sh", "echo \"$1|$2|$#\"; exit 3\n");
		f->package.pre_build = (char *)cases[i][0];
		f->package.make_command = (char *)"cp pre.log foo.ko";
		fixture_build(f);
		cleanup(free_string) char *text = fixture_read(f, PRODUCT "/module/foo.ko");

		assert_string_equal(text, cases[i][1]);
	}
}

static void build_scripts_in_a_place_with_odd_characters(void **state)
{
	cleanup(fixture_free_handler) struct fixture *f = fixture_new();
	cleanup(free_string) char *odd = text_format("%s/o'd $d", f->scratch);

	(void)state;
	fixture_script(f, "usr/src/foo-1.0/p.sh", "exit 1\n");
	f->package.pre_build = (char *)"p.sh";
	f->package.make_command = (char *)"cp pre.log foo.ko";
	text_assign(&f->settings.root, odd);
	cleanup(free_string) char *body = text_format("echo here >%s/" HOME "/build/pre.log\n",
						      f->scratch);

	fixture_script(f, "o'd $d/etc/dkms/foo/p.sh", body);
	fixture_build(f);
	cleanup(free_string) char *text = fixture_read(f, PRODUCT "/module/foo.ko");

	assert_string_equal(text, "here\n");
}

static void script_of_the_administrator_wins(void **state)
{
	cleanup(fixture_free_handler) struct fixture *f = fixture_new();

	(void)state;
	fixture_script(f, "usr/src/foo-1.0/pre", "exit 1\n");
	fixture_script(f, "etc/dkms/foo/pre", "pwd\n");
	f->package.pre_build = (char *)"pre";
	fixture_build(f);
	cleanup(free_string) char *log = fixture_read(f, PRODUCT "/log/make.log");
	cleanup(free_string) char *expected = text_format("\n%s/etc/dkms/foo\n", f->scratch);

	assert_non_null(strstr(log, expected));
}

static void make_sees_the_variables_of_a_conf(void **state)
{
	cleanup(fixture_free_handler) struct fixture *f = fixture_new();

	(void)state;
	f->package.make_command =
		(char *)"echo $kernelver $arch $module $module_version "
			"$parallel_jobs $# > foo.ko; env | grep -c ^dkms_tree= "
			">> foo.ko; sh -c 'echo $kernelver $arch $module $module_version' "
			">> foo.ko; [[ a == @(a|b) ]]";
	fixture_build(f);
	cleanup(free_string) char *module = fixture_read(f, PRODUCT "/module/foo.ko");

	assert_string_equal(module, K " " A " foo 1.0 1 0\n0\n" K " " A " foo 1.0\n");
}

BUILD_MAIN(cmocka_unit_test(killed_make_is_a_failure),
	   cmocka_unit_test(scripts_pass_their_status_on),
	   cmocka_unit_test(script_that_is_no_program),
	   cmocka_unit_test(scripts_run_in_the_build_directory),
	   cmocka_unit_test(build_scripts_are_shell_text),
	   cmocka_unit_test(build_scripts_in_a_place_with_odd_characters),
	   cmocka_unit_test(script_of_the_administrator_wins),
	   cmocka_unit_test(make_sees_the_variables_of_a_conf))
