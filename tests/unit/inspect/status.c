/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include "plan/world.h"

#include <time.h>
#include <unistd.h>

#include "../tree/package_sample.h"
#include "inspect/status.h"
#include "tree/package_record.h"

#define TREE "var/lib/dkms/"

/* Until the clock of files has gone on. */
static void wait_a_tick(void)
{
	const struct timespec tick = {.tv_nsec = 20000000};

	(void)nanosleep(&tick, NULL);
}

static const char *state_name(const struct status_entry *entry)
{
	static const char *const names[] = {"added", "broken", "built", "installed", "weak"};

	return names[entry->state];
}

/* The list as "M/V[, K, A]: STATE[ o][ l][ m][ d]", a line each. */
static void expect(const struct world *w, const struct module_id *id, const char *wanted)
{
	const struct kernel_ids kernels = {0};
	const struct strv arches = {0};
	const struct status_filter filter = {id, &kernels, &arches};
	cleanup(status_list_free) struct status_list list = {0};
	cleanup(buffer_free) struct buffer text = {0};
	struct error error = {0};

	if (status_collect(&w->settings, w->distro, &filter, &list, &error) < 0)
		fail_msg("%s", error.message);
	buffer_add_text(&text, "");
	for (size_t i = 0; i < list.count; i++) {
		const struct status_entry *entry = &list.items[i];

		buffer_add_format(&text, "%s/%s", entry->id.name, entry->id.version);
		if (entry->kernel.release)
			buffer_add_format(&text, ", %s, %s", entry->kernel.release,
					  entry->kernel.arch);
		buffer_add_format(&text, ": %s%s%s%s%s\n", state_name(entry),
				  entry->originals ? " o" : "", entry->lacking ? " l" : "",
				  entry->missing ? " m" : "", entry->differs ? " d" : "");
	}
	assert_string_equal(text.data, wanted);
}

static void builds_come_in_the_order_of_their_paths(void **state)
{
	static const char *const builds[] = {"6.1/x86_64",  "6.1/i686",     "6.1/riscv64",
					     "6.1/aarch64", "6.1/arm",      "6.1-rt/x86_64",
					     "6.10/x86_64", "6.1.2/x86_64", "5/x86_64"};
	static const struct module_id all = {0};
	cleanup(world_free_handler) struct world *w = world_new();

	(void)state;
	world_add(w, "foo", "1.0", "");
	expect(w, &all, "foo/1.0: added\n");
	for (size_t i = 0; i < sizeof(builds) / sizeof(*builds); i++) {
		cleanup(free_string) char *name = path_join(TREE "foo/1.0", builds[i],
							    "module/foo.ko", NULL);

		scratch_write(w->scratch, name, "built");
	}
	expect(w, &all,
	       "foo/1.0, 5, x86_64: built\n"
	       "foo/1.0, 6.1-rt, x86_64: built\n"
	       "foo/1.0, 6.1.2, x86_64: built\n"
	       "foo/1.0, 6.1, aarch64: built\n"
	       "foo/1.0, 6.1, arm: built\n"
	       "foo/1.0, 6.1, i686: built\n"
	       "foo/1.0, 6.1, riscv64: built\n"
	       "foo/1.0, 6.1, x86_64: built\n"
	       "foo/1.0, 6.10, x86_64: built\n");
}

static void an_installed_build_is_compared(void **state)
{
	static const struct module_id all = {0};
	cleanup(world_free_handler) struct world *w = world_new();

	(void)state;
	world_add(w, "foo", "1.0", "");
	scratch_write(w->scratch, TREE "foo/1.0/6.1/x86_64/module/foo.ko", "built");
	scratch_symlink(w->scratch, TREE "foo/kernel-6.1-x86_64", "1.0/6.1/x86_64");
	expect(w, &all, "foo/1.0, 6.1, x86_64: installed m\n");
	scratch_write(w->scratch, "lib/modules/6.1/updates/dkms/foo.ko", "built");
	expect(w, &all, "foo/1.0, 6.1, x86_64: installed\n");
	scratch_write(w->scratch, "lib/modules/6.1/updates/dkms/foo.ko", "other");
	expect(w, &all, "foo/1.0, 6.1, x86_64: installed d\n");
	scratch_write(w->scratch, TREE "foo/original_module/6.1/x86_64/foo.ko", "original");
	expect(w, &all, "foo/1.0, 6.1, x86_64: installed o d\n");
}

static void a_link_without_a_build_is_nothing(void **state)
{
	static const struct module_id all = {0};
	cleanup(world_free_handler) struct world *w = world_new();

	(void)state;
	world_add(w, "foo", "1.0", "");
	scratch_directory(w->scratch, TREE "foo/1.0/6.1/x86_64/log");
	scratch_symlink(w->scratch, TREE "foo/kernel-6.1-x86_64", "1.0/6.1/x86_64");
	expect(w, &all, "foo/1.0: added\n");
}

/* Without a record, only that nothing is left can be known. */
static void a_build_that_lost_its_modules_is_said(void **state)
{
	static const struct module_id all = {0};
	cleanup(world_free_handler) struct world *w = world_new();
	cleanup(free_string) char *module = path_join(w->scratch, TREE,
						      "foo/1.0/6.1/x86_64/module/foo.ko", NULL);

	(void)state;
	world_add(w, "foo", "1.0", "");
	world_built(w, "foo", "1.0", "6.1");
	expect(w, &all, "foo/1.0, 6.1, x86_64: built\n");
	assert_int_equal(unlink(module), 0);
	expect(w, &all, "foo/1.0, 6.1, x86_64: built l\n");
	scratch_symlink(w->scratch, TREE "foo/kernel-6.1-x86_64", "1.0/6.1/x86_64");
	expect(w, &all, "foo/1.0, 6.1, x86_64: installed l\n");
}

/* With one, each of them counts, and those that were not to be built do not. */
static void a_build_is_compared_with_what_it_was_made_for(void **state)
{
	static const struct module_id all = {0};
	cleanup(world_free_handler) struct world *w = world_new();
	cleanup(package_free_handler) struct package *package = sample_package();
	cleanup(free_string) char *product = path_join(w->scratch, TREE, "foo/1.0/6.1/x86_64",
						       NULL);
	struct error error = {0};

	(void)state;
	world_add(w, "foo", "1.0", "");
	scratch_write(w->scratch, TREE "foo/1.0/6.1/x86_64/module/dest0.ko.xz", "");
	scratch_write(w->scratch, TREE "foo/1.0/6.1/x86_64/module/other.ko", "");
	assert_int_equal(built_package_write(product, package, &error), 0);
	wait_a_tick();
	scratch_write(w->scratch, TREE "foo/1.0/6.1/x86_64/module/new", "");
	expect(w, &all, "foo/1.0, 6.1, x86_64: built\n");
	package->modules[1].excluded = false;
	assert_int_equal(built_package_write(product, package, &error), 0);
	wait_a_tick();
	scratch_write(w->scratch, TREE "foo/1.0/6.1/x86_64/module/newer", "");
	expect(w, &all, "foo/1.0, 6.1, x86_64: built l\n");
}

UNIT_MAIN(cmocka_unit_test(builds_come_in_the_order_of_their_paths),
	  cmocka_unit_test(an_installed_build_is_compared),
	  cmocka_unit_test(a_link_without_a_build_is_nothing),
	  cmocka_unit_test(a_build_that_lost_its_modules_is_said),
	  cmocka_unit_test(a_build_is_compared_with_what_it_was_made_for))
