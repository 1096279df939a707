/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include "base/cleanup.h"
#include "base/memory.h"
#include "base/path.h"

static void join_folds_slashes_and_skips_empty_parts(void **state)
{
	(void)state;
	cleanup(free_string) char *path = path_join("/a/", "", "/b", "c", NULL);

	assert_string_equal(path, "/a/b/c");
}

static void parent_of_each_form(void **state)
{
	static const char *const cases[][2] = {
		{"/a/b", "/a"}, {"/a", "/"}, {"a", "."}, {"a/b", "a"}, {"/a//b", "/a"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		cleanup(free_string) char *parent = path_parent(cases[i][0]);

		cleanup(free_string) char *path = xstrdup(cases[i][0]);

		path_ascend(&path);
		assert_string_equal(parent, cases[i][1]);
		assert_string_equal(path, cases[i][1]);
	}
}

static void normalize_refuses_to_climb_out(void **state)
{
	(void)state;
	cleanup(free_string) char *inside = path_normalize("/kernel/../updates/./x");

	assert_string_equal(inside, "/updates/x");
	assert_null(path_normalize("/kernel/../../etc"));
	assert_null(path_normalize("a/../.."));
}

static void within_compares_whole_components(void **state)
{
	(void)state;
	assert_true(path_is_within("/a/b", "/a"));
	assert_true(path_is_within("/a", "/a/"));
	assert_true(path_is_within("/a", "/"));
	assert_false(path_is_within("/ab", "/a"));
}

static void plain_names(void **state)
{
	(void)state;
	assert_true(path_is_plain_name("foo+1.2~rc"));
	assert_false(path_is_plain_name(""));
	assert_false(path_is_plain_name(".."));
	assert_false(path_is_plain_name("-x"));
	assert_false(path_is_plain_name("a/b"));
	assert_false(path_is_plain_name("a\nb"));
}

static void paths_in_a_command(void **state)
{
	cleanup(strv_free) struct strv paths = {0};

	(void)state;
	path_list_named("MAKE='/tmp/a/../make' KDIR=/lib/x; cd \"/b c\" && make /../up ./d",
			&paths);
	assert_int_equal(paths.count, 3);
	assert_string_equal(paths.items[0], "/tmp/make");
	assert_string_equal(paths.items[1], "/lib/x");
	assert_string_equal(paths.items[2], "/b");
}

static void links_that_lead_out(void **state)
{
	static const char *const cases[][2] = {
		{"a", ""},
		{"a", "/etc/passwd"},
		{"a", ".."},
		{"a", "../b"},
		{"a/b", "../../c"},
		{"a/b/c", ".././../../d"},
		{"a", "./../b"},
		/* After a name it may climb from anywhere: d may be a link to the top. */
		{"a", "d/.."},
		{"a/b/c", "d/../e"},
		{"a", "d//../.."},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		if (link_stays_inside(cases[i][0], cases[i][1]))
			fail_msg("%s -> %s", cases[i][0], cases[i][1]);
}

static void links_that_stay(void **state)
{
	static const char *const cases[][2] = {
		{"a", "b"},         {"a", "./b"},       {"a", "b/c/d"},     {"a", "..b/...c"},
		{"a/b", "../c"},    {"a/b", ".."},      {"a/b/c", "../.."}, {"a/b/c", "../../d/e"},
		{"a/b", ".//../c"}, {"a/b/c", "./../"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		if (!link_stays_inside(cases[i][0], cases[i][1]))
			fail_msg("%s -> %s", cases[i][0], cases[i][1]);
}

UNIT_MAIN(cmocka_unit_test(join_folds_slashes_and_skips_empty_parts),
	  cmocka_unit_test(parent_of_each_form), cmocka_unit_test(normalize_refuses_to_climb_out),
	  cmocka_unit_test(within_compares_whole_components), cmocka_unit_test(plain_names),
	  cmocka_unit_test(paths_in_a_command), cmocka_unit_test(links_that_lead_out),
	  cmocka_unit_test(links_that_stay))
