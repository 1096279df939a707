/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/directory.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "conf/evaluate.h"
#include "scratch.h"

/* One evaluation: files in a private directory, what came of them, what was said. */
struct fixture {
	struct reporter reporter; /* the first: note() finds the others by it */
	char directory[64];
	struct strv files;
	struct conf_values values;
	struct buffer said; /* kind's number, blank, text, newline */
	struct error error;
	struct conf_values first_pass;
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

	assert_int_equal(directory_remove(fixture->directory, &fixture->error), 0);
	strv_free(&fixture->files);
	conf_values_free(&fixture->first_pass);
	conf_values_free(&fixture->values);
	buffer_free(&fixture->said);
	error_clear(&fixture->error);
	free(fixture);
	return 0;
}

static void add_file(struct fixture *fixture, const char *text, size_t length)
{
	char *path = text_format("%s/%zu.conf", fixture->directory, fixture->files.count);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

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
		.first_pass = &fixture->first_pass,
	};

	return conf_evaluate_files(&input, &fixture->values, &fixture->reporter, &fixture->error);
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
	assert_null(value(fixture, "MAKE", 0));
	assert_non_null(strstr(fixture->said.data, "error "));
}

static void syntax_error_names_the_line(void **state)
{
	struct fixture *fixture = *state;

	evaluate_text(fixture, "PACKAGE_NAME=x\nMAKE=y; fi\nCLEAN=z\n");
	assert_string_equal(value(fixture, "PACKAGE_NAME", 0), "x");
	assert_null(value(fixture, "MAKE", 0));
	assert_null(value(fixture, "CLEAN", 0));
	assert_non_null(strstr(fixture->said.data, "0.conf: line 2: syntax error"));
	assert_int_equal(memcmp(fixture->said.data, "error ", 6), 0);
}

static void unclosed_quote_names_what_it_misses(void **state)
{
	struct fixture *fixture = *state;

	evaluate_text(fixture, "PACKAGE_NAME=x\nMAKE=\"y\n");
	assert_string_equal(value(fixture, "PACKAGE_NAME", 0), "x");
	assert_non_null(strstr(fixture->said.data, "0.conf: line 2: unexpected EOF"));
}

static void hanging_file_is_killed(void **state)
{
	struct fixture *fixture = *state;

	fixture->time_limit = 1;
	add_text(fixture, "sleep 1000\n");
	assert_fails(fixture, -ETIMEDOUT, EXIT_BAD_CONF, "did not end within 1 seconds");
}

static void endless_files_are_killed(void **state)
{
	static const char *const texts[] = {
		"while true; do a+=x; done\n",
		"a=x\nwhile true; do a=$a$a$a$a; done\n",
		"f() { f | f & }; f; wait\n",
		"trap '' TERM INT HUP; kill -STOP $$ $BASHPID\n",
		"(trap '' TERM; while :; do :; done) & disown; sleep 1000\n",
	};
	struct fixture *fixture = *state;

	fixture->time_limit = 1;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		strv_free(&fixture->files);
		add_text(fixture, texts[i]);
		if (evaluate(fixture) == 0) /* out of memory: bash gave up by itself */
			conf_values_free(&fixture->values);
		else
			assert_error(&fixture->error, EXIT_BAD_CONF, "");
	}
}

static void floods_are_stopped(void **state)
{
	static const char *const texts[] = {
		"while echo aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa >&2; do :; done\n",
		"printf -v x %0600000d 0; for ((i = 0; i < 10; i++)); do PATCH[i]=$x; done\n",
		"for ((i = 0; i < 30000; i++)); do PATCH[i]=x; done\n",
		"while printf 'second\\0MAKE\\0' >&11; do :; done\n",
	};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		strv_free(&fixture->files);
		add_text(fixture, texts[i]);
		assert_true(evaluate(fixture) < 0);
		assert_error(&fixture->error, EXIT_BAD_CONF, "too much");
	}
}

/* More than a pipe holds, and less than a flood. */
static void many_messages_do_not_block(void **state)
{
	struct fixture *fixture = *state;

	evaluate_text(fixture, "printf '%300000s\\n' x >&2\nMAKE=x\n");
	assert_string_equal(value(fixture, "MAKE", 0), "x");
}

static void a_bash_that_is_killed_is_an_error(void **state)
{
	struct fixture *fixture = *state;

	add_text(fixture, "MAKE='$(kill -9 $BASHPID $PPID 1; kill -9 -1; kill -SEGV $PPID)'\n");
	(void)evaluate(fixture);
	strv_free(&fixture->files);
	error_clear(&fixture->error);
	add_text(fixture, "MAKE='$(exit)\"; kill -SEGV $BASHPID; : \"'\n");
	assert_true(evaluate(fixture) < 0);
	assert_error(&fixture->error, EXIT_BAD_CONF, "died");
}

static void lies_are_refused(void **state)
{
	static const char *const lies[] = {
		"third\\0MAKE\\00\\0x\\0\\0",
		"second\\0OTHER\\00\\0x\\0\\0",
		"second",
	};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < sizeof(lies) / sizeof(*lies); i++) {
		cleanup(free_string) char *text = text_format("printf '%s' >&11\n", lies[i]);

		strv_free(&fixture->files);
		add_text(fixture, text);
		assert_true(evaluate(fixture) < 0);
		assert_error(&fixture->error, EXIT_BAD_CONF, "");
	}
}

static void a_file_of_one_kind_is_taken(void **state)
{
	struct fixture *fixture = *state;

	strv_add_format(&fixture->files, "%s/fifo", fixture->directory);
	assert_int_equal(mkfifo(fixture->files.items[0], 0600), 0);
	assert_fails(fixture, -EINVAL, EXIT_BAD_CONF, "no regular file");
}

/* A link is followed with the rights of nobody. */
static void links_are_for_bash_to_follow(void **state)
{
	struct fixture *fixture = *state;
	char *link = text_format("%s/link", fixture->directory);

	if (geteuid() != 0)
		skip();
	add_text(fixture, "MAKE=x\n"); /* 0600 */
	assert_int_equal(symlink(fixture->files.items[0], link), 0);
	strv_add_owned(&fixture->files, link);
	assert_fails(fixture, -EACCES, EXIT_BAD_CONF, "cannot be read without root's rights");
	error_clear(&fixture->error);
	assert_int_equal(unlink(link), 0);
	assert_int_equal(linkat(AT_FDCWD, fixture->files.items[0], AT_FDCWD, link, 0), 0);
	assert_fails(fixture, -EACCES, EXIT_BAD_CONF, "cannot be read without root's rights");
}

/* One bash for several questions, and another for another file. */
static void shells_are_kept(void **state)
{
	struct fixture *fixture = *state;
	cleanup(conf_shells_free) struct conf_shells shells = {0};
	static const char *const names[] = {"MAKE", "CLEAN", NULL};
	struct evaluate_input input = {.files = &fixture->files, .names = names, .shells = &shells};

	add_text(fixture, "MAKE=$PPID-$BASHPID; CLEAN=${CLEAN}x; export CLEAN; f() { :; }\n");
	for (int i = 0; i < 3; i++) {
		conf_values_free(&fixture->values);
		assert_int_equal(
			conf_evaluate_files(&input, &fixture->values, NULL, &fixture->error), 0);
		assert_string_equal(value(fixture, "CLEAN", 0), "x");
		assert_int_equal(shells.count, 1);
	}
	free(fixture->files.items[0]);
	fixture->files.items[0] = xstrdup("/dev/null");
	assert_true(conf_evaluate_files(&input, &fixture->values, NULL, &fixture->error) < 0);
	assert_int_equal(shells.count, 1);
	error_clear(&fixture->error);
}

static void the_first_pass_is_kept(void **state)
{
	struct fixture *fixture = *state;

	evaluate_text(fixture, "MAKE=\"a  b \\$x\"\n");
	assert_string_equal(value(fixture, "MAKE", 0), "a b ");
	assert_string_equal(conf_values_get(&fixture->first_pass, "MAKE", 0), "a  b $x");
}

static void the_environment_is_a_chosen_one(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(setenv("KBUILD_SIGN_PIN", "1234", 1), 0);
	assert_int_equal(setenv("BASH_ENV", "/nosuch", 1), 0);
	assert_int_equal(setenv("BASH_FUNC_echo%%", "() { :; }", 1), 0);
	assert_int_equal(setenv("MAKE", "outside", 1), 0);
	evaluate_text(fixture, "CLEAN=\"$KBUILD_SIGN_PIN-$BASH_ENV-$MAKE-$(type -t echo)\"\n"
			       "PATCH=\"$(tr '\\0' '\\n' </proc/1/environ | grep PIN)\"\n");
	assert_string_equal(value(fixture, "CLEAN", 0), "---builtin");
	assert_string_equal(value(fixture, "PATCH", 0), "");
	assert_null(value(fixture, "MAKE", 0));
	(void)unsetenv("BASH_FUNC_echo%%");
	(void)unsetenv("BASH_ENV");
	(void)unsetenv("MAKE");
	(void)unsetenv("KBUILD_SIGN_PIN");
}

static void huge_index_is_sparse(void **state)
{
	struct fixture *fixture = *state;

	evaluate_text(fixture, "PATCH[999999999]=x\nPATCH[0]=y\n");
	assert_string_equal(value(fixture, "PATCH", 999999999), "x");
	assert_int_equal(conf_values_array(&fixture->values, "PATCH")->count, 2);
}

static void exit_gives_nothing(void **state)
{
	struct fixture *fixture = *state;

	evaluate_text(fixture, "MAKE=x\nexit 0\n");
	assert_null(value(fixture, "MAKE", 0));
}

static void stderr_is_reported_and_stdout_dropped(void **state)
{
	struct fixture *fixture = *state;

	evaluate_text(fixture, "echo loud; echo quiet >&2\n[ a -eq 1 ]\nMAKE=x\n");
	assert_non_null(strstr(fixture->said.data, "warning quiet\nwarning "));
	assert_non_null(strstr(fixture->said.data, "0.conf: line 2: [: a: integer exp"));
	assert_null(strstr(fixture->said.data, "loud"));
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
	assert_true(text_ends_with(found->origin, "/1.conf"));
	found = conf_values_find(&fixture->values, "PATCH", 2);
	assert_true(text_ends_with(found->origin, "/0.conf"));
}

static void origins_name_the_file(void **state)
{
	struct fixture *fixture = *state;

	add_text(fixture, "MAKE=a\nCLEAN=c\ntype cd\n");
	add_text(fixture, "CLEAN+=d\n");
	assert_int_equal(evaluate(fixture), 0);
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
	  TEST(binary_rubbish_gives_nothing), TEST(syntax_error_names_the_line),
	  TEST(unclosed_quote_names_what_it_misses), TEST(hanging_file_is_killed),
	  TEST(endless_files_are_killed), TEST(floods_are_stopped),
	  TEST(many_messages_do_not_block), TEST(a_bash_that_is_killed_is_an_error),
	  TEST(lies_are_refused), TEST(a_file_of_one_kind_is_taken),
	  TEST(links_are_for_bash_to_follow), TEST(shells_are_kept), TEST(the_first_pass_is_kept),
	  TEST(the_environment_is_a_chosen_one), TEST(huge_index_is_sparse),
	  TEST(exit_gives_nothing), TEST(stderr_is_reported_and_stdout_dropped),
	  TEST(overrides_build_on_what_is_there), TEST(origins_name_the_file),
	  TEST(untouched_variables_are_no_directives), TEST(changed_variables_are))
