/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/report.h"
#include "base/text.h"

static void assert_glimpse(const struct glimpse *glimpse, const char *line)
{
	cleanup(free_string) char *seen = glimpse_read(glimpse);

	assert_string_equal(seen, line);
}

static void the_last_whole_line_is_seen(void **state)
{
	struct glimpse glimpse = {0};

	(void)state;
	assert_null(glimpse_read(&glimpse));
	assert_null(glimpse_read(NULL));
	glimpse_take(&glimpse, "no end", strlen("no end"));
	assert_null(glimpse_read(&glimpse));
	glimpse_take(&glimpse, "one\n  two  \r\nthr", strlen("one\n  two  \r\nthr"));
	assert_glimpse(&glimpse, "two");
	glimpse_take(&glimpse, "three\n\n \n", strlen("three\n\n \n"));
	assert_glimpse(&glimpse, "three");
	glimpse_take(&glimpse, "\n\n", 2);
	glimpse_take(&glimpse, "", 0);
	assert_glimpse(&glimpse, "three");
	glimpse_take(NULL, "four\n", 5);
}

static void nothing_in_it_commands_a_terminal(void **state)
{
	struct glimpse glimpse = {0};

	(void)state;
	glimpse_take(&glimpse, "a\033[31mb\n", strlen("a\033[31mb\n"));
	cleanup(free_string) char *seen = glimpse_read(&glimpse);

	assert_null(strchr(seen, '\033'));
}

static void a_long_line_is_cut(void **state)
{
	struct glimpse glimpse = {0};
	char line[4 * GLIMPSE_SIZE];

	(void)state;
	memset(line, 'x', sizeof(line));
	line[sizeof(line) - 1] = '\n';
	glimpse_take(&glimpse, line, sizeof(line));
	cleanup(free_string) char *seen = glimpse_read(&glimpse);

	assert_int_equal(strlen(seen), GLIMPSE_SIZE - 1);
	memset(glimpse.line, 'y', sizeof(glimpse.line)); /* as while somebody writes */
	cleanup(free_string) char *torn = glimpse_read(&glimpse);

	assert_true(strlen(torn) < GLIMPSE_SIZE);
}

static void what_is_told_is_live_until_output_comes(void **state)
{
	struct glimpse glimpse = {0};

	(void)state;
	assert_false(glimpse_is_live(NULL));
	glimpse_tell(NULL, "nobody watches");
	glimpse_tell(&glimpse, "half");
	assert_true(glimpse_is_live(&glimpse));
	assert_glimpse(&glimpse, "half");
	glimpse_take(&glimpse, "output\n", strlen("output\n"));
	assert_false(glimpse_is_live(&glimpse));
	assert_glimpse(&glimpse, "output");
	glimpse_tell(&glimpse, "more");
	glimpse_tell(&glimpse, "");
	assert_false(glimpse_is_live(&glimpse));
	assert_null(glimpse_read(&glimpse));
}

UNIT_MAIN(cmocka_unit_test(the_last_whole_line_is_seen),
	  cmocka_unit_test(nothing_in_it_commands_a_terminal), cmocka_unit_test(a_long_line_is_cut),
	  cmocka_unit_test(what_is_told_is_live_until_output_comes))
