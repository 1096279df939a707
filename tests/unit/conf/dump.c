/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include <json-c/json.h>

#include "conf/dump.h"
#include "fixture.h"

static void fill(struct conf_evaluation *evaluation)
{
	conf_values_set(&evaluation->values, "PACKAGE_NAME", 0, "foo", "/dkms.conf:1");
	conf_values_set(&evaluation->values, "MAKE", 10, "make", NULL);
	conf_values_set(&evaluation->values, "MAKE", 2, "A=\"$x\" `y` \\z", "--directive");
	conf_values_set(&evaluation->overriding, "build_sandbox", 0, "Require", "/foo.conf:1");
	evaluation->policy.build_sandbox = SANDBOX_REQUIRE;
	conf_values_set(&evaluation->values, "OTHER", 0, "x", NULL);
	strv_add(&evaluation->files, "/dkms.conf");
}

static struct json_object *parse(const struct conf_dump *dump)
{
	cleanup(free_string) char *text = conf_dump_json(dump);
	struct json_object *root = json_tokener_parse(text);

	assert_true(text_ends_with(text, "}\n"));
	assert_non_null(root);
	return root;
}

/* The text at a JSON pointer. */
static const char *at(struct json_object *root, const char *pointer)
{
	struct json_object *found = NULL;

	if (json_pointer_get(root, pointer, &found) != 0)
		fail_msg("nothing at %s", pointer);
	return json_object_get_string(found);
}

static void a_bad_conf_without_values_is_still_dumped(void **state)
{
	const struct conf_evaluation evaluation = {0};
	const struct conf_dump dump = {.evaluation = &evaluation};
	cleanup(free_string) char *text = conf_dump_text(&dump);
	struct json_object *root = parse(&dump);

	(void)state;
	assert_string_equal(text, "");
	assert_string_equal(
		json_object_to_json_string_ext(root, JSON_C_TO_STRING_PLAIN),
		"{\"package\":null,\"directives\":{},\"origins\":{},"
		"\"policy\":{\"build_sandbox\":\"yes\",\"build_network\":\"no\","
		"\"build_in_source\":\"no\",\"build_limits\":\"\",\"abi_reuse\":\"strict\","
		"\"allow_writable_sources\":\"no\",\"initramfs\":\"auto\","
		"\"critical\":\"auto\",\"remote\":\"\",\"remote_policy\":\"prefer\","
		"\"trust_quorum\":\"1\"},"
		"\"files\":[]}");
	json_object_put(root);
}

static void bytes_that_are_no_utf8_make_valid_json(void **state)
{
	cleanup(conf_evaluation_free) struct conf_evaluation evaluation = {0};
	const struct conf_dump dump = {.evaluation = &evaluation};

	(void)state;
	conf_values_set(&evaluation.values, "MAKE", 0, "a\xff\"\n\x01", NULL);
	struct json_object *root = parse(&dump);

	assert_string_equal(at(root, "/directives/MAKE/0"), "a\xef\xbf\xbd\"\n\x01");
	json_object_put(root);
}

static void for_people(void **state)
{
	cleanup(conf_evaluation_free) struct conf_evaluation evaluation = {0};
	struct lint_finding items[] = {
		{LINT_QUOTES, (char *)"/dkms.conf", 3, (char *)"Odd."},
		{LINT_USELESS, (char *)"/dkms.conf", 0, (char *)"Empty."},
	};
	const struct lint_findings findings = {items, 2, 2};
	const struct package package = {.excluded = true, .exclusion_reason = (char *)"Too new."};
	const struct conf_dump dump = {&evaluation, &package, NULL};
	const struct conf_dump lint = {&evaluation, &package, &findings};
	const struct lint_findings none = {0};
	const struct conf_dump sound = {&evaluation, &package, &none};

	(void)state;
	fill(&evaluation);
	cleanup(free_string) char *text = conf_dump_text(&dump);
	cleanup(free_string) char *odd = conf_dump_text(&lint);
	cleanup(free_string) char *verdict = conf_dump_text(&sound);

	assert_string_equal(text, "PACKAGE_NAME=\"foo\"  # /dkms.conf:1\n"
				  "MAKE[2]=\"A=\\\"\\$x\\\" \\`y\\` \\\\z\"  # --directive\n"
				  "MAKE[10]=\"make\"\n"
				  "build_sandbox=\"Require\"  # /foo.conf:1\n"
				  "# excluded: Too new.\n");
	assert_string_equal(odd, "/dkms.conf:3: quotes: Odd.\n"
				 "/dkms.conf: useless: Empty.\n"
				 "2 findings.\n");
	assert_string_equal(verdict, "No findings.\n");
}

static void for_programs(void **state)
{
	cleanup(conf_evaluation_free) struct conf_evaluation evaluation = {0};
	struct lint_finding items[] = {
		{LINT_QUOTES, (char *)"/dkms.conf", 3, (char *)"Odd."},
		{LINT_USELESS, (char *)"/dkms.conf", 0, (char *)"Empty."},
	};
	const struct lint_findings findings = {items, 2, 2};

	(void)state;
	cleanup(package_free_handler) struct package *package = assert_accepted(
		GOOD_CONF "MAKE=make x\nPATCH=p\nAUTOINSTALL=y\n", "");
	const struct conf_dump dump = {&evaluation, package, &findings};

	fill(&evaluation);
	struct json_object *root = parse(&dump);
	static const char *const expected[][2] = {
		{"/package/name", "foo"},
		{"/package/version", "1.0"},
		{"/package/autoinstall", "true"},
		{"/package/make", "make x"},
		{"/package/patches/0", "p"},
		{"/package/excluded", "false"},
		{"/package/modules/0/built_name", "foo"},
		{"/package/modules/0/dest_location", "/extra"},
		{"/package/modules/0/strip", "true"},
		{"/directives/PACKAGE_NAME/0", "foo"},
		{"/directives/MAKE/2", "A=\"$x\" `y` \\z"},
		{"/directives/MAKE/10", "make"},
		{"/origins/PACKAGE_NAME/0", "/dkms.conf:1"},
		{"/origins/MAKE/2", "--directive"},
		{"/directives/build_sandbox/0", "Require"},
		{"/origins/build_sandbox/0", "/foo.conf:1"},
		{"/policy/build_sandbox", "require"},
		{"/policy/build_network", "no"},
		{"/files/0", "/dkms.conf"},
		{"/findings/0/file", "/dkms.conf"},
		{"/findings/0/line", "3"},
		{"/findings/0/kind", "quotes"},
		{"/findings/0/text", "Odd."},
		{"/findings/1/kind", "useless"},
	};

	for (size_t i = 0; i < sizeof(expected) / sizeof(*expected); i++)
		assert_string_equal(at(root, expected[i][0]), expected[i][1]);
	struct json_object *found;

	assert_int_not_equal(json_pointer_get(root, "/directives/OTHER", &found), 0);
	assert_int_not_equal(json_pointer_get(root, "/directives/PATCH", &found), 0);
	assert_int_not_equal(json_pointer_get(root, "/origins/MAKE/10", &found), 0);
	assert_int_not_equal(json_pointer_get(root, "/findings/1/line", &found), 0);
	json_object_put(root);
}

UNIT_MAIN(cmocka_unit_test(a_bad_conf_without_values_is_still_dumped),
	  cmocka_unit_test(bytes_that_are_no_utf8_make_valid_json), cmocka_unit_test(for_people),
	  cmocka_unit_test(for_programs))
