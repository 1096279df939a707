/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fixture.h"

#include <signal.h>

#include "recorder.h"
#include "tree/script.h"

static char foo[] = "foo", one[] = "1.0";
static const struct module_id foo_one = {foo, one};

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
	if (script_run(&fixture->settings, &foo_one, &script, &status, &recorder.reporter, &error) <
	    0)
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
	assert_int_equal(script_run(&fixture->settings, &foo_one, &script, &status, NULL, &error),
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

UNIT_MAIN(FIXTURE_TEST(nothing_to_run), FIXTURE_TEST(not_executable_is_a_warning),
	  FIXTURE_TEST(script_that_cannot_start), FIXTURE_TEST(output_status_and_arguments),
	  FIXTURE_TEST(death_by_signal_is_no_success), FIXTURE_TEST(environment_names_the_kernel),
	  FIXTURE_TEST(administrators_script_wins),
	  FIXTURE_TEST(daemon_left_behind_is_not_waited_for))
