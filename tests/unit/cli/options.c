/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include <string.h>

#include "base/cleanup.h"
#include "cli/options.h"

/* Parses "dkms" followed by the words of a line. */
static int parse(struct options *options, const char *line, struct error *error)
{
	cleanup(strv_free) struct strv words = {0};

	strv_add(&words, "dkms");
	strv_split(&words, line, " ");
	return options_parse(options, (int)words.count, words.items, error);
}

static void options_and_words_in_any_order(void **state)
{
	struct options options;
	struct error error = {0};

	(void)state;
	assert_int_equal(
		parse(&options, "-k 6.1/x86_64 build --force foo/1.0 --kernelver=6.12 -j0", &error),
		0);
	assert_int_equal(options.words.count, 2);
	assert_string_equal(options.words.items[0], "build");
	assert_string_equal(options.words.items[1], "foo/1.0");
	assert_int_equal(options.kernels.count, 2);
	assert_string_equal(options.kernels.items[1], "6.12");
	assert_true(options.force);
	assert_int_equal(options.parallel_jobs, -1);
	assert_int_equal(options.lock_timeout, -1);
	options_free(&options);
}

static void an_empty_name_replaces_none(void **state)
{
	static const char *const lines[] = {
		"-m foo -v 1.0", "--module=foo -v1.0",
		"-m bar -m foo --module= -v 1.0 -v1.0 --module-version=",
		"--module= -m foo --module-version 1.0"};

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		struct options options;
		struct error error = {0};

		assert_int_equal(parse(&options, lines[i], &error), 0);
		assert_string_equal(options.module, "foo");
		assert_string_equal(options.module_version, "1.0");
		options_free(&options);
	}
}

static void unambiguous_prefixes_and_deprecated_options_are_taken(void **state)
{
	struct options options;
	struct error error = {0};

	(void)state;
	assert_int_equal(
		parse(&options, "--kernelv 6.1 --rpm_safe --no-initrd --no-clean-kernel", &error),
		0);
	assert_int_equal(options.kernels.count, 1);
	assert_true(options.rpm_safe_upgrade);
	assert_int_equal(options.deprecated.count, 2);
	options_free(&options);
}

static void bad_options_are_named(void **state)
{
	static const struct {
		const char *line, *named;
		int status;
	} cases[] = {
		{"status --frob", "--frob", EXIT_NOT_FOUND},
		{"-x", "-x", EXIT_NOT_FOUND},
		{"--kernel 6.1", "--kernel", EXIT_NOT_FOUND}, /* ambiguous */
		{"-k", "-k", EXIT_USAGE},
		{"--module", "--module", EXIT_USAGE},
		{"-j many", "\"many\"", EXIT_USAGE},
		{"-j -3", "\"-3\"", EXIT_USAGE},
		{"--lock-timeout 1x", "\"1x\"", EXIT_USAGE},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct options options;
		struct error error = {0};

		assert_true(parse(&options, cases[i].line, &error) < 0);
		assert_int_equal(error.exit_status, cases[i].status);
		if (!strstr(error.message, cases[i].named))
			fail_msg("%s: %s", cases[i].line, error.message);
		error_clear(&error);
		options_free(&options);
	}
}

UNIT_MAIN(cmocka_unit_test(options_and_words_in_any_order),
	  cmocka_unit_test(an_empty_name_replaces_none),
	  cmocka_unit_test(unambiguous_prefixes_and_deprecated_options_are_taken),
	  cmocka_unit_test(bad_options_are_named))
