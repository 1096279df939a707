/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "inspect/check.h"
#include "plan/world.h"

#define TREE    "var/lib/dkms"
#define MODULES "lib/modules/" K1

static const char *const repairs[] = {
	[REPAIR_BY_HAND] = "hand",  [REPAIR_NEXT_RUN] = "next run",   [REPAIR_DISCARD] = "discard",
	[REPAIR_ADD] = "add",       [REPAIR_REINSTALL] = "reinstall", [REPAIR_RESTORE] = "restore",
	[REPAIR_DEPMOD] = "depmod",
};

/* "KIND REPAIR PATH\n" of each finding, with paths as seen from the root. */
static char *findings_text(struct world *w, const char *name)
{
	const struct module_id id = {(char *)name, NULL};
	const struct kernel_ids kernels = {0};
	const struct strv arches = {0};
	const struct status_filter filter = {.id = &id, .kernels = &kernels, .arches = &arches};
	cleanup(check_findings_free) struct check_findings findings = {0};
	struct buffer text = {0};
	struct error error = {0};

	if (check_collect(&w->settings, w->distro, &filter, &findings, &error) < 0)
		fail_msg("%s", error.message);
	for (size_t i = 0; i < findings.count; i++)
		buffer_add_format(&text, "%s %s %s\n", findings.items[i].kind,
				  repairs[findings.items[i].repair],
				  findings.items[i].path + strlen(w->scratch) + 1);
	buffer_add_text(&text, "");
	return buffer_take(&text);
}

static void assert_found(struct world *w, const char *expected)
{
	cleanup(free_string) char *text = findings_text(w, NULL);

	assert_string_equal(text, expected);
}

/* A module that says nothing, but is one. */
static void write_module(const struct world *w, const char *name)
{
	cleanup(free_string) char *command = text_format("gcc -c -x c /dev/null -o '%s/%s'",
							 w->scratch, name);

	scratch_write(w->scratch, name, "");
	assert_int_equal(system(command), 0);
}

static struct world *world_with_build(void)
{
	struct world *w = world_new();

	world_add(w, "foo", "1.0", "");
	write_module(w, TREE "/foo/1.0/" K1 "/" A "/module/foo.ko");
	return w;
}

static void install(const struct world *w)
{
	write_module(w, MODULES "/updates/dkms/foo.ko");
	scratch_symlink(w->scratch, TREE "/foo/kernel-" K1 "-" A, "1.0/" K1 "/" A);
}

static void take_away(const struct world *w, const char *name)
{
	cleanup(free_string) char *path = path_join(w->scratch, name, NULL);
	struct error error = {0};

	assert_int_equal(directory_remove(path, &error), 0);
}

static void what_is_sound_is_no_finding(void **state)
{
	cleanup(world_free_handler) struct world *w = world_new();

	(void)state;
	assert_found(w, "");
	world_add(w, "foo", "1.0", "");
	assert_found(w, "");
	write_module(w, TREE "/foo/1.0/" K1 "/" A "/module/foo.ko");
	assert_found(w, "");
	install(w);
	assert_found(w, "");
	scratch_write(w->scratch, MODULES "/modules.dep", "updates/dkms/foo.ko:\n");
	assert_found(w, "");
}

static void links_to_sources(void **state)
{
	cleanup(world_free_handler) struct world *w = world_new();

	(void)state;
	world_add(w, "foo", "1.0", "");
	take_away(w, TREE "/foo/1.0/source");
	scratch_directory(w->scratch, TREE "/foo/1.0");
	assert_found(w, "source-link add " TREE "/foo/1.0/source\n");
	scratch_symlink(w->scratch, TREE "/foo/1.0/source", "nowhere");
	assert_found(w, "source-link add " TREE "/foo/1.0/source\n");
	take_away(w, "usr/src/foo-1.0");
	assert_found(w, "source hand " TREE "/foo/1.0/source\n");
}

static void what_an_install_left(void **state)
{
	cleanup(world_free_handler) struct world *w = world_with_build();

	(void)state;
	scratch_symlink(w->scratch, TREE "/foo/kernel-" K2 "-" A, "1.0/" K2 "/" A);
	assert_found(w, "dangling-link discard " TREE "/foo/kernel-" K2 "-" A "\n");
	take_away(w, TREE "/foo/kernel-" K2 "-" A);
	/* The file is there, and neither link nor depmod know of it. */
	write_module(w, MODULES "/updates/dkms/foo.ko");
	scratch_write(w->scratch, MODULES "/modules.dep", "");
	assert_found(w, "half-installed reinstall " MODULES "/updates/dkms/foo.ko\n");
	scratch_write(w->scratch, MODULES "/updates/dkms/foo.ko", "other");
	assert_found(w, "unknown hand " MODULES "/updates/dkms/foo.ko\n");
	install(w);
	take_away(w, MODULES "/updates/dkms/foo.ko");
	assert_found(w, "missing reinstall " MODULES "\n");
	scratch_write(w->scratch, MODULES "/updates/dkms/foo.ko", "other");
	assert_found(w, "altered hand " MODULES "\n");
}

static void builds_that_were_cut_off(void **state)
{
	cleanup(world_free_handler) struct world *w = world_new();

	(void)state;
	world_add(w, "foo", "1.0",
		  "BUILT_MODULE_NAME[0]=foo\nBUILT_MODULE_NAME[1]=bar\n"
		  "DEST_MODULE_LOCATION[1]=/updates");
	scratch_directory(w->scratch, TREE "/foo/1.0/" K1 "/" A "/module");
	assert_found(w, "half-built discard " TREE "/foo/1.0/" K1 "/" A "\n");
	write_module(w, TREE "/foo/1.0/" K1 "/" A "/module/foo.ko");
	assert_found(w, "incomplete discard " TREE "/foo/1.0/" K1 "/" A "\n");
	scratch_write(w->scratch, TREE "/foo/1.0/" K1 "/" A "/module/bar.ko", "");
	assert_found(w, "incomplete discard " TREE "/foo/1.0/" K1 "/" A "\n");
	write_module(w, TREE "/foo/1.0/" K1 "/" A "/module/bar.ko");
	assert_found(w, "");
}

/* Neither what is installed nor what could not be built again. */
static void builds_that_are_not_thrown_away(void **state)
{
	cleanup(world_free_handler) struct world *w = world_with_build();

	(void)state;
	install(w);
	scratch_write(w->scratch, TREE "/foo/1.0/" K1 "/" A "/module/foo.ko", "cut");
	scratch_write(w->scratch, MODULES "/updates/dkms/foo.ko", "cut");
	assert_found(w, "incomplete hand " TREE "/foo/1.0/" K1 "/" A "\n");
	take_away(w, TREE "/foo/kernel-" K1 "-" A);
	take_away(w, MODULES "/updates");
	assert_found(w, "incomplete discard " TREE "/foo/1.0/" K1 "/" A "\n");
	take_away(w, "usr/src/foo-1.0");
	assert_found(w, "source hand " TREE "/foo/1.0/source\n"
			"incomplete hand " TREE "/foo/1.0/" K1 "/" A "\n");
}

static void what_a_removed_kernel_left(void **state)
{
	cleanup(world_free_handler) struct world *w = world_with_build();

	(void)state;
	take_away(w, MODULES);
	assert_found(w, "orphan hand " TREE "/foo/1.0/" K1 "/" A "\n");
}

static void originals(void **state)
{
	cleanup(world_free_handler) struct world *w = world_with_build();
	cleanup(free_string) char *origin = text_format("%s/" MODULES "/kernel/foo.ko\n",
							w->scratch);

	(void)state;
	scratch_write(w->scratch, TREE "/foo/original_module/" K1 "/" A "/foo.ko", "original");
	assert_found(w, "origin hand " TREE "/foo/original_module/" K1 "/" A "/foo.ko\n"
			"originals hand " TREE "/foo/original_module/" K1 "/" A "\n");
	scratch_write(w->scratch, TREE "/foo/original_module/" K1 "/" A "/foo.ko.origin", origin);
	assert_found(w, "originals restore " TREE "/foo/original_module/" K1 "/" A "\n");
	scratch_write(w->scratch, MODULES "/kernel/foo.ko", "another");
	assert_found(w, "originals hand " TREE "/foo/original_module/" K1 "/" A "\n");
	install(w);
	assert_found(w, "");
}

static void set_time(const struct world *w, const char *name, time_t seconds)
{
	cleanup(free_string) char *path = path_join(w->scratch, name, NULL);
	const struct timespec times[2] = {{.tv_sec = seconds}, {.tv_sec = seconds}};

	assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

static void depmod_that_did_not_run(void **state)
{
	cleanup(world_free_handler) struct world *w = world_with_build();
	static const char expected[] = "modules.dep depmod " MODULES "/modules.dep\n";

	(void)state;
	install(w);
	scratch_write(w->scratch, MODULES "/kernel/own.ko", "");
	scratch_write(w->scratch, MODULES "/modules.dep", "kernel/own.ko:\n");
	assert_found(w, expected);
	scratch_write(w->scratch, MODULES "/modules.dep",
		      "kernel/own.ko:\nupdates/dkms/foo.ko:\nextra/gone.ko:\n");
	assert_found(w, expected);
	scratch_write(w->scratch, MODULES "/modules.dep", "kernel/own.ko:\nupdates/dkms/foo.ko:\n");
	assert_found(w, "");
	/* An original that stays where it is; depmod, if it runs after, may still prefer that. */
	scratch_write(w->scratch, MODULES "/kernel/foo.ko", "original");
	scratch_write(w->scratch, MODULES "/modules.dep", "kernel/own.ko:\nkernel/foo.ko:\n");
	set_time(w, MODULES "/modules.dep", 1000);
	assert_found(w, expected);
	set_time(w, MODULES "/updates/dkms", 1000);
	assert_found(w, "");
}

/* Process, action and, on the next line, field 22 of proc(5)'s stat. */
static void write_own_holder(const struct world *w)
{
	cleanup(free_string) char *stat = NULL;
	cleanup(strv_free) struct strv fields = {0};
	struct error error = {0};

	assert_int_equal(file_read("/proc/self/stat", 4096, &stat, NULL, &error), 0);
	strv_split(&fields, strrchr(stat, ')'), " ");
	cleanup(free_string) char *holder = text_format("%d install foo/1.0\n%s\n", (int)getpid(),
							fields.items[20]);

	scratch_write(w->scratch, TREE "/.dkms/lock", holder);
}

static void pending_work(void **state)
{
	cleanup(world_free_handler) struct world *w = world_new();
	static const char expected[] = "journal next run " TREE "/.dkms/journal/1.applied\n"
				       "depmod next run " MODULES "/modules.dep\n";

	(void)state;
	scratch_write(w->scratch, TREE "/.dkms/journal/1.applied", "");
	scratch_write(w->scratch, TREE "/.dkms/depmod/" K1, "");
	scratch_directory(w->scratch, TREE "/empty");
	cleanup(free_string) char *all = text_format("%sempty next run " TREE "/empty\n", expected);

	assert_found(w, all);
	/* Whose number this is was born at another time. */
	cleanup(free_string) char *holder = text_format("%d install foo/1.0\n1\n", (int)getpid());

	scratch_write(w->scratch, TREE "/.dkms/lock", holder);
	assert_found(w, all);
	/* While its holder lives, what is open is being worked on. */
	write_own_holder(w);
	assert_found(w, "empty next run " TREE "/empty\n");
}

static void a_module_that_is_asked_for(void **state)
{
	cleanup(world_free_handler) struct world *w = world_with_build();

	(void)state;
	world_add(w, "bar", "1.0", "");
	scratch_directory(w->scratch, TREE "/foo/1.0/" K2 "/" A "/module");
	scratch_directory(w->scratch, TREE "/bar/1.0/" K2 "/" A "/module");
	scratch_write(w->scratch, MODULES "/updates/dkms/stranger.ko", "");
	cleanup(free_string) char *text = findings_text(w, "foo");

	assert_string_equal(text, "half-built discard " TREE "/foo/1.0/" K2 "/" A "\n");
}

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

UNIT_MAIN(cmocka_unit_test(what_is_sound_is_no_finding), cmocka_unit_test(links_to_sources),
	  cmocka_unit_test(what_an_install_left), cmocka_unit_test(builds_that_were_cut_off),
	  cmocka_unit_test(builds_that_are_not_thrown_away),
	  cmocka_unit_test(what_a_removed_kernel_left), cmocka_unit_test(originals),
	  cmocka_unit_test(depmod_that_did_not_run), cmocka_unit_test(pending_work),
	  cmocka_unit_test(a_module_that_is_asked_for),
	  cmocka_unit_test(what_people_must_do_is_not_planned),
	  cmocka_unit_test(what_can_be_missed_is_removed), cmocka_unit_test(a_link_is_made_anew),
	  cmocka_unit_test(what_is_missing_is_installed_again),
	  cmocka_unit_test(originals_go_back_before_depmod), cmocka_unit_test(depmod_runs_alone),
	  cmocka_unit_test(an_install_is_repair_enough))
