/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include "conf/setting.h"
#include "place.h"

static int evaluate(struct place *place, struct conf_evaluation *ret)
{
	return conf_evaluate(&place->request, ret, &place->notebook.reporter, &place->error);
}

/* The policy that comes of the files there are. */
static struct policy policy_of(struct place *place)
{
	cleanup(conf_evaluation_free) struct conf_evaluation evaluation = {0};

	if (evaluate(place, &evaluation) < 0)
		fail_msg("%s", place->error.message);
	return evaluation.policy;
}

/* However it tries: by assignment, readonly, export, in bash. */
static void a_dkms_conf_cannot_open_its_own_cage(void **state)
{
	static const char *const attempts[] = {
		"build_sandbox=no\nbuild_network=yes\n",
		"declare -gr build_sandbox=no build_network=yes\n",
		"export build_sandbox=no build_network=yes; date >/dev/null\n",
		"MAKE='x\"; build_sandbox=no; build_network=yes; : \"'\n",
		"trap 'build_sandbox=no; build_network=yes' DEBUG EXIT RETURN\n",
		".() { build_sandbox=no; build_network=yes; }\n",
		"unset build_sandbox build_network\n",
	};
	struct place *place = *state;

	place_write(place, "etc/dkms/foo.conf", "build_sandbox=require\nbuild_network=no\n");
	for (size_t i = 0; i < sizeof(attempts) / sizeof(*attempts); i++) {
		place_write(place, "src/dkms.conf", attempts[i]);
		struct policy policy = policy_of(place);

		assert_int_equal(policy.build_sandbox, SANDBOX_REQUIRE);
		assert_false(policy.build_network);
	}
	place_write(place, "etc/dkms/foo.conf", "STRIP=no\n");
	for (size_t i = 0; i < sizeof(attempts) / sizeof(*attempts); i++) {
		place_write(place, "src/dkms.conf", attempts[i]);
		struct policy policy = policy_of(place);

		assert_int_equal(policy.build_sandbox, SANDBOX_YES);
		assert_false(policy.build_network);
	}
}

static void without_overrides_a_dkms_conf_decides_nothing(void **state)
{
	struct place *place = *state;

	place_write(place, "src/dkms.conf", "build_sandbox=no\nbuild_network=yes\n");
	struct policy policy = policy_of(place);

	assert_int_equal(policy.build_sandbox, SANDBOX_YES);
	assert_false(policy.build_network);
	place->settings.policy = (struct policy){
		.build_sandbox = SANDBOX_REQUIRE, .build_network = true, .abi_reuse = REUSE_CRC};
	policy = policy_of(place);
	assert_int_equal(policy.build_sandbox, SANDBOX_REQUIRE);
	assert_true(policy.build_network);
}

static void the_command_line_and_the_environment_decide_nothing(void **state)
{
	struct place *place = *state;

	place_write(place, "src/dkms.conf", "");
	place_write(place, "etc/dkms/foo.conf", "MAKE=x\n");
	strv_add(&place->settings.directives, "build_sandbox=no");
	assert_int_equal(setenv("build_sandbox", "no", 1), 0);
	assert_int_equal(policy_of(place).build_sandbox, SANDBOX_YES);
	assert_int_equal(unsetenv("build_sandbox"), 0);
}

static void a_bad_value_is_told_and_changes_nothing(void **state)
{
	struct place *place = *state;

	place->settings.policy.build_sandbox = SANDBOX_REQUIRE;
	place_write(place, "src/dkms.conf", "");
	place_write(place, "etc/dkms/foo.conf", "build_sandbox=nope\n");
	assert_int_equal(policy_of(place).build_sandbox, SANDBOX_REQUIRE);
	cleanup(free_string) char *said = text_format(
		"W %s/etc/dkms/foo.conf:1: build_sandbox=\"nope\" is none of \"yes\", \"no\" and "
		"\"require\"; the default is kept.\n",
		place->root);
	assert_string_equal(notebook_text(&place->notebook), said);
}

/* The exceptions that are shipped open a cage, and a typo leaves it open, or framework.conf's. */
static void a_bad_value_opens_nothing_that_framework_conf_closes(void **state)
{
	static const char *const lines[] = {"build_sandbox=requird\n", "build_sandbox=\n", ""};
	struct place *place = *state;

	place->settings.policy.build_sandbox = SANDBOX_REQUIRE;
	place_write(place, "src/dkms.conf", "");
	place_write(place, "usr/share/dkms/build-exceptions.d/foo.conf", "build_sandbox=no\n");
	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		place_write(place, "etc/dkms/foo.conf", lines[i]);
		assert_int_equal(policy_of(place).build_sandbox, SANDBOX_REQUIRE);
	}
	place_write(place, "etc/dkms/foo.conf", "build_sandbox=no\n");
	assert_int_equal(policy_of(place).build_sandbox, SANDBOX_NO);
}

static void unknown_names_in_overrides_are_told(void **state)
{
	static const struct {
		const char *line, *warning; /* NULL: nothing to say */
	} cases[] = {
		{"build_sanbox=no", "\"build_sanbox\" is no directive and is ignored; is "
				    "\"build_sandbox\" meant?"},
		{"AUTOINSTAL=no", "\"AUTOINSTAL\" is no directive and is ignored; is "
				  "\"AUTOINSTALL\" meant?"},
		{"cache_size=1G", "\"cache_size\" is ignored here: it is a setting for all "
				  "modules, in /etc/dkms/framework.conf."},
		{"build_network = yes", "\"build_network\" is not set: there must be no blank "
					"before the \"=\"."},
		{"AUTOINSTALL=no", NULL},
		{"build_network=no", NULL},
		{"MY_FLAGS=-g", NULL},
	};
	struct place *place = *state;

	place_write(place, "src/dkms.conf", "");
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		cleanup(free_string) char *said = text_format("W %s/etc/dkms/foo.conf:2: %s\n",
							      place->root, cases[i].warning);
		cleanup(free_string) char *text = text_format("# mine\n%s\n", cases[i].line);

		place_write(place, "etc/dkms/foo.conf", text);
		(void)policy_of(place);
		if (cases[i].warning)
			assert_true(text_ends_with(notebook_text(&place->notebook), said));
		else
			assert_string_equal(notebook_text(&place->notebook), "");
		buffer_free(&place->notebook.text);
	}
}

static void an_override_that_cannot_be_read_is_refused(void **state)
{
	struct place *place = *state;
	struct conf_evaluation evaluation = {0};

	place_write(place, "src/dkms.conf", "");
	place_write(place, "etc/dkms/foo.conf/x", "");
	assert_true(evaluate(place, &evaluation) < 0);
	assert_error(&place->error, EXIT_BAD_CONF, "etc/dkms/foo.conf");
}

static void the_more_particular_override_wins(void **state)
{
	struct place *place = *state;

	place_write(place, "src/dkms.conf", "");
	place_write(place, "etc/dkms/foo.conf", "build_sandbox=no\nbuild_network=yes\n");
	place_write(place, "etc/dkms/foo-1.0-6.1.0-56-amd64.conf", "build_sandbox=Yes\n");
	struct policy policy = policy_of(place);

	assert_int_equal(policy.build_sandbox, SANDBOX_YES);
	assert_true(policy.build_network);
	place->request.kernel_release = "6.12.0";
	assert_int_equal(policy_of(place).build_sandbox, SANDBOX_NO);
	place->request.module = "bar";
	assert_int_equal(policy_of(place).build_sandbox, SANDBOX_YES);
}

/* What the overrides print is said once. */
static void what_overrides_print_is_said_once(void **state)
{
	struct place *place = *state;

	place_write(place, "src/dkms.conf", "");
	place_write(place, "etc/dkms/foo.conf",
		    "test -n \"$(awk 'BEGIN { print 1 }')\" && build_sandbox=no\n"
		    "awk 'BEGIN { print \"hello\" }' >&2\n");
	assert_int_equal(policy_of(place).build_sandbox, SANDBOX_NO);
	assert_string_equal(notebook_text(&place->notebook), "w hello\n");
}

static void packages_carry_their_policy(void **state)
{
	struct place *place = *state;
	cleanup(package_free_handler) struct package *package = NULL;

	place_write(place, "src/dkms.conf", GOOD_CONF);
	place_write(place, "etc/dkms/foo.conf", "build_network=on\n");
	assert_int_equal(package_load(&place->request, &package, NULL, &place->error), 0);
	assert_true(package->policy.build_network);
	assert_string_equal(policy_text(&package->policy, "build_network"), "yes");
	assert_string_equal(policy_text(&package->policy, "build_sandbox"), "yes");
}

UNIT_MAIN(PLACE_TEST(a_dkms_conf_cannot_open_its_own_cage),
	  PLACE_TEST(without_overrides_a_dkms_conf_decides_nothing),
	  PLACE_TEST(the_command_line_and_the_environment_decide_nothing),
	  PLACE_TEST(a_bad_value_is_told_and_changes_nothing),
	  PLACE_TEST(a_bad_value_opens_nothing_that_framework_conf_closes),
	  PLACE_TEST(unknown_names_in_overrides_are_told),
	  PLACE_TEST(an_override_that_cannot_be_read_is_refused),
	  PLACE_TEST(the_more_particular_override_wins),
	  PLACE_TEST(what_overrides_print_is_said_once), PLACE_TEST(packages_carry_their_policy))
