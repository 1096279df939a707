/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include <errno.h>

#include "fixture.h"

static void bad_directives(void **state)
{
	static const struct {
		const char *lines, *complaint;
	} cases[] = {
		{"PACKAGE_VERSION=1\n", "Directive \"PACKAGE_NAME\" is missing."},
		{"PACKAGE_NAME=foo\nPACKAGE_VERSION=\n",
		 "Directive \"PACKAGE_VERSION\" is missing."},
		{"PACKAGE_NAME=a/b\nPACKAGE_VERSION=1\n",
		 "Directive \"PACKAGE_NAME\" cannot be the name of a directory: \"a/b\"."},
		{"PACKAGE_NAME=foo\nPACKAGE_VERSION=..\n",
		 "Directive \"PACKAGE_VERSION\" cannot be the name of a directory: \"..\"."},
		{"PACKAGE_NAME=-foo\nPACKAGE_VERSION=1\n",
		 "Directive \"PACKAGE_NAME\" cannot be the name of a directory: \"-foo\"."},
		{GOOD_NAMES "AUTOINSTALL=true\n",
		 "Directive \"AUTOINSTALL\" is neither \"yes\" nor \"no\" but \"true\"."},
		{GOOD_NAMES "NO_WEAK_MODULES=1\n",
		 "Directive \"NO_WEAK_MODULES\" is neither \"yes\" nor \"no\" but \"1\"."},
		{GOOD_NAMES "BUILD_DEPENDS_REBUILD=yess\n",
		 "Directive \"BUILD_DEPENDS_REBUILD\" is neither \"yes\" nor \"no\" but \"yess\"."},
		{GOOD_NAMES "MAKE[1]=make x\nMAKE_MATCH[1]=(\n",
		 "Directive \"MAKE_MATCH[1]\": Bad regular expression \"(\": Unmatched ( or \\(."},
		{GOOD_NAMES "PATCH[2]=a.patch\nPATCH_MATCH[2]=a(\n",
		 "Directive \"PATCH_MATCH[2]\": Bad regular expression \"a(\": Unmatched ( or \\(."},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		cleanup(free_string) char *lines = text_format(
			"%sBUILT_MODULE_NAME=foo\nDEST_MODULE_LOCATION=/extra\n", cases[i].lines);

		assert_refused(lines, cases[i].complaint);
	}
}

static void another_name_than_asked_for_is_a_warning(void **state)
{
	static const struct settings settings = {.root = (char *)""};
	const struct conf_request request = {.settings = &settings,
					     .conf_file = "/src/dkms.conf",
					     .module = "bar",
					     .module_version = "1.0"};
	cleanup(notebook_free) struct notebook notebook = notebook_new();
	cleanup(error_clear) struct error error = {0};
	cleanup(package_free_handler) struct package *package = NULL;

	(void)state;
	assert_int_equal(package_from_lines(GOOD_CONF, &request, &package, &notebook, &error), 0);
	assert_string_equal(notebook_text(&notebook), "w Directive \"PACKAGE_NAME\" is \"foo\", "
						      "but this is \"bar\" here.\n");
	assert_string_equal(package->name, "foo");
}

static void yes_and_no_in_every_spelling(void **state)
{
	static const struct {
		const char *value;
		bool yes;
	} cases[] = {
		{"yes", true}, {"YES", true}, {"Yes", true}, {"y", true},  {"Y", true},
		{"no", false}, {"NO", false}, {"n", false},  {"N", false}, {"", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		cleanup(free_string) char *lines = text_format(
			GOOD_CONF "AUTOINSTALL=%s\nNO_WEAK_MODULES=%s\nBUILD_DEPENDS_REBUILD=%s\n",
			cases[i].value, cases[i].value, cases[i].value);
		cleanup(package_free_handler) struct package *package = assert_accepted(lines, "");

		assert_int_equal(package->autoinstall, cases[i].yes);
		assert_int_equal(package->no_weak_modules, cases[i].yes);
		assert_int_equal(package->build_depends_rebuild, cases[i].yes);
	}
}

static void the_last_matching_make_wins(void **state)
{
	static const struct {
		const char *lines, *make; /* NULL: the default */
	} cases[] = {
		{"", NULL},
		{"MAKE=\n", NULL},
		{"MAKE=zero\n", "zero"},
		{"MAKE=zero\nMAKE_MATCH=^5\\.\n", NULL},
		{"MAKE=zero\nMAKE_MATCH=^6\\.\n", "zero"},
		{"MAKE=zero\nMAKE[1]=one\n", "zero"},
		{"MAKE[1]=one\n", NULL},
		{"MAKE=zero\nMAKE[1]=one\nMAKE_MATCH[1]=amd64\n", "one"},
		{"MAKE=zero\nMAKE[1]=one\nMAKE_MATCH[1]=arm64\n", "zero"},
		{"MAKE=zero\nMAKE[1]=one\nMAKE_MATCH[1]=6\nMAKE[7]=seven\nMAKE_MATCH[7]=6\\.1\n",
		 "seven"},
		{"MAKE=zero\nMAKE[1]=\nMAKE_MATCH[1]=6\n", "zero"},
		{"MAKE_MATCH[1]=6\n", NULL},
		{"MAKE= make x\n", " make x"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		cleanup(free_string) char *lines = text_format(GOOD_CONF "%s", cases[i].lines);
		cleanup(package_free_handler) struct package *package = assert_accepted(lines, "");

		if (cases[i].make)
			assert_string_equal(package->make_command, cases[i].make);
		else
			assert_null(package->make_command);
	}
}

static void patches_that_fit_in_index_order(void **state)
{
	(void)state;
	cleanup(package_free_handler) struct package *package = assert_accepted(
		GOOD_CONF "PATCH[10]=ten\nPATCH[0]=zero\nPATCH[1]=one\nPATCH_MATCH[1]=^5\n"
			  "PATCH[2]=two\nPATCH_MATCH[2]=^6\nPATCH[3]=\n",
		"");
	cleanup(free_string) char *patches = strv_join(&package->patches, " ");

	assert_string_equal(patches, "zero two ten");
}

static void the_rest_is_taken_over(void **state)
{
	(void)state;
	cleanup(package_free_handler) struct package *package = assert_accepted(
		GOOD_CONF
		"POST_ADD=a\nPRE_BUILD=b x y\nPOST_BUILD=c\nPRE_INSTALL=d\n"
		"POST_INSTALL=e\nPOST_REMOVE=f\nBUILD_DEPENDS[0]=m n\nBUILD_DEPENDS[4]=o\n",
		"");
	cleanup(free_string) char *depends = strv_join(&package->build_depends, ",");

	assert_string_equal(package->post_add, "a");
	assert_string_equal(package->pre_build, "b x y");
	assert_string_equal(package->post_build, "c");
	assert_string_equal(package->pre_install, "d");
	assert_string_equal(package->post_install, "e");
	assert_string_equal(package->post_remove, "f");
	assert_string_equal(depends, "m,n,o");
	assert_null(package->clean_command);
	assert_null(package->obsolete_by);
	assert_false(package->autoinstall);
}

UNIT_MAIN(cmocka_unit_test(bad_directives),
	  cmocka_unit_test(another_name_than_asked_for_is_a_warning),
	  cmocka_unit_test(yes_and_no_in_every_spelling),
	  cmocka_unit_test(the_last_matching_make_wins),
	  cmocka_unit_test(patches_that_fit_in_index_order),
	  cmocka_unit_test(the_rest_is_taken_over))
