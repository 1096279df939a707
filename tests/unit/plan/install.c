/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include "world.h"

static void unknown_module_fails(void **state)
{
	cleanup(world_free_handler) struct world *w = world_new();

	(void)state;
	world_plan(w, planner_install, "foo", "1.0", K1);
	planner_finish(&w->planner);
	assert_int_equal(w->plan.count, 1);
	assert_failure(w, 0, EXIT_NOT_FOUND);
}

static void broken_module_fails(void **state)
{
	cleanup(world_free_handler) struct world *w = world_new();

	(void)state;
	scratch_symlink(w->scratch, "var/lib/dkms/foo/1.0/source", "/nowhere");
	world_plan(w, planner_build, "foo", "1.0", K1);
	assert_int_equal(w->plan.count, 1);
	assert_failure(w, 0, EXIT_BROKEN);
}

/* What one kernel cannot have, another may. */
static void kernel_without_headers_fails_alone(void **state)
{
	cleanup(world_free_handler) struct world *w = world_new();

	(void)state;
	world_add(w, "foo", "1.0", "");
	scratch_directory(w->scratch, "lib/modules/5.10");
	world_plan(w, planner_build, "foo", "1.0", "5.10");
	world_plan(w, planner_build, "foo", "1.0", K2);
	planner_finish(&w->planner);
	assert_int_equal(w->plan.count, 2);
	assert_failure(w, 0, EXIT_NO_HEADERS);
	assert_int_equal(w->plan.jobs[1].kind, JOB_BUILD);
	assert_int_equal(w->plan.jobs[1].edge_count, 0);
}

static void excluded_module_is_skipped_by_status(void **state)
{
	cleanup(world_free_handler) struct world *w = world_new();

	(void)state;
	world_add(w, "foo", "1.0", "BUILD_EXCLUSIVE_KERNEL='^5'");
	world_plan(w, planner_install, "foo", "1.0", K1);
	assert_int_equal(w->plan.count, 1);
	assert_failure(w, 0, EXIT_EXCLUDED);
}

static void missing_dependency_fails(void **state)
{
	cleanup(world_free_handler) struct world *w = world_new();

	(void)state;
	world_add(w, "foo", "1.0", "BUILD_DEPENDS=bar");
	world_plan(w, planner_install, "foo", "1.0", K1);
	assert_int_equal(w->plan.count, 1);
	assert_failure(w, 0, EXIT_DEPENDENCY);
}

static void force_goes_on_without_a_dependency(void **state)
{
	cleanup(world_free_handler) struct world *w = world_new();

	(void)state;
	world_add(w, "foo", "1.0", "BUILD_DEPENDS=bar");
	w->planner.force = true;
	world_plan(w, planner_build, "foo", "1.0", K1);
	assert_plan(w, "0 build foo/1.0 for 6.1 (x86_64)\n");
	assert_non_null(strstr(notebook_text(&w->notebook), "needs bar"));
}

static void install_adds_builds_and_ends_each_kernel_once(void **state)
{
	cleanup(world_free_handler) struct world *w = world_new();

	(void)state;
	world_source(w, "foo", "1.0", "");
	world_plan(w, planner_install, "foo", "1.0", K1);
	world_plan(w, planner_install, "foo", "1.0", K2);
	planner_finish(&w->planner);
	assert_plan(w, "0 add foo/1.0\n"
		       "1 build foo/1.0 for 6.1 (x86_64) <- 0!\n"
		       "2 install foo/1.0 for 6.1 (x86_64) <- 1!\n"
		       "3 build foo/1.0 for 6.12 (x86_64) <- 0!\n"
		       "4 install foo/1.0 for 6.12 (x86_64) <- 3!\n"
		       "5 run depmod for 6.1 <- 2\n"
		       "6 run depmod for 6.12 <- 4\n");
}

static void what_is_done_is_said_to_be(void **state)
{
	cleanup(world_free_handler) struct world *w = world_new();

	(void)state;
	world_add(w, "foo", "1.0", "");
	world_installed(w, "foo", "1.0", K1);
	world_plan(w, planner_build, "foo", "1.0", K1);
	planner_finish(&w->planner);
	assert_plan(w, "0 Module foo/1.0 already built for kernel 6.1 (x86_64), skip. You may "
		       "override by specifying --force.\n");
	assert_false(plan_changes_anything(&w->plan));
}

static void two_modules_share_a_depmod(void **state)
{
	cleanup(world_free_handler) struct world *w = world_new();

	(void)state;
	world_add(w, "bar", "2", "");
	world_add(w, "foo", "1.0", "");
	world_built(w, "bar", "2", K1);
	world_built(w, "foo", "1.0", K1);
	world_plan(w, planner_install, "bar", "2", K1);
	world_plan(w, planner_install, "foo", "1.0", K1);
	planner_finish(&w->planner);
	assert_plan(w, "0 install bar/2 for 6.1 (x86_64)\n"
		       "1 install foo/1.0 for 6.1 (x86_64)\n"
		       "2 run depmod for 6.1 <- 0 1\n");
}

static void dependency_is_waited_for(void **state)
{
	cleanup(world_free_handler) struct world *w = world_new();

	(void)state;
	world_add(w, "bar", "2", "");
	world_add(w, "foo", "1.0", "BUILD_DEPENDS=bar");
	world_plan(w, planner_install, "bar", "2", K1);
	world_plan(w, planner_install, "foo", "1.0", K1);
	planner_finish(&w->planner);
	assert_plan(w, "0 build bar/2 for 6.1 (x86_64)\n"
		       "1 install bar/2 for 6.1 (x86_64) <- 0!\n"
		       "2 build foo/1.0 for 6.1 (x86_64) <- 1!\n"
		       "3 install foo/1.0 for 6.1 (x86_64) <- 2!\n"
		       "4 run depmod for 6.1 <- 1 3\n");
}

/* BUILD_DEPENDS_REBUILD: foo was built against bar/1 and is installed. */
static void new_dependency_rebuilds(void **state)
{
	cleanup(world_free_handler) struct world *w = world_new();

	(void)state;
	world_add(w, "bar", "2", "");
	world_add(w, "foo", "1.0", "BUILD_DEPENDS=bar\nBUILD_DEPENDS_REBUILD=yes");
	world_built(w, "bar", "2", K1);
	world_installed(w, "foo", "1.0", K1);
	scratch_write(w->scratch, "var/lib/dkms/foo/1.0/6.1/x86_64/.dep_bar", "1\n");
	world_plan(w, planner_install, "bar", "2", K1);
	planner_finish(&w->planner);
	assert_plan(w, "0 install bar/2 for 6.1 (x86_64)\n"
		       "1 build foo/1.0 for 6.1 (x86_64) <- 0!\n"
		       "2 install foo/1.0 for 6.1 (x86_64) <- 1!\n"
		       "3 run depmod for 6.1 <- 0 2\n");
	assert_true(w->plan.jobs[2].again);
}

static void post_transaction_comes_last(void **state)
{
	cleanup(world_free_handler) struct world *w = world_new();

	(void)state;
	world_add(w, "foo", "1.0", "");
	world_built(w, "foo", "1.0", K1);
	text_assign(&w->settings.post_transaction, "true");
	world_plan(w, planner_install, "foo", "1.0", K1);
	planner_finish(&w->planner);
	assert_plan(w, "0 install foo/1.0 for 6.1 (x86_64)\n"
		       "1 run depmod for 6.1 <- 0\n"
		       "2 run the post-transaction command <- 0 1\n");
	assert_true(w->plan.jobs[2].follows_success);
}

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

static void sign_unknown_module_fails(void **state)
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

UNIT_MAIN(cmocka_unit_test(unknown_module_fails), cmocka_unit_test(broken_module_fails),
	  cmocka_unit_test(kernel_without_headers_fails_alone),
	  cmocka_unit_test(excluded_module_is_skipped_by_status),
	  cmocka_unit_test(missing_dependency_fails),
	  cmocka_unit_test(force_goes_on_without_a_dependency),
	  cmocka_unit_test(install_adds_builds_and_ends_each_kernel_once),
	  cmocka_unit_test(what_is_done_is_said_to_be),
	  cmocka_unit_test(two_modules_share_a_depmod), cmocka_unit_test(dependency_is_waited_for),
	  cmocka_unit_test(new_dependency_rebuilds), cmocka_unit_test(post_transaction_comes_last),
	  cmocka_unit_test(sign_unknown_module_fails),
	  cmocka_unit_test(what_is_not_built_is_said_to_be),
	  cmocka_unit_test(kernel_without_signatures_says_why),
	  cmocka_unit_test(built_module_is_signed_alone),
	  cmocka_unit_test(installed_module_is_installed_again))
