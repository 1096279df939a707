/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include "fixture.h"

static void bad_module_lists(void **state)
{
	static const struct {
		const char *lines, *complaint;
	} cases[] = {
		{"BUILT_MODULE_NAME[1]=b\nDEST_MODULE_LOCATION[0]=/extra\n"
		 "DEST_MODULE_LOCATION[1]=/extra\n",
		 "Directive \"BUILT_MODULE_NAME[0]\" is missing."},
		{"BUILT_MODULE_NAME=a\n", "Directive \"DEST_MODULE_LOCATION[0]\" is missing."},
		{"BUILT_MODULE_NAME=a\nDEST_MODULE_LOCATION=\n",
		 "Directive \"DEST_MODULE_LOCATION[0]\" is missing."},
		{"BUILT_MODULE_NAME=a.ko\nDEST_MODULE_NAME=a\nDEST_MODULE_LOCATION=/extra\n",
		 "Directive \"BUILT_MODULE_NAME[0]\" ends in \".o\" or \".ko\": give the name "
		 "without it."},
		{"BUILT_MODULE_NAME=a.o\nDEST_MODULE_LOCATION=/extra\n",
		 "Directive \"BUILT_MODULE_NAME[0]\" ends in \".o\" or \".ko\": give the name "
		 "without it."},
		{"BUILT_MODULE_NAME=a\nDEST_MODULE_NAME=b.ko\nDEST_MODULE_LOCATION=/extra\n",
		 "Directive \"DEST_MODULE_NAME[0]\" ends in \".o\" or \".ko\": give the name "
		 "without it."},
		{"BUILT_MODULE_NAME=a\nDEST_MODULE_NAME=../b\nDEST_MODULE_LOCATION=/extra\n",
		 "Directive \"DEST_MODULE_NAME[0]\" cannot be the name of a file: \"../b\"."},
		{"BUILT_MODULE_NAME=a/..\nDEST_MODULE_NAME=b\nDEST_MODULE_LOCATION=/extra\n",
		 "Directive \"BUILT_MODULE_NAME[0]\" cannot be the name of a file: \"a/..\"."},
		{"BUILT_MODULE_NAME=a\nBUILT_MODULE_LOCATION=src/../..\n"
		 "DEST_MODULE_LOCATION=/extra\n",
		 "Directive \"BUILT_MODULE_LOCATION[0]\" leads out of the build directory: "
		 "\"src/../..\"."},
		{"BUILT_MODULE_NAME=a\nBUILT_MODULE_LOCATION=../build2/x\n"
		 "DEST_MODULE_LOCATION=/extra\n",
		 "Directive \"BUILT_MODULE_LOCATION[0]\" leads out of the build directory: "
		 "\"../build2/x\"."},
		{"BUILT_MODULE_NAME=a\nBUILT_MODULE_LOCATION=/../x\nDEST_MODULE_LOCATION=/extra\n",
		 "Directive \"BUILT_MODULE_LOCATION[0]\" leads out of the build directory: "
		 "\"../x\"."},
		{"BUILT_MODULE_NAME=a\nDEST_MODULE_LOCATION=/lib\n",
		 "Directive \"DEST_MODULE_LOCATION[0]\" does not begin with \"/kernel\", "
		 "\"/updates\" or \"/extra\": \"/lib\"."},
		{"BUILT_MODULE_NAME=a\nDEST_MODULE_LOCATION=extra\n",
		 "Directive \"DEST_MODULE_LOCATION[0]\" does not begin with \"/kernel\", "
		 "\"/updates\" or \"/extra\": \"extra\"."},
		{"BUILT_MODULE_NAME=a\nDEST_MODULE_LOCATION=/extra/../../etc\n",
		 "Directive \"DEST_MODULE_LOCATION[0]\" leads out of the kernel's directory: "
		 "\"/extra/../../etc\"."},
		{"DEST_MODULE_LOCATION[999999999]=/extra\n",
		 "Directive \"DEST_MODULE_LOCATION[999999999]\" is beyond the limit of 4096 "
		 "modules."},
		{"BUILT_MODULE_NAME[0]=a\nDEST_MODULE_LOCATION[0]=/extra\n"
		 "BUILT_MODULE_NAME[1]=a\nDEST_MODULE_LOCATION[1]=/kernel\n"
		 "DEST_MODULE_NAME[1]=b\nBUILT_MODULE_LOCATION[1]=./x/../\n",
		 "Directive \"BUILT_MODULE_NAME[1]\" names the same module as element 0: \"a\"."},
		{"BUILT_MODULE_NAME[0]=a\nDEST_MODULE_LOCATION[0]=/extra\n"
		 "BUILT_MODULE_NAME[1]=b\nDEST_MODULE_LOCATION[1]=/kernel\n"
		 "DEST_MODULE_NAME[1]=a\n",
		 "Directive \"DEST_MODULE_NAME[1]\" names the same module as element 0: \"a\"."},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		cleanup(free_string) char *lines = text_format(GOOD_NAMES "%s", cases[i].lines);

		assert_refused(lines, cases[i].complaint);
	}
}

static void every_problem_is_named(void **state)
{
	cleanup(notebook_free) struct notebook notebook = notebook_new();
	cleanup(error_clear) struct error error = {0};
	struct package *package = NULL;

	(void)state;
	assert_true(package_from_lines(GOOD_NAMES "BUILT_MODULE_NAME[2]=a.ko\n", NULL, &package,
				       &notebook, &error) < 0);
	assert_string_equal(error.message,
			    "/src/dkms.conf is not a usable dkms.conf: 6 errors, named above.\n"
			    "Correct it and try again.");
	assert_non_null(strstr(notebook_text(&notebook), "\"BUILT_MODULE_NAME[0]\" is missing"));
	assert_non_null(strstr(notebook_text(&notebook), "\"BUILT_MODULE_NAME[1]\" is missing"));
	assert_non_null(strstr(notebook_text(&notebook), "\"BUILT_MODULE_NAME[2]\" ends in"));
	assert_non_null(strstr(notebook_text(&notebook), "\"DEST_MODULE_LOCATION[2]\" is missing"));
}

static void no_module_is_a_warning(void **state)
{
	(void)state;
	cleanup(package_free_handler) struct package *package = assert_accepted(
		GOOD_NAMES, "w No module is declared: set \"BUILT_MODULE_NAME[0]\" "
			    "and \"DEST_MODULE_LOCATION[0]\".\n");

	assert_int_equal(package->module_count, 0);
}

static void status_drops_what_is_bad_and_says_nothing(void **state)
{
	static const struct settings settings = {.root = (char *)""};
	const struct conf_request request = {.settings = &settings,
					     .conf_file = "/src/dkms.conf",
					     .module = "foo",
					     .module_version = "2.0",
					     .for_status = true};
	cleanup(notebook_free) struct notebook notebook = notebook_new();
	cleanup(error_clear) struct error error = {0};
	cleanup(package_free_handler) struct package *package = NULL;

	(void)state;
	assert_int_equal(package_from_lines("AUTOINSTALL=maybe\nCLEAN=make clean\n"
					    "BUILT_MODULE_NAME[0]=../a\n"
					    "BUILT_MODULE_NAME[3]=b\nSTRIP[3]=no\n"
					    "BUILD_EXCLUSIVE_KERNEL[3]=^5\n"
					    "DEST_MODULE_LOCATION[3]=/kernel\n",
					    &request, &package, &notebook, &error),
			 0);
	assert_string_equal(notebook_text(&notebook), "");
	assert_string_equal(package->name, "foo");
	assert_string_equal(package->version, "2.0");
	assert_int_equal(package->module_count, 1);
	assert_string_equal(package->modules[0].built_name, "b");
	assert_false(package->modules[0].strip);
	assert_string_equal(package->modules[0].exclusive.kernel, "^5");
}

static void one_module_takes_its_name_from_the_package(void **state)
{
	(void)state;
	cleanup(package_free_handler) struct package *package = assert_accepted(
		GOOD_NAMES "DEST_MODULE_LOCATION=/kernel/../updates/\n", "");

	assert_int_equal(package->module_count, 1);
	assert_string_equal(package->modules[0].built_name, "foo");
	assert_string_equal(package->modules[0].built_location, "");
	assert_string_equal(package->modules[0].dest_name, "foo");
	assert_string_equal(package->modules[0].dest_location, "/updates");
	assert_true(package->modules[0].strip);
}

static void several_modules_with_their_defaults(void **state)
{
	(void)state;
	cleanup(package_free_handler) struct package *package = assert_accepted(
		GOOD_NAMES "STRIP=No\nSTRIP[1]=yes\n"
			   "BUILT_MODULE_NAME[0]=a\nBUILT_MODULE_NAME[1]=b\n"
			   "BUILT_MODULE_NAME[2]=src/c\nDEST_MODULE_NAME[2]=d\n"
			   "BUILT_MODULE_LOCATION[0]=src\n"
			   "BUILT_MODULE_LOCATION[1]=/x/\n"
			   "DEST_MODULE_LOCATION[0]=/extra\n"
			   "DEST_MODULE_LOCATION[1]=/kernel/drivers/\n"
			   "DEST_MODULE_LOCATION[2]=/updates/dkms\n",
		"");
	const struct built_module *modules = package->modules;

	assert_int_equal(package->module_count, 3);
	assert_string_equal(modules[0].built_location, "src/");
	assert_string_equal(modules[1].built_location, "x/");
	assert_string_equal(modules[2].built_name, "src/c");
	assert_string_equal(modules[1].dest_name, "b");
	assert_string_equal(modules[2].dest_name, "d");
	assert_string_equal(modules[1].dest_location, "/kernel/drivers");
	assert_false(modules[0].strip);
	assert_true(modules[1].strip);
	assert_false(modules[2].strip);
}

/* As they stand in drivers: out of a directory, and back into it. */
static void what_leads_back_is_inside(void **state)
{
	(void)state;
	cleanup(package_free_handler) struct package *package = assert_accepted(
		GOOD_NAMES "BUILT_MODULE_NAME[0]=a\nBUILT_MODULE_NAME[1]=../build/src/b\n"
			   "BUILT_MODULE_NAME[2]=c\nBUILT_MODULE_NAME[3]=d\n"
			   "BUILT_MODULE_LOCATION[0]=../build/build/x/driver\n"
			   "BUILT_MODULE_LOCATION[2]=../../1.0/build\n"
			   "BUILT_MODULE_LOCATION[3]=x/../../../../foo/1.0/build/y/\n"
			   "DEST_MODULE_LOCATION[0]=/extra/../../6.1.0-56-amd64/extra/x\n"
			   "DEST_MODULE_NAME[1]=b\n"
			   "DEST_MODULE_LOCATION[1]=/extra\n"
			   "DEST_MODULE_LOCATION[2]=/extra\n"
			   "DEST_MODULE_LOCATION[3]=/extra\n",
		"");
	const struct built_module *modules = package->modules;

	assert_string_equal(modules[0].built_location, "build/x/driver/");
	assert_string_equal(modules[0].dest_location, "/extra/x");
	assert_string_equal(modules[1].built_location, "src/");
	assert_string_equal(modules[1].built_name, "b");
	assert_string_equal(modules[2].built_location, "");
	assert_string_equal(modules[3].built_location, "y/");
}

static void odd_strip_is_yes_with_a_warning(void **state)
{
	(void)state;
	cleanup(package_free_handler) struct package *package = assert_accepted(
		GOOD_CONF "STRIP=perhaps\n", "w Directive \"STRIP[0]\" is neither \"yes\" nor "
					     "\"no\" but \"perhaps\": taken as \"yes\".\n");

	assert_true(package->modules[0].strip);
}

UNIT_MAIN(cmocka_unit_test(bad_module_lists), cmocka_unit_test(every_problem_is_named),
	  cmocka_unit_test(no_module_is_a_warning),
	  cmocka_unit_test(status_drops_what_is_bad_and_says_nothing),
	  cmocka_unit_test(one_module_takes_its_name_from_the_package),
	  cmocka_unit_test(several_modules_with_their_defaults),
	  cmocka_unit_test(what_leads_back_is_inside),
	  cmocka_unit_test(odd_strip_is_yes_with_a_warning))
