/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include "package/rpm.h"

#include "message_log.h"
#include "scratch.h"

/* Runs rpm_install() with a PATH that holds nothing but a script as rpm; NULL: not even that. */
static int install(const char *script, struct message_log *log, struct error *error)
{
	cleanup(scratch_remove) char *scratch = scratch_make();
	cleanup(free_string) char *path = text_format("%s", getenv("PATH"));

	message_log_init(log);
	if (script)
		scratch_write_bytes(scratch, "rpm", script, strlen(script), 0755);
	assert_int_equal(setenv("PATH", scratch, 1), 0);
	int code = rpm_install("foo.rpm", &log->reporter, error);

	assert_int_equal(setenv("PATH", path, 1), 0);
	return code;
}

static void without_rpm(void **state)
{
	struct message_log log;
	struct error error = {0};

	(void)state;
	assert_true(install(NULL, &log, &error) < 0);
	assert_error(&error, EXIT_NO_CONF, "Cannot install foo.rpm with rpm");
	message_log_clear(&log);
}

static void rpm_fails(void **state)
{
	struct message_log log;
	struct error error = {0};

	(void)state;
	assert_true(install("#!/bin/sh\necho no such package\nexit 3\n", &log, &error) < 0);
	assert_error(&error, EXIT_NO_CONF, "rpm ended with status 3");
	assert_string_equal(message_log_text(&log), "output: no such package\n\n");
	message_log_clear(&log);
}

static void rpm_is_killed(void **state)
{
	struct message_log log;
	struct error error = {0};

	(void)state;
	assert_true(install("#!/bin/sh\nkill -9 $$\n", &log, &error) < 0);
	assert_error(&error, EXIT_NO_CONF, "rpm ended with status 137");
	message_log_clear(&log);
}

static void rpm_gets_the_file(void **state)
{
	struct message_log log;
	struct error error = {0};

	(void)state;
	assert_int_equal(install("#!/bin/sh\necho \"$@\"\n", &log, &error), 0);
	assert_string_equal(message_log_text(&log), "output: -Uvh foo.rpm\n\n");
	message_log_clear(&log);
}

UNIT_MAIN(cmocka_unit_test(without_rpm), cmocka_unit_test(rpm_fails),
	  cmocka_unit_test(rpm_is_killed), cmocka_unit_test(rpm_gets_the_file))
