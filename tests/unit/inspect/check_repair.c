/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the repair of each finding comes to. */
#include "unit.h"

#include "plan/world.h"
#include "inspect/check.h"

static struct check_finding finding(enum check_repair repair, const char *path)
{
	return (struct check_finding){
		.kind = "kind",
		.repair = repair,
		.path = (char *)path,
		.message = (char *)"it is wrong",
		.id = {(char *)"foo", (char *)"1.0"},
		.kernel = {(char *)K1, (char *)A},
	};
}

static void plan_repair(struct world *w, struct check_finding *items, size_t count)
{
	const struct check_findings findings = {items, count};

	planner_repair(&w->planner, &findings);
	planner_finish(&w->planner);
}

static void what_people_must_do_is_not_planned(void **state)
{
	cleanup(world_free_handler) struct world *w = world_new();
	struct check_finding items[] = {finding(REPAIR_BY_HAND, "/a"),
					finding(REPAIR_NEXT_RUN, "/b")};

	(void)state;
	plan_repair(w, items, 2);
	assert_plan(w, "");
}

static void what_can_be_missed_is_removed(void **state)
{
	cleanup(world_free_handler) struct world *w = world_new();
	struct check_finding items[] = {finding(REPAIR_DISCARD, "/a")};

	(void)state;
	plan_repair(w, items, 1);
	assert_plan(w, "0 Repairing /a: it is wrong.\n"
		       "1 remove /a\n");
}

static void a_link_is_made_anew(void **state)
{
	cleanup(world_free_handler) struct world *w = world_new();
	struct check_finding items[] = {finding(REPAIR_ADD, "/a")};

	(void)state;
	world_source(w, "foo", "1.0", "");
	plan_repair(w, items, 1);
	assert_plan(w, "0 Repairing /a: it is wrong.\n"
		       "1 add foo/1.0\n");
}

static void what_is_missing_is_installed_again(void **state)
{
	cleanup(world_free_handler) struct world *w = world_new();
	struct check_finding items[] = {finding(REPAIR_REINSTALL, "/a")};

	(void)state;
	world_add(w, "foo", "1.0", "");
	world_installed(w, "foo", "1.0", K1);
	plan_repair(w, items, 1);
	assert_plan(w, "0 Repairing /a: it is wrong.\n"
		       "1 install foo/1.0 for 6.1 (x86_64)\n"
		       "2 run depmod for 6.1 <- 1\n");
	/* What was refused then is refused again. */
	assert_false(w->plan.jobs[1].force);
	assert_true(w->plan.jobs[1].again);
	assert_false(w->planner.force);
}

static void originals_go_back_before_depmod(void **state)
{
	cleanup(world_free_handler) struct world *w = world_new();
	struct check_finding items[] = {finding(REPAIR_RESTORE, "/a"),
					finding(REPAIR_DEPMOD, "/b")};

	(void)state;
	plan_repair(w, items, 2);
	assert_plan(w, "0 Repairing /a: it is wrong.\n"
		       "1 put back what foo replaced for 6.1\n"
		       "2 Repairing /b: it is wrong.\n"
		       "3 run depmod for 6.1 <- 1\n");
}

static void depmod_runs_alone(void **state)
{
	cleanup(world_free_handler) struct world *w = world_new();
	struct check_finding items[] = {finding(REPAIR_DEPMOD, "/a")};

	(void)state;
	plan_repair(w, items, 1);
	assert_plan(w, "0 Repairing /a: it is wrong.\n"
		       "1 run depmod for 6.1\n");
}

/* Its originals stay archived, and it ends with depmod. */
static void an_install_is_repair_enough(void **state)
{
	cleanup(world_free_handler) struct world *w = world_new();
	struct check_finding items[] = {finding(REPAIR_RESTORE, "/a"), finding(REPAIR_DEPMOD, "/b"),
					finding(REPAIR_REINSTALL, "/c")};

	(void)state;
	world_add(w, "foo", "1.0", "");
	world_built(w, "foo", "1.0", K1);
	plan_repair(w, items, 3);
	assert_plan(w, "0 Repairing /a: it is wrong.\n"
		       "1 Repairing /b: it is wrong.\n"
		       "2 Repairing /c: it is wrong.\n"
		       "3 install foo/1.0 for 6.1 (x86_64)\n"
		       "4 run depmod for 6.1 <- 3\n");
}

UNIT_MAIN(cmocka_unit_test(what_people_must_do_is_not_planned),
	  cmocka_unit_test(what_can_be_missed_is_removed), cmocka_unit_test(a_link_is_made_anew),
	  cmocka_unit_test(what_is_missing_is_installed_again),
	  cmocka_unit_test(originals_go_back_before_depmod), cmocka_unit_test(depmod_runs_alone),
	  cmocka_unit_test(an_install_is_repair_enough))
