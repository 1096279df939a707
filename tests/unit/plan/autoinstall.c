/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which modules autoinstall takes, in which order, and what becomes of the others. */
#include "unit.h"
#include "world.h"
#include "plan/autoinstall.h"

/* "NAME/VERSION:OUTCOME" of each module, in the order of the plan. */
static void assert_outcomes(struct world *w, const char *expected)
{
	static const char *const names[] = {
		[AUTOINSTALL_PLANNED] = "planned", [AUTOINSTALL_DONE] = "done",
		[AUTOINSTALL_SKIPPED] = "skipped", [AUTOINSTALL_DEFERRED] = "deferred",
		[AUTOINSTALL_FAILED] = "failed",
	};
	const struct kernel_id kernel = {(char *)K1, (char *)A};
	struct autoinstall autoinstall = {0};
	const struct module_id every = {0};
	struct error error = {0};
	cleanup(strv_free) struct strv found = {0};

	if (planner_autoinstall(&w->planner, &kernel, &every, &autoinstall, &error) < 0)
		fail_msg("%s", error.message);
	for (size_t i = 0; i < autoinstall.count; i++)
		strv_add_format(&found, "%s/%s:%s", autoinstall.items[i].id.name,
				autoinstall.items[i].id.version,
				names[autoinstall.items[i].outcome]);
	cleanup(free_string) char *text = strv_join(&found, " ");

	assert_string_equal(text, expected);
	autoinstall_free(&autoinstall);
}

static void empty_tree_has_nothing_to_do(void **state)
{
	cleanup(world_free_handler) struct world *w = world_new();

	(void)state;
	assert_outcomes(w, "");
	assert_int_equal(w->plan.count, 0);
}

static void newest_version_is_taken(void **state)
{
	cleanup(world_free_handler) struct world *w = world_new();

	(void)state;
	world_add(w, "foo", "1.9", "");
	world_add(w, "foo", "1.10", "");
	assert_outcomes(w, "foo/1.10:planned");
}

static void module_without_autoinstall_is_left(void **state)
{
	cleanup(world_free_handler) struct world *w = world_new();

	(void)state;
	world_add(w, "bar", "1", "AUTOINSTALL=");
	world_add(w, "foo", "1", "");
	assert_outcomes(w, "foo/1:planned");
}

static void dependency_goes_first(void **state)
{
	cleanup(world_free_handler) struct world *w = world_new();

	(void)state;
	world_add(w, "aaa", "1", "BUILD_DEPENDS=zzz");
	world_add(w, "zzz", "1", "");
	assert_outcomes(w, "zzz/1:planned aaa/1:planned");
}

static void circle_fails_and_others_go_on(void **state)
{
	cleanup(world_free_handler) struct world *w = world_new();

	(void)state;
	world_add(w, "bar", "1", "BUILD_DEPENDS=foo");
	world_add(w, "foo", "1", "BUILD_DEPENDS=bar");
	world_add(w, "sane", "1", "");
	assert_outcomes(w, "sane/1:planned bar/1:failed foo/1:failed");
}

static void stranger_defers(void **state)
{
	cleanup(world_free_handler) struct world *w = world_new();

	(void)state;
	world_add(w, "foo", "1", "BUILD_DEPENDS=stranger");
	assert_outcomes(w, "foo/1:deferred");
}

static void excluded_dependency_satisfies(void **state)
{
	cleanup(world_free_handler) struct world *w = world_new();

	(void)state;
	world_add(w, "bar", "1", "BUILD_EXCLUSIVE_KERNEL='^5'");
	world_add(w, "foo", "1", "BUILD_DEPENDS=bar");
	assert_outcomes(w, "bar/1:skipped foo/1:planned");
}

static void broken_module_is_passed_over(void **state)
{
	cleanup(world_free_handler) struct world *w = world_new();

	(void)state;
	scratch_symlink(w->scratch, "var/lib/dkms/bad/1/source", "/nowhere");
	world_add(w, "foo", "1", "");
	assert_outcomes(w, "foo/1:planned");
}

UNIT_MAIN(cmocka_unit_test(empty_tree_has_nothing_to_do), cmocka_unit_test(newest_version_is_taken),
	  cmocka_unit_test(module_without_autoinstall_is_left),
	  cmocka_unit_test(dependency_goes_first), cmocka_unit_test(circle_fails_and_others_go_on),
	  cmocka_unit_test(stranger_defers), cmocka_unit_test(excluded_dependency_satisfies),
	  cmocka_unit_test(broken_module_is_passed_over))
