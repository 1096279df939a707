/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What uninstall, unbuild and remove come to: nothing is deleted before depmod has agreed. */
#include "unit.h"
#include "world.h"

static void plan_remove(struct world *w, const char *kernel)
{
	struct module_id id = {(char *)"foo", (char *)"1.0"};
	struct kernel_id on = {(char *)kernel, (char *)A};
	const struct kernel_ids kernels = {&on, 1};

	planner_remove(&w->planner, &id, &kernels);
	planner_finish(&w->planner);
}

static void unknown_module_fails(void **state)
{
	cleanup(world_free_handler) struct world *w = world_new();

	(void)state;
	plan_remove(w, K1);
	assert_int_equal(w->plan.count, 1);
	assert_failure(w, 0, EXIT_TREE);
}

static void what_is_not_installed_is_said_to_be(void **state)
{
	cleanup(world_free_handler) struct world *w = world_new();

	(void)state;
	world_add(w, "foo", "1.0", "");
	world_plan(w, planner_uninstall, "foo", "1.0", K1);
	planner_finish(&w->planner);
	assert_plan(w, "0 Module foo/1.0 is not installed for kernel 6.1 (x86_64). Skipping...\n");
}

static void last_kernel_forgets_the_module(void **state)
{
	cleanup(world_free_handler) struct world *w = world_new();

	(void)state;
	world_add(w, "foo", "1.0", "");
	world_installed(w, "foo", "1.0", K1);
	plan_remove(w, K1);
	assert_plan(w, "0 uninstall foo/1.0 for 6.1 (x86_64)\n"
		       "1 run depmod for 6.1 <- 0\n"
		       "2 unbuild foo/1.0 for 6.1 (x86_64) <- 0! 1\n"
		       "3 forget foo/1.0 <- 0! 1 2!\n");
}

static void another_kernel_keeps_it(void **state)
{
	cleanup(world_free_handler) struct world *w = world_new();

	(void)state;
	world_add(w, "foo", "1.0", "");
	world_installed(w, "foo", "1.0", K1);
	world_built(w, "foo", "1.0", K2);
	plan_remove(w, K1);
	assert_plan(w, "0 uninstall foo/1.0 for 6.1 (x86_64)\n"
		       "1 run depmod for 6.1 <- 0\n"
		       "2 unbuild foo/1.0 for 6.1 (x86_64) <- 0! 1\n");
}

/* A dkms.conf that cannot be read any more keeps no module installed. */
static void unreadable_conf_is_no_obstacle(void **state)
{
	cleanup(world_free_handler) struct world *w = world_new();

	(void)state;
	world_add(w, "foo", "1.0", "DEST_MODULE_LOCATION=nowhere");
	world_installed(w, "foo", "1.0", K1);
	world_plan(w, planner_uninstall, "foo", "1.0", K1);
	planner_finish(&w->planner);
	assert_plan(w, "0 uninstall foo/1.0 for 6.1 (x86_64)\n"
		       "1 run depmod for 6.1 <- 0\n");
}

UNIT_MAIN(cmocka_unit_test(unknown_module_fails),
	  cmocka_unit_test(what_is_not_installed_is_said_to_be),
	  cmocka_unit_test(last_kernel_forgets_the_module),
	  cmocka_unit_test(another_kernel_keeps_it),
	  cmocka_unit_test(unreadable_conf_is_no_obstacle))
