/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include "fixture.h"

#define RELEASE "6.1.0-56-amd64"

/* A kernel with CONFIG_MODULES=y, CONFIG_E1000=m, CONFIG_HZ=250. context counts the questions. */
static const char *config_value(void *context, const char *symbol)
{
	++*(int *)context;
	if (text_equal(symbol, "CONFIG_MODULES"))
		return "y";
	if (text_equal(symbol, "CONFIG_E1000"))
		return "m";
	if (text_equal(symbol, "CONFIG_HZ"))
		return "250";
	return NULL;
}

static void malformed_patterns_are_refused_once(void **state)
{
	(void)state;
	assert_refused(GOOD_CONF "BUILD_EXCLUSIVE_KERNEL=6(\n",
		       "Directive \"BUILD_EXCLUSIVE_KERNEL[0]\": Bad regular expression \"6(\": "
		       "Unmatched ( or \\(.");
	assert_refused(GOOD_CONF "BUILD_EXCLUSIVE_ARCH[3]=x86(\n",
		       "Directive \"BUILD_EXCLUSIVE_ARCH[3]\": Bad regular expression \"x86(\": "
		       "Unmatched ( or \\(.");
}

static void malformed_pattern_of_a_tolerated_conf_is_an_error_here(void **state)
{
	struct package package = {.exclusive.kernel = (char *)"("};
	cleanup(error_clear) struct error error = {0};

	(void)state;
	assert_true(package_apply_exclusions(&package, RELEASE, "x86_64", NULL, NULL, &error) < 0);
	assert_int_equal(error.exit_status, EXIT_BAD_CONF);
	assert_string_equal(error.message, "Directive \"BUILD_EXCLUSIVE_KERNEL\": Bad regular "
					   "expression \"(\": Unmatched ( or \\(");
	assert_false(package.excluded);
}

static void rules_for_the_whole_package(void **state)
{
	static const struct {
		const char *lines, *reason; /* NULL: passes */
	} cases[] = {
		{"BUILD_EXCLUSIVE_KERNEL=^5\\.\n",
		 "BUILD_EXCLUSIVE_KERNEL=\"^5\\.\" does not match the kernel " RELEASE "."},
		{"BUILD_EXCLUSIVE_KERNEL=\\.0-5\n", NULL},
		{"BUILD_EXCLUSIVE_ARCH=^(arm64|i.86)$\n", "BUILD_EXCLUSIVE_ARCH=\"^(arm64|i.86)$\" "
							  "does not match the architecture "
							  "x86_64."},
		{"BUILD_EXCLUSIVE_ARCH=86\n", NULL},
		{"BUILD_EXCLUSIVE_KERNEL_MIN=6.10\n",
		 "BUILD_EXCLUSIVE_KERNEL_MIN=\"6.10\" is above the kernel " RELEASE "."},
		{"BUILD_EXCLUSIVE_KERNEL_MIN=6.1\n", NULL},
		{"BUILD_EXCLUSIVE_KERNEL_MAX=6.0.99\n",
		 "BUILD_EXCLUSIVE_KERNEL_MAX=\"6.0.99\" is below the kernel " RELEASE "."},
		{"BUILD_EXCLUSIVE_KERNEL_MAX=" RELEASE "\n", NULL},
		{"BUILD_EXCLUSIVE_KERNEL_MAX=6.9\n", NULL},
		{"BUILD_EXCLUSIVE_CONFIG=CONFIG_MODULES CONFIG_NONE\n",
		 "BUILD_EXCLUSIVE_CONFIG=\"CONFIG_MODULES CONFIG_NONE\" is not met: CONFIG_NONE is "
		 "not set in the kernel's configuration."},
		{"BUILD_EXCLUSIVE_CONFIG=CONFIG_HZ\n",
		 "BUILD_EXCLUSIVE_CONFIG=\"CONFIG_HZ\" is not met: CONFIG_HZ is not set in the "
		 "kernel's configuration."},
		{"BUILD_EXCLUSIVE_CONFIG=!CONFIG_E1000\n",
		 "BUILD_EXCLUSIVE_CONFIG=\"!CONFIG_E1000\" is not met: CONFIG_E1000 is set in the "
		 "kernel's configuration."},
		{"BUILD_EXCLUSIVE_CONFIG=CONFIG_E1000 !CONFIG_NONE CONFIG_MODULES\n", NULL},
		{"OBSOLETE_BY=5.18\n", "OBSOLETE_BY=\"5.18\" is below the kernel " RELEASE "."},
		{"OBSOLETE_BY=6.2\n", NULL},
		{"OBSOLETE_BY=5.18\nBUILD_EXCLUSIVE_KERNEL_MAX=6.2\n", NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		cleanup(free_string) char *lines = text_format(GOOD_CONF "%s", cases[i].lines);
		cleanup(notebook_free) struct notebook notebook = notebook_new();
		cleanup(error_clear) struct error error = {0};
		cleanup(package_free_handler) struct package *package = NULL;
		int questions = 0;

		assert_int_equal(package_from_lines(lines, NULL, &package, &notebook, &error), 0);
		assert_int_equal(package_apply_exclusions(package, RELEASE, "x86_64", config_value,
							  &questions, &error),
				 0);
		assert_int_equal(package->excluded, cases[i].reason != NULL);
		assert_int_equal(package->modules[0].excluded, cases[i].reason != NULL);
		if (cases[i].reason)
			assert_string_equal(package->exclusion_reason, cases[i].reason);
		else
			assert_null(package->exclusion_reason);
		assert_int_equal(questions > 0, strstr(lines, "CONFIG=") != NULL);
	}
}

static void without_a_kernel_configuration_nothing_is_ruled_out_by_it(void **state)
{
	cleanup(error_clear) struct error error = {0};

	(void)state;
	cleanup(package_free_handler) struct package *package = assert_accepted(
		GOOD_CONF "BUILD_EXCLUSIVE_CONFIG=CONFIG_NONE\n", "");

	assert_int_equal(package_apply_exclusions(package, RELEASE, "x86_64", NULL, NULL, &error),
			 0);
	assert_false(package->excluded);
}

static void an_index_rules_out_its_module_only(void **state)
{
	cleanup(error_clear) struct error error = {0};

	(void)state;
	cleanup(package_free_handler) struct package *package = assert_accepted(
		GOOD_CONF "BUILT_MODULE_NAME[1]=b\nDEST_MODULE_LOCATION[1]=/extra\n"
			  "BUILT_MODULE_NAME[2]=c\nDEST_MODULE_LOCATION[2]=/extra\n"
			  "BUILD_EXCLUSIVE_KERNEL_MAX[1]=5.4\nBUILD_EXCLUSIVE_ARCH[2]=x86\n",
		"");

	assert_int_equal(package_apply_exclusions(package, RELEASE, "x86_64", NULL, NULL, &error),
			 0);
	assert_false(package->excluded);
	assert_null(package->exclusion_reason);
	assert_false(package->modules[0].excluded);
	assert_true(package->modules[1].excluded);
	assert_false(package->modules[2].excluded);
}

static void a_second_judgement_replaces_the_first(void **state)
{
	cleanup(error_clear) struct error error = {0};

	(void)state;
	cleanup(package_free_handler) struct package *package = assert_accepted(
		GOOD_CONF "BUILD_EXCLUSIVE_KERNEL=^5\n", "");

	assert_int_equal(package_apply_exclusions(package, RELEASE, "x86_64", NULL, NULL, &error),
			 0);
	assert_true(package->excluded);
	assert_int_equal(package_apply_exclusions(package, "5.10.0", "x86_64", NULL, NULL, &error),
			 0);
	assert_false(package->excluded);
	assert_false(package->modules[0].excluded);
	assert_null(package->exclusion_reason);
}

UNIT_MAIN(cmocka_unit_test(malformed_patterns_are_refused_once),
	  cmocka_unit_test(malformed_pattern_of_a_tolerated_conf_is_an_error_here),
	  cmocka_unit_test(rules_for_the_whole_package),
	  cmocka_unit_test(without_a_kernel_configuration_nothing_is_ruled_out_by_it),
	  cmocka_unit_test(an_index_rules_out_its_module_only),
	  cmocka_unit_test(a_second_judgement_replaces_the_first))
