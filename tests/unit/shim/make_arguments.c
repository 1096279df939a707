/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/strv.h"
#include "base/text.h"
#include "shim/make_arguments.h"

/* Arguments joined by "|", so that empty words can be seen. */
static void split(const char *text, struct strv *argv)
{
	strv_add(argv, "make");
	for (const char *word = text; *text; word = *word ? word + 1 : word) {
		size_t length = strcspn(word, "|");
		cleanup(free_string) char *copy = text_format("%.*s", (int)length, word);

		strv_add(argv, copy);
		word += length;
		if (!*word)
			return;
	}
}

static struct make_jobs read_text(const char *text, struct strv *argv)
{
	split(text, argv);
	return make_arguments_read(strv_argv(argv));
}

static void jobs_are_dropped_in_every_spelling(void **state)
{
	/* As GNU make 4.3 and 4.4.1 take them: arguments, number, and what is left. */
	static const char *const rows[][3] = {
		{"-j64", "64", ""},
		{"-j|64|all", "64", "all"},
		{"-j|all", NULL, "all"},
		{"-j", NULL, ""},
		{"-j|8x", NULL, "8x"},
		{"-j08", "08", ""},
		{"all|-j8|V=1", "8", "all|V=1"},
		{"-kj8", "8", "-k"},
		{"-sj|8|-r", "8", "-s|-r"},
		{"-kj", NULL, "-k"},
		{"-rRj4", "4", "-rR"},
		{"--jobs|all", NULL, "all"},
		{"--jobs=8", "8", ""},
		{"--jobs|8", "8", ""},
		{"-j1|-j8", "8", ""},
		{"-j8|-k|--jobs=16|x", "16", "-k|x"},
		{"-C|-j8|-j4", "4", "-C|-j8"},
		{"-kC|-j8|-j4", "4", "-kC|-j8"},
		{"-Cj8|-j4", "4", "-Cj8"},
		{"-f|-|-j4", "4", "-f|-"},
		{"-I|-j8|-o|-j8|-W|-j8|-E|-j8|-j4", "4", "-I|-j8|-o|-j8|-W|-j8|-E|-j8"},
		{"-Oj|-kOtarget|-O|-j4", "4", "-Oj|-kOtarget|-O"},
		{"-l|-j4", "4", "-l"},
		{"-l|2.5|-j4|-l3", "4", "-l|2.5|-l3"},
		{"--directory|-j8|--dir|-j8|--directory=x|-j4", "4",
		 "--directory|-j8|--dir|-j8|--directory=x"},
		{"--makef|-j8|--what-if|-j8|--new|-j8|--old|-j8|--eval|-j8|--inc|-j8|-j4", "4",
		 "--makef|-j8|--what-if|-j8|--new|-j8|--old|-j8|--eval|-j8|--inc|-j8"},
		{"--debug|--output-sync|--trace|-j4", "4", "--debug|--output-sync|--trace"},
		{"-j4|--|-j8|--jobs", "4", "--|-j8|--jobs"},
		{"-j|--|8", NULL, "--|8"},
		{"-|-j4||-f", "4", "-||-f"},
		{"--job=8|-j4", "4", "--job=8"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		cleanup(strv_free) struct strv argv = {0}, left = {0};
		struct make_jobs jobs = read_text(rows[i][0], &argv);
		size_t count = 0;

		print_message("# %s\n", rows[i][0]);
		assert_int_equal(jobs.kind, MAKE_JOBS_SEVERAL);
		assert_true(text_equal(jobs.number, rows[i][1]));
		split(rows[i][2], &left);
		char **changed = calloc(argv.count + 1, sizeof(*changed));

		memcpy(changed, argv.items, argv.count * sizeof(*changed));
		make_arguments_drop_jobs(changed);
		for (; changed[count]; count++)
			assert_string_equal(changed[count],
					    count < left.count ? left.items[count] : "(nothing)");
		assert_int_equal(count, left.count);
		free(changed);
	}
}

static void others_are_told_apart(void **state)
{
	static const struct {
		const char *text;
		enum make_jobs_kind kind;
	} rows[] = {
		{"", MAKE_JOBS_UNSAID},
		{"all|8", MAKE_JOBS_UNSAID},
		{"-C|-j8", MAKE_JOBS_UNSAID},
		{"-Cj", MAKE_JOBS_UNSAID},
		{"--|-j8", MAKE_JOBS_UNSAID},
		{"-C", MAKE_JOBS_UNSAID},
		{"--file", MAKE_JOBS_UNSAID},
		{"--job=8", MAKE_JOBS_UNSAID},
		{"-j1", MAKE_JOBS_ONE},
		{"-j|01", MAKE_JOBS_ONE},
		{"-j8|--jobs=1", MAKE_JOBS_ONE},
		{"-j0", MAKE_JOBS_ODD},
		{"-j8k", MAKE_JOBS_ODD},
		{"-jk|-j8", MAKE_JOBS_ODD},
		{"-j|", MAKE_JOBS_ODD},
		{"--jobs=", MAKE_JOBS_ODD},
		{"-jobs=8", MAKE_JOBS_ODD},
		{"-j8|--jobserver-auth=3,4", MAKE_JOBS_ODD},
		{"--jobserver-fds|3,4|-j8", MAKE_JOBS_ODD},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		cleanup(strv_free) struct strv argv = {0};
		struct make_jobs jobs;

		print_message("# %s\n", rows[i].text);
		jobs = read_text(rows[i].text, &argv);
		assert_int_equal(jobs.kind, rows[i].kind);
	}
}

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

UNIT_MAIN(cmocka_unit_test(jobs_are_dropped_in_every_spelling),
	  cmocka_unit_test(others_are_told_apart), cmocka_unit_test(what_makes_and_scripts_say),
	  cmocka_unit_test(what_is_not_understood))
