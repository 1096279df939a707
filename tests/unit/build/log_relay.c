/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "scratch.h"
#include "base/memory.h"
#include "base/process.h"
#include "build/log_relay.h"

/* A log with what bash prints in it; what log_relay_finish() said. The text is owned. */
static int log_of(const char *command, const char *path, char **ret_text, struct error *error)
{
	char *const argv[] = {(char *)"bash", (char *)"-c", (char *)command, NULL};
	struct make_log log = {(char *)path, open(path, O_RDWR | O_CREAT | O_APPEND, 0644), 0,
			       NULL};
	struct log_relay relay;
	int status;

	assert_true(log.fd >= 0);
	assert_int_equal(log_relay_start(&log, &relay, error), 0);
	const struct process process = {
		.argv = argv, .stdout_fd = relay.input, .stderr_fd = relay.input};

	assert_int_equal(process_run(&process, &status, error), 0);
	int code = log_relay_finish(&relay, error);

	(void)close(log.fd);
	if (ret_text)
		assert_int_equal(file_read(path, 100 << 20, ret_text, NULL, error), 0);
	return code;
}

static void a_full_disk_is_told(void **state)
{
	struct error error = {0};

	(void)state;
	assert_int_equal(log_of("echo x", "/dev/full", NULL, &error), -ENOSPC);
	assert_error(&error, 0, "Cannot write /dev/full");
}

static void all_of_a_short_output(void **state)
{
	cleanup(scratch_remove) char *scratch = scratch_make();
	cleanup(free_string) char *path = path_join(scratch, "log", NULL);
	cleanup(free_string) char *text = NULL;
	struct error error = {0};

	(void)state;
	assert_int_equal(log_of("echo one; echo two >&2; printf three", path, &text, &error), 0);
	assert_string_equal(text, "one\ntwo\nthree");
}

static void up_to_the_limit_nothing_is_left_out(void **state)
{
	cleanup(scratch_remove) char *scratch = scratch_make();
	cleanup(free_string) char *path = path_join(scratch, "log", NULL);
	cleanup(free_string) char *text = NULL;
	cleanup(free_string) char *command = text_format("head -c %ld /dev/zero | tr '\\0' x; "
							 "printf end",
							 LOG_BEGINNING + LOG_END - 3);
	struct error error = {0};

	(void)state;
	assert_int_equal(log_of(command, path, &text, &error), 0);
	assert_int_equal(strlen(text), LOG_BEGINNING + LOG_END);
	assert_true(text_ends_with(text, "xend"));
	assert_null(strchr(text, '\n'));
}

static void of_an_endless_one_beginning_and_end(void **state)
{
	cleanup(scratch_remove) char *scratch = scratch_make();
	cleanup(free_string) char *path = path_join(scratch, "log", NULL);
	cleanup(free_string) char *text = NULL;
	struct error error = {0};

	(void)state;
	assert_int_equal(log_of("echo begin; head -c 60000000 /dev/zero | tr '\\0' x; echo end",
				path, &text, &error),
			 0);
	long left_out = 60000000 + 6 + 4 - LOG_BEGINNING - LOG_END;
	cleanup(free_string) char *note = text_format("\n# ... %ld bytes are left out here ...\n",
						      left_out);

	assert_true(text_starts_with(text, "begin\nxxx"));
	assert_true(text_ends_with(text, "xxxend\n"));
	assert_ptr_equal(strstr(text, note), text + LOG_BEGINNING);
	assert_int_equal(strlen(text), LOG_BEGINNING + LOG_END + strlen(note));
}

static void what_is_left_behind_is_not_waited_for(void **state)
{
	cleanup(scratch_remove) char *scratch = scratch_make();
	cleanup(free_string) char *path = path_join(scratch, "log", NULL);
	cleanup(free_string) char *text = NULL;
	struct error error = {0};
	char *end;

	(void)state;
	assert_int_equal(log_of("sleep 1000 & echo $!", path, &text, &error), 0);
	assert_int_equal(kill((pid_t)strtol(text, &end, 10), SIGKILL), 0);
	assert_string_equal(end, "\n");
}

UNIT_MAIN(cmocka_unit_test(a_full_disk_is_told), cmocka_unit_test(all_of_a_short_output),
	  cmocka_unit_test(up_to_the_limit_nothing_is_left_out),
	  cmocka_unit_test(of_an_endless_one_beginning_and_end),
	  cmocka_unit_test(what_is_left_behind_is_not_waited_for))
