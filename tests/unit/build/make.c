/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include "base/cleanup.h"
#include "build/make.h"

#define KERNEL .release = "6.1.0", .headers = "/lib/modules/6.1.0/build", .build = "/tree/m/1/build"

static void assert_text(const struct make_command *make, const char *expected)
{
	cleanup(free_string) char *text = make_command_text(make);

	assert_string_equal(text, expected);
}

static void only_what_begins_with_make_is_rewritten(void **state)
{
	static const char *const cases[][2] = {
		{"make", "make -j4 KERNELRELEASE=6.1.0"},
		{"make -C src all", "make -j4 KERNELRELEASE=6.1.0 -C src all"},
		{"make;make install", "make -j4 KERNELRELEASE=6.1.0;make install"},
		{"'make' all", "'make' all"},
		{"\"make\" all", "\"make\" all"},
		{" make all", " make all"},
		{"env A=1 make", "env A=1 make"},
		{"cd src; make", "cd src; make"},
		{"./make", "./make"},
		{"mak", "mak"},
		{"Make", "Make"},
		{"", ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const struct make_command make = {.command = cases[i][0], KERNEL, .jobs = 4};

		assert_text(&make, cases[i][1]);
	}
}

static void default_command(void **state)
{
	const struct make_command make = {KERNEL, .jobs = 2};

	(void)state;
	assert_text(&make, "make -j2 KERNELRELEASE=6.1.0 -C /lib/modules/6.1.0/build "
			   "M=/tree/m/1/build");
}

static void no_limit_is_a_bare_j(void **state)
{
	const struct make_command make = {.command = "make", KERNEL};

	(void)state;
	assert_text(&make, "make -j KERNELRELEASE=6.1.0");
}

static void jobserver_takes_the_j_out_of_the_command(void **state)
{
	const struct make_command make = {
		.command = "make all", KERNEL, .jobs = 8, .jobserver = "5,6"};
	cleanup(free_string) char *flags = make_command_flags(&make);

	(void)state;
	assert_text(&make, "make KERNELRELEASE=6.1.0 all");
	assert_string_equal(flags, " -j8 --jobserver-auth=5,6");
}

static void serial_commands_get_no_jobserver(void **state)
{
	const struct make_command quoted = {
		.command = "'make' all", KERNEL, .jobs = 8, .jobserver = "5,6"};
	const struct make_command without = {.command = "make", KERNEL, .jobs = 8};

	(void)state;
	assert_null(make_command_flags(&quoted));
	assert_null(make_command_flags(&without));
}

UNIT_MAIN(cmocka_unit_test(only_what_begins_with_make_is_rewritten),
	  cmocka_unit_test(default_command), cmocka_unit_test(no_limit_is_a_bare_j),
	  cmocka_unit_test(jobserver_takes_the_j_out_of_the_command),
	  cmocka_unit_test(serial_commands_get_no_jobserver))
