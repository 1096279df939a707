/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include "conf/directives.h"
#include "conf/framework.h"
#include "conf/setting.h"
#include "place.h"

static void load(struct place *place)
{
	if (framework_load(&place->settings, &place->notebook.reporter, &place->error) < 0)
		fail_msg("%s", place->error.message);
}

static void bad_values_keep_the_default_with_a_warning(void **state)
{
	static const struct {
		const char *line, *warning;
	} cases[] = {
		{"dkms_tree=var/dkms", "dkms_tree=\"var/dkms\" is no absolute path"},
		{"tmp_location=.", "tmp_location=\".\" is no absolute path"},
		{"parallel_jobs=many", "parallel_jobs=\"many\" is not a number"},
		{"parallel_jobs=-1", "parallel_jobs=\"-1\" is not a number"},
		{"parallel_jobs=99999999999", "parallel_jobs=\"99999999999\" is not a number"},
		{"parallel_jobs=4x", "parallel_jobs=\"4x\" is not a number"},
		{"try_sign_modules=maybe", "try_sign_modules=\"maybe\" is none of \"true\", "
					   "\"false\" and \"not_in_chroot\""},
		{"build_sandbox=maybe", "build_sandbox=\"maybe\" is none of \"yes\", \"no\" "
					"and \"require\""},
	};
	struct place *place = *state;
	cleanup(free_string) char *tree = xstrdup(place->settings.dkms_tree);

	place->settings.parallel_jobs = 0;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		cleanup(free_string) char *expected = text_format("%s; the default is kept.\n",
								  cases[i].warning);

		place_write(place, "etc/dkms/framework.conf", cases[i].line);
		load(place);
		assert_true(text_starts_with(notebook_text(&place->notebook), "W "));
		assert_non_null(strstr(notebook_text(&place->notebook), "/framework.conf"));
		assert_true(text_ends_with(notebook_text(&place->notebook), expected));
		buffer_free(&place->notebook.text);
		assert_int_equal(place->settings.parallel_jobs, 0);
		assert_int_equal(place->settings.try_sign_modules, SIGN_NOT_IN_CHROOT);
		assert_int_equal(place->settings.policy.build_sandbox, SANDBOX_YES);
		assert_string_equal(place->settings.dkms_tree, tree);
	}
}

/* Each of them, whatever its kind; only options of programs may be anything. */
static void no_setting_takes_a_word_that_it_does_not_know(void **state)
{
	struct place *place = *state;
	struct settings *settings = &place->settings;

	settings->policy = (struct policy){.build_sandbox = SANDBOX_REQUIRE};
	for (size_t i = 0; setting_names[i]; i++) {
		const char *name = setting_names[i];
		cleanup(free_string) char *text = text_format("# first\n%s=flase\n", name);
		cleanup(free_string) char *begin = text_format(
			"W %s/etc/dkms/framework.conf:2: %s=\"flase\" is n", place->root, name);
		const struct settings before = *settings;

		if (text_starts_with(name, "compress_") || text_equal(name, "post_transaction"))
			continue;
		place_write(place, "etc/dkms/framework.conf", text);
		load(place);
		if (!text_starts_with(notebook_text(&place->notebook), begin))
			fail_msg("%s: %s", name, notebook_text(&place->notebook));
		assert_memory_equal(&before, settings, sizeof(before));
		buffer_free(&place->notebook.text);
	}
}

static void names_that_are_no_settings_are_told(void **state)
{
	static const struct {
		const char *text, *warnings;
	} cases[] = {
		{"build_sanbox=no", ":1: \"build_sanbox\" is no setting and is ignored; is "
				    "\"build_sandbox\" meant?\n"},
		{"cache_siez=$((1 + 1))", ":1: \"cache_siez\" is no setting and is ignored; is "
					  "\"cache_size\" meant?\n"},
		{"\nfrobnicate=no", ":2: \"frobnicate\" is no setting and is ignored.\n"},
		{"AUTOINSTALL=yes", ":1: \"AUTOINSTALL\" is ignored here: it is a directive, for "
				    "dkms.conf and /etc/dkms/MODULE.conf.\n"},
		{"base=/srv\nsource_tree=$base/src", ""},
		{"export KCFLAGS=-g", ""},
	};
	struct place *place = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		cleanup(free_string) char *expected = text_format("W %s/etc/dkms/framework.conf%s",
								  place->root, cases[i].warnings);

		place_write(place, "etc/dkms/framework.conf", cases[i].text);
		load(place);
		assert_string_equal(notebook_text(&place->notebook),
				    *cases[i].warnings ? expected : "");
		buffer_free(&place->notebook.text);
	}
}

static void a_directory_in_place_of_a_file_is_passed_over(void **state)
{
	struct place *place = *state;

	place_write(place, "etc/dkms/framework.conf/x", "");
	place_write(place, "etc/dkms/framework.conf.d/a.conf", "symlink_modules=1");
	load(place);
	assert_non_null(strstr(notebook_text(&place->notebook),
			       "/etc/dkms/framework.conf is not a file that can be read; it is "
			       "passed over."));
	assert_true(place->settings.symlink_modules);
}

static void files_that_cannot_be_evaluated_are_an_error(void **state)
{
	struct place *place = *state;
	cleanup(free_string) char *huge = xcalloc(1, CONF_SIZE_LIMIT + 2);

	memset(huge, '#', CONF_SIZE_LIMIT + 1);
	place_write(place, "etc/dkms/framework.conf", huge);
	assert_true(framework_load(&place->settings, &place->notebook.reporter, &place->error) < 0);
	assert_non_null(strstr(place->error.message, "framework.conf"));
}

static void nothing_there_changes_nothing(void **state)
{
	struct place *place = *state;

	load(place);
	assert_true(text_ends_with(place->settings.dkms_tree, "/var/lib/dkms"));
	assert_null(place->settings.sign_file);
	assert_false(place->settings.verbose);
	assert_int_equal(place->settings.parallel_jobs, 3);
	assert_string_equal(notebook_text(&place->notebook), "");
}

static void later_files_win_and_see_the_earlier(void **state)
{
	struct place *place = *state;
	cleanup(free_string) char *tree = path_join(place->root, "srv/a/b", NULL);

	place_write(place, "etc/dkms/framework.conf",
		    "dkms_tree=/srv//\nverbose=yes\nsource_tree=/one");
	place_write(place, "etc/dkms/framework.conf.d/20-b.conf", "dkms_tree=$dkms_tree/b/");
	place_write(place, "etc/dkms/framework.conf.d/10-a.conf",
		    "dkms_tree=/srv/a\nsource_tree=/two");
	place_write(place, "etc/dkms/framework.conf.d/30-c.conf.bak", "dkms_tree=/no");
	place_write(place, "etc/dkms/framework.conf.d/README", "dkms_tree=/no");
	load(place);
	assert_string_equal(place->settings.dkms_tree, tree);
	assert_true(text_ends_with(place->settings.source_tree, "/two"));
	assert_true(place->settings.verbose);
}

static void paths_made_from_other_paths_are_below_the_root_once(void **state)
{
	struct place *place = *state;
	cleanup(free_string) char *source = path_join(place->root, "usr/src/x", NULL);
	cleanup(free_string) char *key = path_join(place->root, "etc/keys/$kernelver.key", NULL);

	place_write(place, "etc/dkms/framework.conf",
		    "source_tree=$source_tree/x\ntmp_location=/scratch\n"
		    "mok_signing_key=/etc/keys/$kernelver.key\nmok_certificate='pkcs11:a;b'\n"
		    "sign_file='/lib/modules/${kernelver}/build/sign-file'\n"
		    "post_transaction=\"run <$kernelver>\"\n"
		    "compress_xz_opts=\"--lzma2=dict=1MiB  -6\"\n");
	load(place);
	assert_string_equal(place->settings.source_tree, source);
	assert_string_equal(place->settings.temporary, "/scratch");
	assert_string_equal(place->settings.mok_signing_key, key);
	assert_string_equal(place->settings.mok_certificate, "pkcs11:a;b");
	assert_true(text_ends_with(place->settings.sign_file,
				   "/lib/modules/$kernelver/build/sign-file"));
	assert_string_equal(place->settings.post_transaction, "run <>");
	assert_string_equal(place->settings.compress_xz_opts, "--lzma2=dict=1MiB -6");
}

static void switches(void **state)
{
	static const struct {
		const char *value;
		bool on;
	} cases[] = {
		{"", false},    {"no", false},  {"No", false}, {"false", false},
		{"0", false},   {"off", false}, {"n", false},  {"yes", true},
		{"true", true}, {"1", true},    {"on", true},
	};
	struct place *place = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		cleanup(free_string) char *text = text_format(
			"verbose=%s\nsymlink_modules=%s\nautoinstall_all_kernels=%s\n"
			"modprobe_on_install=%s\ncontinue_on_error=%s\n",
			cases[i].value, cases[i].value, cases[i].value, cases[i].value,
			cases[i].value);

		place_write(place, "etc/dkms/framework.conf", text);
		place->settings.verbose = !cases[i].on;
		load(place);
		assert_int_equal(place->settings.verbose, cases[i].on);
		assert_int_equal(place->settings.symlink_modules, cases[i].on);
		assert_int_equal(place->settings.autoinstall_all_kernels, cases[i].on);
		assert_int_equal(place->settings.modprobe_on_install, cases[i].on);
		assert_int_equal(place->settings.continue_on_error, cases[i].on);
	}
}

static void sign_policies(void **state)
{
	static const struct {
		const char *value;
		enum sign_policy policy;
	} cases[] = {
		{"true", SIGN_ALWAYS},
		{"false", SIGN_NEVER},
		{"not_in_chroot", SIGN_NOT_IN_CHROOT},
		{"", SIGN_NOT_IN_CHROOT},
	};
	struct place *place = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		cleanup(free_string) char *text = text_format("try_sign_modules=%s",
							      cases[i].value);

		place->settings.try_sign_modules = SIGN_NOT_IN_CHROOT;
		place_write(place, "etc/dkms/framework.conf", text);
		load(place);
		assert_int_equal(place->settings.try_sign_modules, cases[i].policy);
	}
	assert_string_equal(notebook_text(&place->notebook), "");
}

static void sandbox_policies(void **state)
{
	static const struct {
		const char *text;
		enum sandbox_policy policy;
		bool network;
	} cases[] = {
		{"build_sandbox=no\n", SANDBOX_NO, false},
		{"build_sandbox=Yes\n", SANDBOX_YES, false},
		{"build_sandbox=require\nbuild_network=yes\n", SANDBOX_REQUIRE, true},
		{"build_sandbox=\nbuild_network=no\n", SANDBOX_REQUIRE, false},
	};
	struct place *place = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		place_write(place, "etc/dkms/framework.conf", cases[i].text);
		load(place);
		assert_int_equal(place->settings.policy.build_sandbox, cases[i].policy);
		assert_int_equal(place->settings.policy.build_network, cases[i].network);
	}
	assert_string_equal(notebook_text(&place->notebook), "");
}

static void set_or_unset(const char *name, const char *value)
{
	if (value)
		assert_int_equal(setenv(name, value, 1), 0);
	else
		assert_int_equal(unsetenv(name), 0);
}

static void jobs_from_file_and_environment(void **state)
{
	static const struct {
		const char *line, *environment, *makeflags;
		int jobs;
	} cases[] = {
		{"", NULL, NULL, 0},
		{"parallel_jobs=5", NULL, NULL, 5},
		{"parallel_jobs=0", NULL, NULL, -1},
		{"parallel_jobs=5", "7", "-j9", 7},
		{"parallel_jobs=5", "0", NULL, -1},
		{"parallel_jobs=5", "", "-j9", 9},
		{"", NULL, "ks -j9 --jobserver-auth=3,4", 9},
		{"", NULL, "-j 4", 4},
		{"", NULL, "--jobs=6 -j2", 2},
		{"", NULL, "-j", -1},
		{"parallel_jobs=5", NULL, "k --no-print-directory", 5},
		{"parallel_jobs=5", NULL, "k -- A=-j9 -j7", 5},
		{"parallel_jobs=5", NULL, "-jx", 5},
	};
	struct place *place = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		place->settings.parallel_jobs = 0;
		place_write(place, "etc/dkms/framework.conf", cases[i].line);
		set_or_unset("parallel_jobs", cases[i].environment);
		set_or_unset("MAKEFLAGS", cases[i].makeflags);
		load(place);
		assert_int_equal(place->settings.parallel_jobs, cases[i].jobs);
	}
	assert_string_equal(notebook_text(&place->notebook), "");
	set_or_unset("parallel_jobs", "some");
	set_or_unset("MAKEFLAGS", NULL);
	load(place);
	set_or_unset("parallel_jobs", NULL);
	assert_string_equal(notebook_text(&place->notebook),
			    "W The environment variable parallel_jobs=\"some\" is not a number; it "
			    "is passed over.\n");
}

UNIT_MAIN(PLACE_TEST(bad_values_keep_the_default_with_a_warning),
	  PLACE_TEST(no_setting_takes_a_word_that_it_does_not_know),
	  PLACE_TEST(names_that_are_no_settings_are_told),
	  PLACE_TEST(a_directory_in_place_of_a_file_is_passed_over),
	  PLACE_TEST(files_that_cannot_be_evaluated_are_an_error),
	  PLACE_TEST(nothing_there_changes_nothing),
	  PLACE_TEST(later_files_win_and_see_the_earlier),
	  PLACE_TEST(paths_made_from_other_paths_are_below_the_root_once), PLACE_TEST(switches),
	  PLACE_TEST(sign_policies), PLACE_TEST(sandbox_policies),
	  PLACE_TEST(jobs_from_file_and_environment))
