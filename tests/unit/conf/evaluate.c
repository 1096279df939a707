/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "conf/evaluate.h"

/* One evaluation: files in a private directory, what came of them, what was said. */
struct fixture {
	struct reporter reporter; /* the first: note() finds the others by it */
	char directory[64];
	struct strv files;
	struct conf_values values;
	struct strv reasons;
	struct buffer said; /* kind's number, blank, text, newline */
	struct error error;
	enum evaluated_by by;
	int time_limit;
};

static void note(struct reporter *reporter, enum report_kind kind, const char *text)
{
	struct fixture *fixture = (struct fixture *)reporter;

	buffer_add_format(&fixture->said, "%s%s\n",
			  kind == REPORT_CONF_ERROR     ? "error "
			  : kind == REPORT_CONF_WARNING ? "warning "
							: "other ",
			  text);
}

static int set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	(void)snprintf(fixture->directory, sizeof(fixture->directory), "/tmp/dkms-unit-XXXXXX");
	assert_non_null(mkdtemp(fixture->directory));
	fixture->reporter.emit = note;
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;
	const char *file;

	STRV_FOREACH (file, &fixture->files)
		(void)remove(file);
	assert_int_equal(rmdir(fixture->directory), 0);
	strv_free(&fixture->files);
	strv_free(&fixture->reasons);
	conf_values_free(&fixture->values);
	buffer_free(&fixture->said);
	error_clear(&fixture->error);
	free(fixture);
	return 0;
}

static void add_file(struct fixture *fixture, const char *text, size_t length)
{
	char *path = text_format("%s/%zu.conf", fixture->directory, fixture->files.count);
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(file_write_all(fd, text, length), 0);
	assert_int_equal(close(fd), 0);
	strv_add_owned(&fixture->files, path);
}

static void add_text(struct fixture *fixture, const char *text)
{
	add_file(fixture, text, strlen(text));
}

static int evaluate(struct fixture *fixture)
{
	static const char *const names[] = {"PACKAGE_NAME", "MAKE",      "PATCH",
					    "CLEAN",        "dkms_tree", NULL};
	static const struct conf_variable variables[] = {{"kernelver", "6.1"},
							 {"dkms_tree", "/var/lib/dkms"}};
	struct evaluate_input input = {
		.files = &fixture->files,
		.variables = variables,
		.variable_count = 2,
		.names = names,
		.time_limit_seconds = fixture->time_limit,
	};

	return conf_evaluate_files(&input, &fixture->values, &fixture->by, &fixture->reasons,
				   &fixture->reporter, &fixture->error);
}

static void evaluate_text(struct fixture *fixture, const char *text)
{
	add_file(fixture, text, strlen(text));
	assert_int_equal(evaluate(fixture), 0);
}

static const char *value(const struct fixture *fixture, const char *name, long index)
{
	return conf_values_get(&fixture->values, name, index);
}

static void assert_fails(struct fixture *fixture, int code, int status, const char *message)
{
	assert_int_equal(evaluate(fixture), code);
	assert_int_equal(error_exit_status(&fixture->error), status);
	assert_non_null(strstr(fixture->error.message, message));
	assert_int_equal(fixture->values.arrays.count, 0);
}

static void missing_file_is_told_apart(void **state)
{
	struct fixture *fixture = *state;

	strv_add(&fixture->files, "/nosuch/dkms.conf");
	assert_fails(fixture, -ENOENT, EXIT_BROKEN, "/nosuch/dkms.conf");
}

static void directory_in_its_place_is_refused(void **state)
{
	struct fixture *fixture = *state;

	strv_add_format(&fixture->files, "%s/d", fixture->directory);
	assert_int_equal(mkdir(fixture->files.items[0], 0700), 0);
	assert_fails(fixture, -EISDIR, EXIT_BAD_CONF, "Is a directory");
}

static void too_large_file_is_refused(void **state)
{
	struct fixture *fixture = *state;

	add_file(fixture, "", 0);
	assert_int_equal(truncate(fixture->files.items[0], 100 * 1024 * 1024), 0);
	assert_fails(fixture, -EFBIG, EXIT_BAD_CONF, "at most 1048576 bytes");
}

static void nul_bytes_are_refused(void **state)
{
	struct fixture *fixture = *state;

	add_file(fixture, "MAKE=a\0b\n", 9);
	assert_fails(fixture, -EILSEQ, EXIT_BAD_CONF, "NUL bytes");
}

static void binary_rubbish_gives_nothing(void **state)
{
	struct fixture *fixture = *state;

	evaluate_text(fixture, "\177ELF\1\2\3 \"(\xff\xfe");
	assert_int_equal(fixture->by, EVALUATED_BASH);
	assert_null(value(fixture, "MAKE", 0));
	assert_non_null(strstr(fixture->said.data, "error "));
}

static void syntax_error_names_line_and_column(void **state)
{
	struct fixture *fixture = *state;

	evaluate_text(fixture, "PACKAGE_NAME=x\nMAKE=y; fi\nCLEAN=z\n");
	assert_string_equal(value(fixture, "PACKAGE_NAME", 0), "x");
	assert_null(value(fixture, "MAKE", 0));
	assert_null(value(fixture, "CLEAN", 0));
	assert_non_null(strstr(fixture->said.data, "0.conf:2:9: expected a command\n"));
	assert_int_equal(memcmp(fixture->said.data, "error ", 6), 0);
}

static void unclosed_quote_names_what_it_misses(void **state)
{
	struct fixture *fixture = *state;

	evaluate_text(fixture, "PACKAGE_NAME=x\nMAKE=\"y\n");
	assert_string_equal(value(fixture, "PACKAGE_NAME", 0), "x");
	assert_non_null(strstr(fixture->said.data, ": expected a closing \"\n"));
}

static void hanging_file_is_killed(void **state)
{
	struct fixture *fixture = *state;

	fixture->time_limit = 1;
	add_text(fixture, "sleep 1000\n");
	assert_fails(fixture, -ETIMEDOUT, EXIT_BAD_CONF, "did not end within 1 seconds");
}

static void endless_loop_in_process_ends(void **state)
{
	struct fixture *fixture = *state;

	add_text(fixture, "while true; do a+=x; done\n");
	assert_fails(fixture, -ETIMEDOUT, EXIT_BAD_CONF, "0.conf:1: this ");
}

static void growing_value_is_stopped(void **state)
{
	struct fixture *fixture = *state;

	add_text(fixture, "a=x\nwhile true; do a=$a$a$a$a; done\n");
	assert_fails(fixture, -ETIMEDOUT, EXIT_BAD_CONF, "0.conf:2: this ");
}

static void huge_index_is_sparse(void **state)
{
	struct fixture *fixture = *state;

	evaluate_text(fixture, "PATCH[999999999]=x\nPATCH[0]=y\n");
	assert_int_equal(fixture->by, EVALUATED_BUILTIN);
	assert_string_equal(value(fixture, "PATCH", 999999999), "x");
	assert_int_equal(conf_values_array(&fixture->values, "PATCH")->count, 2);
}

static void exit_gives_nothing(void **state)
{
	struct fixture *fixture = *state;

	evaluate_text(fixture, "MAKE=x\nexit 0\n");
	assert_int_equal(fixture->by, EVALUATED_BUILTIN);
	assert_null(value(fixture, "MAKE", 0));
}

static void stderr_is_reported_and_stdout_dropped(void **state)
{
	struct fixture *fixture = *state;

	evaluate_text(fixture, "echo loud; echo quiet >&2\n[ a -eq 1 ]\nMAKE=x\n");
	assert_non_null(strstr(fixture->said.data, "warning quiet\nwarning "));
	assert_non_null(strstr(fixture->said.data, "0.conf: line 2: [: a: integer expression"));
	assert_null(strstr(fixture->said.data, "loud"));
}

static void bash_reports_the_same(void **state)
{
	struct fixture *fixture = *state;

	evaluate_text(fixture, "cd /\necho loud; echo quiet >&2\nMAKE=x\n");
	assert_int_equal(fixture->by, EVALUATED_BASH);
	assert_string_equal(fixture->said.data, "warning quiet\n");
	assert_string_equal(value(fixture, "MAKE", 0), "x");
	assert_non_null(strstr(fixture->reasons.items[0], "0.conf:1: a builtin of bash"));
}

static void overrides_build_on_what_is_there(void **state)
{
	struct fixture *fixture = *state;
	const struct conf_value *found;

	add_text(fixture, "MAKE=a\n\nPATCH[2]=p\nown=1\n");
	add_text(fixture, "MAKE+=\" b $own\"\nCLEAN=${PATCH[2]}\n");
	assert_int_equal(evaluate(fixture), 0);
	assert_string_equal(value(fixture, "MAKE", 0), "a b ");
	assert_string_equal(value(fixture, "CLEAN", 0), "p");
	found = conf_values_find(&fixture->values, "MAKE", 0);
	assert_true(text_ends_with(found->origin, "/1.conf:1"));
	found = conf_values_find(&fixture->values, "PATCH", 2);
	assert_true(text_ends_with(found->origin, "/0.conf:3"));
}

static void origins_through_bash_name_the_file(void **state)
{
	struct fixture *fixture = *state;

	add_text(fixture, "MAKE=a\nCLEAN=c\ntype cd\n");
	add_text(fixture, "CLEAN+=d\n");
	assert_int_equal(evaluate(fixture), 0);
	assert_int_equal(fixture->by, EVALUATED_BASH);
	assert_string_equal(value(fixture, "CLEAN", 0), "cd");
	assert_true(
		text_ends_with(conf_values_find(&fixture->values, "MAKE", 0)->origin, "/0.conf"));
	assert_true(
		text_ends_with(conf_values_find(&fixture->values, "CLEAN", 0)->origin, "/1.conf"));
}

static void untouched_variables_are_no_directives(void **state)
{
	struct fixture *fixture = *state;

	evaluate_text(fixture, "MAKE=$dkms_tree\n");
	assert_string_equal(value(fixture, "MAKE", 0), "/var/lib/dkms");
	assert_null(value(fixture, "dkms_tree", 0));
}

static void changed_variables_are(void **state)
{
	struct fixture *fixture = *state;

	evaluate_text(fixture, "dkms_tree+=-x\n");
	assert_string_equal(value(fixture, "dkms_tree", 0), "/var/lib/dkms-x");
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

UNIT_MAIN(TEST(missing_file_is_told_apart), TEST(directory_in_its_place_is_refused),
	  TEST(too_large_file_is_refused), TEST(nul_bytes_are_refused),
	  TEST(binary_rubbish_gives_nothing), TEST(syntax_error_names_line_and_column),
	  TEST(unclosed_quote_names_what_it_misses), TEST(hanging_file_is_killed),
	  TEST(endless_loop_in_process_ends), TEST(growing_value_is_stopped),
	  TEST(huge_index_is_sparse), TEST(exit_gives_nothing),
	  TEST(stderr_is_reported_and_stdout_dropped), TEST(bash_reports_the_same),
	  TEST(overrides_build_on_what_is_there), TEST(origins_through_bash_name_the_file),
	  TEST(untouched_variables_are_no_directives), TEST(changed_variables_are))
