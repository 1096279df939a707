/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <regex.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/process.h"
#include "build/make_log.h"
#include "scratch.h"

static char foo[] = "foo", one[] = "1.0", release[] = "6.1.0-56-amd64", arch[] = "x86_64";
static const struct module_id foo_one = {foo, one};
static const struct kernel_id kernel = {release, arch};

static struct make_log *open_log(const char *path)
{
	struct make_log *log = NULL;
	struct error error = {0};

	assert_int_equal(make_log_open(path, path, &foo_one, &kernel, &log, &error), 0);
	return log;
}

static void assert_content(const char *path, const char *pattern)
{
	cleanup(free_string) char *text = NULL;
	struct error error = {0};
	regex_t compiled;

	assert_int_equal(file_read(path, 100000, &text, NULL, &error), 0);
	assert_int_equal(regcomp(&compiled, pattern, REG_EXTENDED | REG_NOSUB), 0);
	if (regexec(&compiled, text, 0, NULL, 0) != 0)
		fail_msg("%s", text);
	regfree(&compiled);
}

static void existing_file_is_refused(void **state)
{
	cleanup(scratch_remove) char *scratch = scratch_make();
	cleanup(free_string) char *path = path_join(scratch, "make.log", NULL);
	struct make_log *log = NULL;
	struct error error = {0};

	(void)state;
	scratch_symlink(scratch, "make.log", "/nonexistent/elsewhere");
	assert_true(make_log_open(path, path, &foo_one, &kernel, &log, &error) < 0);
	assert_null(log);
	assert_error(&error, 0, path);
}

static void full_disk_is_an_error(void **state)
{
	cleanup(close_fd) int full = open("/dev/full", O_RDWR);
	struct make_log log = {.shown_path = (char *)"/dev/full", .fd = full};
	struct error error = {0};

	(void)state;
	assert_int_equal(make_log_note(&log, "x", &error), -ENOSPC);
	assert_error(&error, 0, "/dev/full");
}

static void header_names_what_is_built(void **state)
{
	cleanup(scratch_remove) char *scratch = scratch_make();
	cleanup(free_string) char *path = path_join(scratch, "make.log", NULL);
	cleanup(make_log_close_handler) struct make_log *log = open_log(path);
	struct stat info;

	(void)state;
	(void)log;
	assert_content(path,
		       "^DKMS \\(dkms-[0-9.]+\\) make.log for foo/1.0 for kernel "
		       "6.1.0-56-amd64 \\(x86_64\\)\n"
		       "[A-Z][a-z]{2} [A-Z][a-z]{2} [ 1-3][0-9] [0-9:]{8} [^ ]+ 20[0-9]{2}\n$");
	assert_int_equal(stat(path, &info), 0);
	assert_int_equal(info.st_mode & 07777, 0644);
}

static void block_of_a_command(void **state)
{
	cleanup(scratch_remove) char *scratch = scratch_make();
	cleanup(free_string) char *path = path_join(scratch, "make.log", NULL);
	cleanup(make_log_close_handler) struct make_log *log = open_log(path);
	struct error error = {0};

	(void)state;
	assert_int_equal(make_log_begin(log, "Building module(s)", "make -j1", &error), 0);
	assert_int_equal(write(log->fd, "output\n", 7), 7);
	assert_int_equal(make_log_end(log, 2, &error), 0);
	assert_content(path, "\n\nBuilding module\\(s\\)\n# command: make -j1\noutput\n"
			     "# exit code: 2\n# elapsed time: 00:00:0[0-9]\n-{64}\n$");
}

static void unfinished_line_is_finished(void **state)
{
	cleanup(scratch_remove) char *scratch = scratch_make();
	cleanup(free_string) char *path = path_join(scratch, "make.log", NULL);
	cleanup(make_log_close_handler) struct make_log *log = open_log(path);
	struct error error = {0};

	(void)state;
	assert_int_equal(make_log_begin(log, "A", "a", &error), 0);
	assert_int_equal(write(log->fd, "no newline", 10), 10);
	assert_int_equal(make_log_end(log, 0, &error), 0);
	assert_content(path, "\nno newline\n# exit code: 0\n");
}

static void elapsed_time_counts_hours(void **state)
{
	cleanup(scratch_remove) char *scratch = scratch_make();
	cleanup(free_string) char *path = path_join(scratch, "make.log", NULL);
	cleanup(make_log_close_handler) struct make_log *log = open_log(path);
	struct error error = {0};

	(void)state;
	assert_int_equal(make_log_begin(log, "A", "a", &error), 0);
	log->started -= 27 * 3600 + 62;
	assert_int_equal(make_log_end(log, 0, &error), 0);
	assert_content(path, "# elapsed time: 27:01:0[2-9]\n");
}

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

UNIT_MAIN(cmocka_unit_test(existing_file_is_refused), cmocka_unit_test(full_disk_is_an_error),
	  cmocka_unit_test(header_names_what_is_built), cmocka_unit_test(block_of_a_command),
	  cmocka_unit_test(unfinished_line_is_finished),
	  cmocka_unit_test(elapsed_time_counts_hours), cmocka_unit_test(a_full_disk_is_told),
	  cmocka_unit_test(all_of_a_short_output),
	  cmocka_unit_test(up_to_the_limit_nothing_is_left_out),
	  cmocka_unit_test(of_an_endless_one_beginning_and_end),
	  cmocka_unit_test(what_is_left_behind_is_not_waited_for))
