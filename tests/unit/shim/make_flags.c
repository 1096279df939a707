/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include "base/cleanup.h"
#include "base/text.h"
#include "shim/make_flags.h"

static void what_makes_and_scripts_say(void **state)
{
	static const struct {
		const char *text;
		enum make_jobs_kind jobs;
		const char *jobserver;
		const char *with; /* jobserver 5,6 and -j64 */
	} rows[] = {
		{"", MAKE_JOBS_UNSAID, NULL, " -j64 --jobserver-auth=5,6"},
		{"-j8", MAKE_JOBS_SEVERAL, NULL, " -j8 --jobserver-auth=5,6"},
		{" kj8", MAKE_JOBS_SEVERAL, NULL, " -kj8 --jobserver-auth=5,6"},
		{"-j1 V=1", MAKE_JOBS_ONE, NULL, " -j1 V=1 --jobserver-auth=5,6"},
		{"j=8 -j4", MAKE_JOBS_SEVERAL, NULL, " j=8 -j4 --jobserver-auth=5,6"},
		{" -j8 --jobserver-auth=3,4", MAKE_JOBS_SEVERAL, "3,4",
		 " -j8 --jobserver-auth=5,6"},
		{"rR -j --jobserver-auth=fifo:/dev/x -Otarget -- V=1 A=-j\\ \\ --\\ \\\\",
		 MAKE_JOBS_SEVERAL, "fifo:/dev/x",
		 " -rR -j -Otarget --jobserver-auth=5,6 -- V=1 A=-j\\ \\ --\\ \\\\"},
		{"s --jobserver-fds=3,4 --jobserver-auth=-2,-2", MAKE_JOBS_UNSAID, "-2,-2",
		 " -s -j64 --jobserver-auth=5,6"},
		{" -- X=--jobserver-auth=3,4", MAKE_JOBS_UNSAID, NULL,
		 " -j64 --jobserver-auth=5,6 -- X=--jobserver-auth=3,4"},
	};
	const struct make_jobs jobs = {MAKE_JOBS_SEVERAL, "64"};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct make_flags flags;

		print_message("# %s\n", rows[i].text);
		assert_true(make_flags_read(rows[i].text, &flags));
		assert_int_equal(flags.jobs.kind, rows[i].jobs);
		assert_true(text_equal(flags.jobserver, rows[i].jobserver));
		cleanup(free_string) char *with = make_flags_with_jobserver(&flags, &jobs,
									    (const int[]){5, 6});

		assert_string_equal(with, rows[i].with);
		make_flags_free(&flags);
	}
}

static void what_is_not_understood(void **state)
{
	struct buffer many = {0};
	struct make_flags flags;

	(void)state;
	for (int i = 0; i <= MAKE_FLAGS_MOST_WORDS; i++)
		buffer_add_text(&many, " -k");
	assert_false(make_flags_read(many.data, &flags));
	buffer_free(&many);
	assert_false(make_flags_read("-j8 X=a\\ b", &flags));
	assert_false(make_flags_read("-j0", &flags));
}

UNIT_MAIN(cmocka_unit_test(what_makes_and_scripts_say), cmocka_unit_test(what_is_not_understood))
