/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include <errno.h>

#include "place.h"

static int evaluate(struct place *place, struct conf_evaluation *ret)
{
	return conf_evaluate(&place->request, ret, &place->notebook.reporter, &place->error);
}

static void a_missing_conf_is_a_broken_module(void **state)
{
	struct place *place = *state;
	struct conf_evaluation evaluation = {0};

	assert_int_equal(evaluate(place, &evaluation), -ENOENT);
	assert_int_equal(place->error.exit_status, EXIT_BROKEN);
	assert_non_null(strstr(place->error.message, "src/dkms.conf"));
	assert_int_equal(evaluation.files.count, 0);
}

static void a_directory_in_its_place_is_a_bad_conf(void **state)
{
	struct place *place = *state;
	struct conf_evaluation evaluation = {0};

	place_write(place, "src/dkms.conf/x", "");
	assert_int_equal(evaluate(place, &evaluation), -EISDIR);
	assert_int_equal(place->error.exit_status, EXIT_BAD_CONF);
	assert_non_null(strstr(place->error.message, "src/dkms.conf"));
}

static void a_directive_without_a_value_is_refused(void **state)
{
	struct place *place = *state;
	struct conf_evaluation evaluation = {0};

	place_write(place, "src/dkms.conf", "MAKE=make\n");
	strv_add(&place->settings.directives, "MAKE");
	assert_int_equal(evaluate(place, &evaluation), -EINVAL);
	assert_int_equal(place->error.exit_status, EXIT_NOT_FOUND);
	assert_string_equal(place->error.message, "--directive takes NAME=VALUE, not \"MAKE\".");
	assert_null(conf_values_array(&evaluation.values, "MAKE"));
}

static void overrides_are_read_from_the_general_to_the_particular(void **state)
{
	static const char *const names[] = {
		"foo.conf",
		"foo-1.0.conf",
		"foo-1.0-6.1.0-56-amd64.conf",
		"foo-1.0-6.1.0-56-amd64-x86_64.conf",
		"foo--6.1.0-56-amd64.conf",
		"foo--6.1.0-56-amd64-x86_64.conf",
	};
	struct place *place = *state;
	char make[8] = "0";

	place_write(place, "src/dkms.conf", "MAKE=0\nPRE_BUILD=own\n");
	place_write(place, "etc/dkms/bar.conf", "MAKE=no\n");
	place_write(place, "etc/dkms/foo-2.0.conf", "MAKE=no\n");
	for (int i = 0; i < 6; i++) {
		cleanup(conf_evaluation_free) struct conf_evaluation evaluation = {0};
		cleanup(free_string) char *path = path_join("etc/dkms", names[i], NULL);
		cleanup(free_string) char *text = text_format("MAKE=\"$MAKE\"%d\n", i + 1);

		/* Each sees what those before it made of the value. */
		place_write(place, path, text);
		make[i + 1] = (char)('1' + i);
		assert_int_equal(evaluate(place, &evaluation), 0);
		assert_string_equal(conf_values_get(&evaluation.values, "MAKE", 0), make);
		assert_string_equal(conf_values_get(&evaluation.values, "PRE_BUILD", 0), "own");
		assert_int_equal(evaluation.files.count, i + 2);
		assert_true(text_ends_with(evaluation.files.items[i + 1], names[i]));
		assert_non_null(
			strstr(conf_values_find(&evaluation.values, "MAKE", 0)->origin, names[i]));
	}
}

static void no_override_is_read_while_the_name_is_unknown(void **state)
{
	static const char *const unknown[] = {NULL, ""};
	struct place *place = *state;

	place_write(place, "src/dkms.conf", "MAKE=\"0 <$module> <$module_version>\"\n");
	place_write(place, "etc/dkms/.conf", "MAKE=1\n");
	place_write(place, "etc/dkms/-.conf", "MAKE=2\n");
	place_write(place, "etc/dkms/foo.conf", "MAKE=3\n");
	for (size_t i = 0; i < 2; i++) {
		cleanup(conf_evaluation_free) struct conf_evaluation evaluation = {0};

		place->request.module = unknown[i];
		place->request.module_version = unknown[i];
		assert_int_equal(evaluate(place, &evaluation), 0);
		assert_string_equal(conf_values_get(&evaluation.values, "MAKE", 0), "0 <> <>");
		assert_int_equal(evaluation.files.count, 1);
	}
}

static void the_variables_of_a_conf(void **state)
{
	struct place *place = *state;
	cleanup(conf_evaluation_free) struct conf_evaluation evaluation = {0};

	place_write(place, "src/dkms.conf",
		    "MAKE=\"$kernelver $arch $module $module_version $parallel_jobs\"\n"
		    "MAKE[1]=$kernel_source_dir\nMAKE[2]=$kernel_config\nMAKE[3]=$dkms_tree\n"
		    "MAKE[4]=$source_tree\nMAKE[5]=$install_tree\nMAKE[6]=$tmp_location\n");
	place->request.kernel_config = "/boot/config";
	assert_int_equal(evaluate(place, &evaluation), 0);
	const char *const expected[] = {
		"6.1.0-56-amd64 x86_64 foo 1.0 3",
		"/lib/modules/6.1.0-56-amd64/build",
		"/boot/config",
		"/var/lib/dkms",
		"/usr/src",
		"/lib/modules",
	};

	for (int i = 0; i < 6; i++) {
		const char *value = conf_values_get(&evaluation.values, "MAKE", i);

		assert_true(text_ends_with(value, expected[i]));
		if (i == 1 || i >= 3)
			assert_true(text_starts_with(value, place->root));
	}
	assert_string_equal(conf_values_get(&evaluation.values, "MAKE", 6),
			    place->settings.temporary);
}

static void directives_of_the_command_line_win(void **state)
{
	struct place *place = *state;
	cleanup(conf_evaluation_free) struct conf_evaluation evaluation = {0};

	place_write(place, "src/dkms.conf", "MAKE=own\nMAKE[1]=own\nPRE_BUILD=own\nPATCH=own\n");
	place_write(place, "etc/dkms/foo.conf", "MAKE=override\n");
	strv_add(&place->settings.directives, "MAKE='/tmp/make it'");
	strv_add(&place->settings.directives, "MAKE[1]=make A=b");
	strv_add(&place->settings.directives, "PRE_BUILD='script'");
	strv_add(&place->settings.directives, "PATCH='a'b'c'");
	strv_add(&place->settings.directives, "ELSE=x");
	place->request.announce_directives = true;
	assert_int_equal(evaluate(place, &evaluation), 0);
	assert_string_equal(conf_values_get(&evaluation.values, "MAKE", 0), "'/tmp/make it'");
	assert_string_equal(conf_values_get(&evaluation.values, "MAKE", 1), "make A=b");
	assert_string_equal(conf_values_get(&evaluation.values, "PRE_BUILD", 0), "script");
	assert_string_equal(conf_values_get(&evaluation.values, "PATCH", 0), "'a'b'c'");
	assert_null(conf_values_array(&evaluation.values, "ELSE"));
	assert_string_equal(conf_values_find(&evaluation.values, "MAKE", 0)->origin, "--directive");
	assert_string_equal(notebook_text(&place->notebook),
			    "L DIRECTIVE: MAKE=\"'/tmp/make it'\"\n"
			    "L DIRECTIVE: MAKE[1]=\"make A=b\"\n"
			    "L DIRECTIVE: PRE_BUILD=\"'script'\"\n"
			    "L DIRECTIVE: PATCH=\"'a'b'c'\"\n"
			    "L DIRECTIVE: ELSE=\"x\"\n");
}

static void directives_are_not_announced_unless_asked_for(void **state)
{
	struct place *place = *state;
	cleanup(conf_evaluation_free) struct conf_evaluation evaluation = {0};

	place_write(place, "src/dkms.conf", "MAKE=own\n");
	strv_add(&place->settings.directives, "MAKE=make");
	assert_int_equal(evaluate(place, &evaluation), 0);
	assert_string_equal(conf_values_get(&evaluation.values, "MAKE", 0), "make");
	assert_string_equal(notebook_text(&place->notebook), "");
}

static void a_bad_conf_can_be_overridden(void **state)
{
	struct place *place = *state;
	struct package *package = NULL;

	place_write(place, "src/dkms.conf", "AUTOINSTALL=perhaps\n" GOOD_CONF);
	assert_true(package_load(&place->request, &package, &place->notebook.reporter,
				 &place->error) < 0);
	assert_string_equal(notebook_text(&place->notebook),
			    "E Directive \"AUTOINSTALL\" is neither \"yes\" nor \"no\" but "
			    "\"perhaps\".\n");
	assert_error(&place->error, EXIT_BAD_CONF, "/etc/dkms/foo.conf.");
	place_write(place, "etc/dkms/foo.conf", "AUTOINSTALL=no\n");
	assert_int_equal(package_load(&place->request, &package, NULL, &place->error), 0);
	package_free(package);
}

static void from_file_to_package(void **state)
{
	struct place *place = *state;
	cleanup(package_free_handler) struct package *package = NULL;

	place_write(place, "src/dkms.conf",
		    "PACKAGE_NAME=foo\nPACKAGE_VERSION=1.0\nDEST_MODULE_LOCATION=/extra\n");
	place_write(place, "etc/dkms/foo.conf", "AUTOINSTALL=yes\n");
	assert_int_equal(
		package_load(&place->request, &package, &place->notebook.reporter, &place->error),
		0);
	assert_string_equal(package->modules[0].dest_name, "foo");
	assert_true(package->autoinstall);
	assert_string_equal(notebook_text(&place->notebook), "");
}

UNIT_MAIN(PLACE_TEST(a_bad_conf_can_be_overridden), PLACE_TEST(a_missing_conf_is_a_broken_module),
	  PLACE_TEST(a_directory_in_its_place_is_a_bad_conf),
	  PLACE_TEST(a_directive_without_a_value_is_refused),
	  PLACE_TEST(overrides_are_read_from_the_general_to_the_particular),
	  PLACE_TEST(no_override_is_read_while_the_name_is_unknown),
	  PLACE_TEST(the_variables_of_a_conf), PLACE_TEST(directives_of_the_command_line_win),
	  PLACE_TEST(directives_are_not_announced_unless_asked_for),
	  PLACE_TEST(from_file_to_package))
