/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fixture.h"

#include <signal.h>
#include <string.h>

#include "recorder.h"
#include "tree/safety.h"

#define TREE   "var/lib/dkms"
#define SOURCE "usr/src/foo-1.0"

static char foo[] = "foo", one[] = "1.0";
static const struct module_id id = {foo, one};

static void change_mode(const struct fixture *fixture, const char *path, mode_t mode)
{
	cleanup(free_string) char *full = fixture_path(fixture, path);

	assert_int_equal(chmod(full, mode), 0);
}

static void make_module(const struct fixture *fixture)
{
	cleanup(free_string) char *source = fixture_path(fixture, SOURCE);
	cleanup(free_string) char *link = fixture_path(fixture, TREE "/foo/1.0/source");
	static const char *const directories[] = {TREE, TREE "/foo", TREE "/foo/1.0", SOURCE,
						  SOURCE "/sub"};

	scratch_directory(fixture->root, TREE "/foo/1.0");
	scratch_write(fixture->root, SOURCE "/sub/foo.c", "");
	for (size_t i = 0; i < sizeof(directories) / sizeof(*directories); i++)
		change_mode(fixture, directories[i], 0755);
	change_mode(fixture, SOURCE "/sub/foo.c", 0644);
	assert_int_equal(symlink(source, link), 0);
}

static void sources_that_are_not_there(void **state)
{
	const struct fixture *fixture = *state;
	struct error error = {0};

	assert_int_equal(safety_check(&fixture->settings, &id, NULL, &error), -ENOENT);
	assert_error(&error, EXIT_BROKEN, "/foo/1.0/source: No such file or directory");
}

static void what_everybody_may_write_to_is_refused(void **state)
{
	const struct fixture *fixture = *state;
	static const struct {
		const char *path;
		mode_t mode, sound;
		const char *mend;
	} cases[] = {
		{TREE, 0777, 0755, "chmod o-w "},
		{TREE "/foo", 01777, 0755, "chmod o-w "},
		{TREE "/foo/1.0", 0757, 0755, "chmod o-w "},
		{SOURCE, 0777, 0755, "chmod -R o-w "},
		{SOURCE "/sub", 01777, 0755, "chmod -R o-w "},
		{SOURCE "/sub/foo.c", 0642, 0644, "chmod -R o-w "},
	};

	make_module(fixture);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		cleanup(free_string) char *full = fixture_path(fixture, cases[i].path);
		cleanup(free_string) char *text = text_format("Everybody may write to %s, ", full);
		struct error error = {0};

		change_mode(fixture, cases[i].path, cases[i].mode);
		assert_int_equal(safety_check(&fixture->settings, &id, NULL, &error), -EPERM);
		assert_non_null(strstr(error.message, cases[i].mend));
		assert_error(&error, EXIT_BAD_CONF, text);
		change_mode(fixture, cases[i].path, cases[i].sound);
		ok(safety_check(&fixture->settings, &id, NULL, &error), &error);
	}
}

static void links_are_not_followed(void **state)
{
	const struct fixture *fixture = *state;
	cleanup(free_string) char *open = fixture_path(fixture, "open");
	cleanup(free_string) char *link = fixture_path(fixture, SOURCE "/link");
	struct error error = {0};

	make_module(fixture);
	scratch_directory(fixture->root, "open");
	change_mode(fixture, "open", 0777);
	assert_int_equal(symlink(open, link), 0);
	ok(safety_check(&fixture->settings, &id, NULL, &error), &error);
}

static void who_can_replace_all_of_it_can_write_to_it(void **state)
{
	const struct fixture *fixture = *state;
	static const char *const places[] = {"usr", "usr/src", "var/lib", "var"};
	struct error error = {0};

	make_module(fixture);
	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
		change_mode(fixture, places[i], 0777);
		assert_int_equal(safety_check(&fixture->settings, &id, NULL, &error), -EPERM);
		assert_error(&error, EXIT_BAD_CONF, places[i]);
		/* There everybody can only replace what is his own. */
		change_mode(fixture, places[i], 01777);
		ok(safety_check(&fixture->settings, &id, NULL, &error), &error);
		change_mode(fixture, places[i], 0755);
	}
}

static void owners_and_groups_are_told_once(void **state)
{
	const struct fixture *fixture = *state;
	cleanup(free_string) char *sub = fixture_path(fixture, SOURCE "/sub");
	cleanup(free_string) char *file = fixture_path(fixture, SOURCE "/sub/foo.c");
	struct recorder recorder = {.reporter.emit = recorder_emit};
	struct error error = {0};

	make_module(fixture);
	if (chown(sub, 1234, 1234) < 0 || chown(file, 1234, 1234) < 0) {
		skip();
		return;
	}
	change_mode(fixture, SOURCE "/sub", 02775);
	change_mode(fixture, SOURCE "/sub/foo.c", 0664);
	ok(safety_check(&fixture->settings, &id, &recorder.reporter, &error), &error);
	cleanup(free_string) char *text = text_format(
		"warning: %s belongs to user 1234, who thereby decides what root builds and installs of "
		"foo/1.0.\nThe group of %s may write to it.\n",
		sub, sub);

	assert_string_equal(recorder.text.data, text);
	buffer_free(&recorder.text);
}

static void write_script(const struct fixture *fixture, const char *path, const char *body)
{
	cleanup(free_string) char *full = fixture_path(fixture, path);

	scratch_write(fixture->root, path, body);
	assert_int_equal(chmod(full, 0755), 0);
}

/* Runs command in src and gives the report, owned by the caller. */
static char *run(const struct fixture *fixture, const char *command, const struct kernel_id *kernel,
		 int wanted_status)
{
	cleanup(free_string) char *directory = fixture_path(fixture, "src");
	struct recorder recorder = {.reporter.emit = recorder_emit};
	const struct script script = {.kind = "post_add",
				      .command = command,
				      .run_directory = directory,
				      .kernel = kernel};
	struct error error = {0};
	int status = -1;

	scratch_directory(fixture->root, "src");
	if (script_run(&fixture->settings, &id, &script, &status, &recorder.reporter, &error) < 0)
		fail_msg("%s", error.message);
	assert_int_equal(status, wanted_status);
	return buffer_take(&recorder.text);
}

static void nothing_to_run(void **state)
{
	const struct fixture *fixture = *state;
	cleanup(free_string) char *unset = run(fixture, NULL, NULL, 0);
	cleanup(free_string) char *blank = run(fixture, " \t", NULL, 0);

	assert_string_equal(unset, "");
	assert_string_equal(blank, "");
}

static void not_executable_is_a_warning(void **state)
{
	const struct fixture *fixture = *state;

	scratch_write(fixture->root, "src/plain.sh", "exit 1");
	scratch_directory(fixture->root, "src/directory");
	static const char *const commands[] = {"plain.sh now", "directory", "missing.sh"};

	for (size_t i = 0; i < 3; i++) {
		cleanup(free_string) char *output = run(fixture, commands[i], NULL, 0);

		assert_true(text_starts_with(output, "warning: The post_add script \""));
		assert_non_null(strstr(output, "holds no executable file"));
	}
}

static void script_that_cannot_start(void **state)
{
	const struct fixture *fixture = *state;
	cleanup(free_string) char *directory = fixture_path(fixture, "src");
	const struct script script = {
		.kind = "post_add", .command = "bad", .run_directory = directory};
	struct error error = {0};
	int status = -1;

	write_script(fixture, "src/bad", "#!/no/such/interpreter\n");
	assert_int_equal(script_run(&fixture->settings, &id, &script, &status, NULL, &error),
			 -ENOENT);
	assert_error(&error, 0, "The post_add script of foo/1.0: Cannot run");
	assert_int_equal(status, -1);
}

static void output_status_and_arguments(void **state)
{
	const struct fixture *fixture = *state;

	write_script(fixture, "src/say.sh",
		     "#!/bin/sh\necho \"$1|$2|$#\"\necho to stderr >&2\n"
		     "printf 'a\\0b\\n'\nbasename \"$PWD\"\ncat\nexit 7\n");
	cleanup(free_string) char *output = run(fixture, "say.sh  one\ttwo", NULL, 7);

	assert_string_equal(output,
			    "Running the post_add script:\none|two|2\nto stderr\nab\nsrc\n");
}

static void death_by_signal_is_no_success(void **state)
{
	const struct fixture *fixture = *state;

	write_script(fixture, "src/die.sh", "#!/bin/sh\nkill -9 $$\n");
	cleanup(free_string) char *output = run(fixture, "die.sh", NULL, 128 + 9);

	assert_string_equal(output, "Running the post_add script:\n");
}

static const char *const exported[] = {"kernelver", "arch", "module", "module_version"};

/* What the caller has set beforehand must never come through. */
static void set_by_the_caller(void)
{
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(setenv(exported[i], "caller's", 1), 0);
	assert_int_equal(setenv("CC", "caller's", 1), 0);
	assert_int_equal(setenv("KBUILD_SIGN_PIN", "secret", 1), 0);
	assert_int_equal(setenv("inherited", "A", 1), 0);
}

static void unset_by_the_caller(void)
{
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(unsetenv(exported[i]), 0);
	assert_int_equal(unsetenv("CC"), 0);
	assert_int_equal(unsetenv("KBUILD_SIGN_PIN"), 0);
}

static void environment_names_the_kernel(void **state)
{
	const struct fixture *fixture = *state;
	cleanup(kernel_id_free) struct kernel_id kernel = kernel_id_new("6.1.0 x", "riscv");

	write_script(fixture, "src/env.sh",
		     "#!/bin/sh\necho \"$inherited|${kernelver-}|${arch-}|${module-}|"
		     "${module_version-}|${CC-}|${KBUILD_SIGN_PIN-}\"\n");
	set_by_the_caller();
	cleanup(free_string) char *with = run(fixture, "env.sh", &kernel, 0);
	cleanup(free_string) char *without = run(fixture, "env.sh", NULL, 0);

	unset_by_the_caller();
	assert_string_equal(with, "Running the post_add script:\nA|6.1.0 x|riscv|foo|1.0||\n");
	assert_string_equal(without, "Running the post_add script:\nA||||||\n");
}

static void administrators_script_wins(void **state)
{
	const struct fixture *fixture = *state;

	write_script(fixture, "src/sub/who.sh", "#!/bin/sh\necho source\n");
	write_script(fixture, "etc/dkms/foo/sub/who.sh", "#!/bin/sh\npwd\n");
	cleanup(free_string) char *output = run(fixture, "sub/who.sh", NULL, 0);

	assert_true(text_ends_with(output, "/etc/dkms/foo\n"));
}

/* Would hang if the pipe had to be closed by everybody. */
static void daemon_left_behind_is_not_waited_for(void **state)
{
	const struct fixture *fixture = *state;

	write_script(fixture, "src/daemon.sh", "#!/bin/sh\nsleep 200 &\necho $!\n");
	cleanup(free_string) char *output = run(fixture, "daemon.sh", NULL, 0);
	const char *pid = strchr(output, '\n') + 1;

	assert_int_equal(kill(atoi(pid), SIGKILL), 0);
}

UNIT_MAIN(FIXTURE_TEST(sources_that_are_not_there),
	  FIXTURE_TEST(what_everybody_may_write_to_is_refused),
	  FIXTURE_TEST(links_are_not_followed),
	  FIXTURE_TEST(who_can_replace_all_of_it_can_write_to_it),
	  FIXTURE_TEST(owners_and_groups_are_told_once), FIXTURE_TEST(nothing_to_run),
	  FIXTURE_TEST(not_executable_is_a_warning), FIXTURE_TEST(script_that_cannot_start),
	  FIXTURE_TEST(output_status_and_arguments), FIXTURE_TEST(death_by_signal_is_no_success),
	  FIXTURE_TEST(environment_names_the_kernel), FIXTURE_TEST(administrators_script_wins),
	  FIXTURE_TEST(daemon_left_behind_is_not_waited_for))
