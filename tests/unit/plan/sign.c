/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What signing anew comes to. */
#include "unit.h"
#include "world.h"

/* K1 verifies signatures, K2 does not. */
static struct world *world_of_signatures(void)
{
	struct world *w = world_new();

	scratch_write(w->scratch, "lib/modules/" K1 "/build/include/config/auto.conf",
		      "CONFIG_MODULE_SIG_HASH=\"sha256\"\n");
	w->settings.try_sign_modules = SIGN_ALWAYS;
	world_add(w, "foo", "1.0", "");
	return w;
}

static void unknown_module_fails(void **state)
{
	cleanup(world_free_handler) struct world *w = world_of_signatures();

	(void)state;
	world_plan(w, planner_sign, "bar", "1", K1);
	assert_int_equal(w->plan.count, 1);
	assert_failure(w, 0, EXIT_TREE);
}

static void what_is_not_built_is_said_to_be(void **state)
{
	cleanup(world_free_handler) struct world *w = world_of_signatures();

	(void)state;
	world_plan(w, planner_sign, "foo", "1.0", K1);
	assert_plan(w, "0 Module foo/1.0 is not built for kernel 6.1 (x86_64). Skipping...\n");
}

static void kernel_without_signatures_says_why(void **state)
{
	cleanup(world_free_handler) struct world *w = world_of_signatures();

	(void)state;
	world_built(w, "foo", "1.0", K2);
	world_plan(w, planner_sign, "foo", "1.0", K2);
	assert_int_equal(w->plan.count, 1);
	assert_int_equal(w->plan.jobs[0].kind, JOB_NOTICE);
	assert_non_null(strstr(w->plan.jobs[0].text, K2));
}

static void built_module_is_signed_alone(void **state)
{
	cleanup(world_free_handler) struct world *w = world_of_signatures();

	(void)state;
	world_built(w, "foo", "1.0", K1);
	world_plan(w, planner_sign, "foo", "1.0", K1);
	planner_finish(&w->planner);
	assert_plan(w, "0 sign foo/1.0 for 6.1 (x86_64)\n");
}

static void installed_module_is_installed_again(void **state)
{
	cleanup(world_free_handler) struct world *w = world_of_signatures();

	(void)state;
	world_installed(w, "foo", "1.0", K1);
	world_plan(w, planner_sign, "foo", "1.0", K1);
	planner_finish(&w->planner);
	assert_plan(w, "0 sign foo/1.0 for 6.1 (x86_64)\n"
		       "1 install foo/1.0 for 6.1 (x86_64) <- 0!\n"
		       "2 run depmod for 6.1 <- 1\n");
}

UNIT_MAIN(cmocka_unit_test(unknown_module_fails), cmocka_unit_test(what_is_not_built_is_said_to_be),
	  cmocka_unit_test(kernel_without_signatures_says_why),
	  cmocka_unit_test(built_module_is_signed_alone),
	  cmocka_unit_test(installed_module_is_installed_again))
