/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the tests of the schema share: packages from text. */
#pragma once

#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "conf/directives.h"
#include "conf/package_conf.h"
#include "notebook.h"

/* Sets one directive per line of text: "NAME=value" or "NAME[2]=value". */
static inline void values_from_lines(struct conf_values *values, const char *lines)
{
	cleanup(strv_free) struct strv split = {0};
	const char *line;

	strv_split(&split, lines, "\n");
	STRV_FOREACH (line, &split) {
		cleanup(free_string) char *name = NULL;
		const char *text;
		long index;

		if (conf_assignment_split(line, &name, &index, &text) < 0)
			fail_msg("not an assignment: %s", line);
		conf_values_set(values, name, index, text, "/src/dkms.conf:1");
	}
}

/* What every good conf has. */
#define GOOD_NAMES "PACKAGE_NAME=foo\nPACKAGE_VERSION=1.0\n"
#define GOOD_CONF  GOOD_NAMES "BUILT_MODULE_NAME=foo\nDEST_MODULE_LOCATION=/extra\n"

/* request may be NULL: kernel 6.1.0-56-amd64 on x86_64, duplicates checked. */
static inline int package_from_lines(const char *lines, const struct conf_request *request,
				     struct package **ret_package, struct notebook *notebook,
				     struct error *error)
{
	static const struct settings settings = {.root = (char *)""};
	cleanup(conf_values_free) struct conf_values values = {0};
	const struct conf_request standard = {
		.settings = &settings,
		.conf_file = "/src/dkms.conf",
		.kernel_release = "6.1.0-56-amd64",
		.arch = "x86_64",
		.check_duplicates = true,
	};

	values_from_lines(&values, lines);
	return package_from_values(request ? request : &standard, &values, ret_package,
				   &notebook->reporter, error);
}

/* A conf that is refused with exactly one complaint, which is the text given. */
static inline void assert_refused(const char *lines, const char *complaint)
{
	cleanup(notebook_free) struct notebook notebook = notebook_new();
	cleanup(error_clear) struct error error = {0};
	struct package *package = NULL;

	if (package_from_lines(lines, NULL, &package, &notebook, &error) == 0) {
		package_free(package);
		fail_msg("not refused: %s", lines);
	}
	assert_null(package);
	assert_int_equal(error.exit_status, EXIT_BAD_CONF);
	cleanup(free_string) char *expected = text_format("E %s\n", complaint);
	assert_string_equal(notebook_text(&notebook), expected);
}

/* The package of a conf that is accepted; what was said is compared. Owned by the caller. */
static inline struct package *assert_accepted(const char *lines, const char *said)
{
	cleanup(notebook_free) struct notebook notebook = notebook_new();
	cleanup(error_clear) struct error error = {0};
	struct package *package = NULL;

	if (package_from_lines(lines, NULL, &package, &notebook, &error) < 0)
		fail_msg("%s\n%s", error.message, notebook_text(&notebook));
	assert_string_equal(notebook_text(&notebook), said);
	return package;
}
