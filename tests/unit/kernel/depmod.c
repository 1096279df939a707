/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/process.h"
#include "fixture.h"
#include "kernel/depmod.h"
#include "scratch.h"

#define DEP MODULES "modules.dep"

/* A scratch root, what was reported as lines "KIND:text", and a PATH whose depmod is ours. */
struct world {
	struct reporter reporter;
	struct buffer reported;
	char *scratch;
	char *old_path;
	struct settings settings;
};

static void record(struct reporter *reporter, enum report_kind kind, const char *text)
{
	struct world *world = (struct world *)reporter;

	buffer_add_format(&world->reported, "%d:%s\n", (int)kind, text);
}

static int set_up(void **state)
{
	struct world *world = NEW(struct world);

	world->reporter.emit = record;
	world->scratch = scratch_make();
	world->old_path = xstrdup(getenv("PATH"));
	settings_init(&world->settings, world->scratch);
	text_assign(&world->settings.dkms_tree, world->scratch);
	*state = world;
	return 0;
}

static int tear_down(void **state)
{
	struct world *world = *state;
	int code = setenv("PATH", world->old_path, 1);

	buffer_free(&world->reported);
	settings_free(&world->settings);
	scratch_remove(&world->scratch);
	free(world->old_path);
	free(world);
	return code;
}

/* A depmod that runs the script with $root as the scratch root. */
static void use_depmod(const struct world *world, const char *script)
{
	cleanup(free_string) char *bin = path_join(world->scratch, "bin", NULL);
	cleanup(free_string) char *search = text_format("%s:%s", bin, world->old_path);
	cleanup(free_string) char *text = text_format("#!/bin/sh\nroot=%s\n%s\n", world->scratch,
						      script);

	scratch_write_bytes(world->scratch, "bin/depmod", text, strlen(text), 0755);
	assert_int_equal(setenv("PATH", search, 1), 0);
}

static int depmod(struct world *world, struct error *error)
{
	return kernel_depmod(&world->settings, RELEASE, &world->reporter, error);
}

static void assert_reported(const struct world *world, const char *expected)
{
	assert_string_equal(world->reported.data ? world->reported.data : "", expected);
}

/* Nothing of a run may stay in the directory for temporary files. */
static void assert_no_leftovers(const struct world *world)
{
	cleanup(closedir_handler) DIR *directory = opendir(world->scratch);
	const struct dirent *entry;

	while ((entry = readdir(directory)))
		assert_false(text_starts_with(entry->d_name, ".dkms-"));
}

static void without_modules_dep_it_is_skipped(void **state)
{
	struct world *world = *state;
	struct error error = {0};

	use_depmod(world, "exit 1");
	scratch_directory(world->scratch, MODULES);
	assert_int_equal(depmod(world, &error), 0);
	assert_reported(world,
			"0:Kernel " RELEASE " has no modules.dep: depmod is not run for it.\n");
}

static void a_failure_shows_its_last_words(void **state)
{
	struct world *world = *state;
	struct error error = {0};

	scratch_write(world->scratch, DEP, "old\n");
	use_depmod(world, "for i in 1 2 3 4 5 6 7; do echo \"depmod: ERROR: word $i\" >&2; done\n"
			  "exit 3");
	assert_int_equal(depmod(world, &error), -EIO);
	assert_null(strstr(error.message, "word 2"));
	assert_error(&error, EXIT_INSTALL,
		     "depmod failed for kernel " RELEASE " with exit status 3:\n"
		     "word 3\nword 4\nword 5\nword 6\nword 7");
	assert_reported(world, "1:Running depmod\n2:(bad exit status: 3)\n");
	assert_no_leftovers(world);
}

static void a_silent_death_is_a_failure(void **state)
{
	struct world *world = *state;
	struct error error = {0};

	scratch_write(world->scratch, DEP, "old\n");
	use_depmod(world, "kill -9 $$");
	assert_int_equal(depmod(world, &error), -EIO);
	assert_error(&error, EXIT_INSTALL, "with exit status 137.");
}

static void a_missing_program_is_a_failure(void **state)
{
	struct world *world = *state;
	struct error error = {0};

	scratch_write(world->scratch, DEP, "old\n");
	assert_int_equal(setenv("PATH", world->scratch, 1), 0);
	assert_int_equal(depmod(world, &error), -ENOENT);
	assert_error(&error, EXIT_INSTALL, "Cannot run depmod");
	assert_reported(world, "1:Running depmod\n2:(failed)\n");
}

static void no_place_for_temporary_files_is_a_failure(void **state)
{
	struct world *world = *state;
	struct error error = {0};

	scratch_write(world->scratch, DEP, "old\n");
	text_assign(&world->settings.dkms_tree, "/nonexistent");
	assert_int_equal(depmod(world, &error), -ENOENT);
	assert_error(&error, EXIT_INSTALL, "/nonexistent");
}

static void it_sees_the_tree_wherever_it_is(void **state)
{
	struct world *world = *state;
	cleanup(free_string) char *log = path_join(world->scratch, "log", NULL);
	cleanup(free_string) char *text = NULL;
	struct error error = {0};

	text_assign(&world->settings.install_tree, NULL);
	world->settings.install_tree = path_join(world->scratch, "odd/place", NULL);
	scratch_write(world->scratch, "odd/place/" RELEASE "/modules.dep", "old\n");
	use_depmod(world, "echo \"$1 $2 $3 $#\" >>$root/log\n"
			  "cat $4/lib/modules/$2/modules.dep >>$root/log\n"
			  "cat $4/usr/lib/modules/$2/modules.dep >>$root/log\n");
	assert_int_equal(depmod(world, &error), 0);
	assert_int_equal(file_read(log, 4096, &text, NULL, &error), 0);
	assert_string_equal(text, "-a " RELEASE " -b 4\nold\nold\n");
	assert_reported(world, "1:Running depmod\n2:\n");
	assert_no_leftovers(world);
}

/* A directory stands in for the system's own tree, for this process alone; false: not possible. */
static bool stand_in_for_system_tree(const char *directory)
{
	return geteuid() == 0 && file_is_directory("/lib/modules") && unshare(CLONE_NEWNS) == 0 &&
	       mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
	       mount(directory, "/lib/modules", NULL, MS_BIND, NULL) == 0;
}

static void the_systems_own_tree_needs_no_base(void **state)
{
	struct world *world = *state;
	cleanup(free_string) char *log = path_join(world->scratch, "log", NULL);
	cleanup(free_string) char *tree = path_join(world->scratch, "system", NULL);
	cleanup(free_string) char *text = NULL;
	struct error error = {0};

	scratch_write(world->scratch, "system/" RELEASE "/modules.dep", "old\n");
	if (!stand_in_for_system_tree(tree))
		skip();
	text_assign(&world->settings.install_tree, "/lib/modules");
	use_depmod(world, "echo \"$@\" >$root/log");
	int code = kernel_depmod(&world->settings, RELEASE, NULL, &error);

	assert_int_equal(umount("/lib/modules"), 0);
	assert_int_equal(code, 0);
	assert_int_equal(file_read(log, 4096, &text, NULL, &error), 0);
	assert_string_equal(text, "-a " RELEASE "\n");
}

static void the_symbol_map_is_given_where_there_is_one(void **state)
{
	struct world *world = *state;
	cleanup(free_string) char *log = path_join(world->scratch, "log", NULL);
	cleanup(free_string) char *text = NULL;
	struct error error = {0};

	scratch_write(world->scratch, DEP, "old\n");
	scratch_write(world->scratch, "boot/System.map-" RELEASE, "");
	use_depmod(world, "echo \"$3 ${4#$root} $5\" >$root/log");
	assert_int_equal(depmod(world, &error), 0);
	assert_int_equal(file_read(log, 4096, &text, NULL, &error), 0);
	assert_string_equal(text, "-F /boot/System.map-" RELEASE " -b\n");
}

static void warnings_are_passed_on(void **state)
{
	struct world *world = *state;
	struct error error = {0};

	scratch_write(world->scratch, DEP, "old\n");
	use_depmod(world, "echo 'depmod: WARNING: one' >&2; echo two >&2; echo no");
	assert_int_equal(depmod(world, &error), 0);
	assert_reported(world, "1:Running depmod\n2:\n4:depmod: one\n4:depmod: two\n");
}

static bool exists(const struct world *world, const char *name)
{
	cleanup(free_string) char *path = path_join(world->scratch, name, NULL);

	return file_exists_nofollow(path);
}

static void the_last_module_of_a_removed_kernel_takes_the_rest_along(void **state)
{
	struct world *world = *state;
	struct error error = {0};

	use_depmod(world, ": >$4/lib/modules/$2/modules.dep");
	scratch_write(world->scratch, DEP, "old\n");
	scratch_write(world->scratch, MODULES "modules.symbols.bin", "x");
	scratch_symlink(world->scratch, MODULES "build", "/nowhere");
	assert_int_equal(depmod(world, &error), 0);
	assert_false(exists(world, DEP));
	assert_false(exists(world, MODULES "modules.symbols.bin"));
	assert_true(exists(world, MODULES "build"));

	cleanup(free_string) char *build = path_join(world->scratch, MODULES "build", NULL);

	assert_int_equal(unlink(build), 0);
	scratch_write(world->scratch, DEP, "old\n");
	assert_int_equal(depmod(world, &error), 0);
	assert_false(exists(world, "lib/modules/" RELEASE));
	assert_true(exists(world, "lib/modules"));
}

static void a_kernel_without_modules_keeps_its_files(void **state)
{
	struct world *world = *state;
	struct error error = {0};

	use_depmod(world, ": >$4/lib/modules/$2/modules.dep");
	scratch_write(world->scratch, DEP, "old\n");
	scratch_write(world->scratch, "boot/vmlinuz-" RELEASE, "");
	assert_int_equal(depmod(world, &error), 0);
	assert_true(exists(world, DEP));
	cleanup(free_string) char *image = path_join(world->scratch, "boot/vmlinuz-" RELEASE, NULL);

	assert_int_equal(unlink(image), 0);
	scratch_write(world->scratch, MODULES "vmlinuz", "");
	assert_int_equal(depmod(world, &error), 0);
	assert_true(exists(world, DEP));
}

/* The headers' package has brought two of them (linux-base of Debian 14). */
static void lists_of_headers_stay(void **state)
{
	struct world *world = *state;
	struct error error = {0};

	use_depmod(world, ": >$4/lib/modules/$2/modules.dep");
	scratch_write(world->scratch, DEP, "old\n");
	scratch_write(world->scratch, MODULES "modules.order", "kernel/a.ko\n");
	scratch_write(world->scratch, MODULES "modules.builtin", "kernel/b.ko\n");
	scratch_write(world->scratch, MODULES "modules.builtin.bin", "");
	scratch_directory(world->scratch, MODULES "build");
	assert_int_equal(depmod(world, &error), 0);
	assert_true(exists(world, MODULES "modules.order"));
	assert_true(exists(world, MODULES "modules.builtin"));
	assert_false(exists(world, MODULES "modules.builtin.bin"));
	assert_false(exists(world, DEP));
}

/* With the depmod that is installed: on a tree without modules it writes empty files. */
static void the_real_program_works_on_a_strange_tree(void **state)
{
	struct world *world = *state;
	struct error error = {0};
	cleanup(free_string) char *program = process_find_program("depmod");

	if (!program)
		skip();
	scratch_write(world->scratch, DEP, "kernel/gone.ko:\n");
	scratch_write(world->scratch, MODULES "modules.order", "");
	scratch_write(world->scratch, MODULES "modules.builtin", "kernel/built_in.ko\n");
	scratch_write(world->scratch, MODULES "vmlinuz", "");
	assert_int_equal(depmod(world, &error), 0);
	cleanup(free_string) char *dep = path_join(world->scratch, DEP, NULL);
	cleanup(free_string) char *text = NULL;

	assert_int_equal(file_read(dep, 4096, &text, NULL, &error), 0);
	assert_string_equal(text, "");
	assert_true(exists(world, MODULES "modules.builtin.bin"));
	assert_no_leftovers(world);
}

#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

static void expect(const char *scratch, const char *name, const char *content)
{
	cleanup(free_string) char *path = path_join(scratch, name, NULL);
	cleanup(free_string) char *data = NULL;
	struct error error = {0};

	assert_int_equal(file_read(path, 100, &data, NULL, &error), 0);
	assert_string_equal(data, content);
}

static void what_depmod_spoilt_comes_back(void **state)
{
	cleanup(scratch_remove) char *scratch = scratch_make();
	cleanup(free_string) char *fresh = path_join(scratch, "modules.new", NULL);
	struct kept_index kept;
	struct error error = {0};

	(void)state;
	scratch_write(scratch, "modules.dep", "old");
	scratch_write(scratch, "modules.alias", "same");
	scratch_write(scratch, "other", "x");
	assert_int_equal(index_keep(scratch, &kept, &error), 0);
	scratch_write(scratch, "modules.dep", "");
	scratch_write(scratch, "modules.new", "half");
	assert_int_equal(index_restore(&kept, &error), 0);
	expect(scratch, "modules.dep", "old");
	expect(scratch, "modules.alias", "same");
	expect(scratch, "other", "x");
	assert_false(file_exists(fresh));
	cleanup(strv_free) struct strv left = {0};

	assert_int_equal(directory_list(scratch, &left, &error), 0);
	assert_int_equal(left.count, 3);
}

static void forgetting_and_sweeping_leave_nothing(void **state)
{
	cleanup(scratch_remove) char *scratch = scratch_make();
	struct kept_index dead, kept;
	struct error error = {0};

	(void)state;
	scratch_write(scratch, "modules.dep", "old");
	assert_int_equal(index_keep(scratch, &dead, &error), 0);
	cleanup(free_string) char *left = text_format("%s", dead.directory);

	assert_int_equal(index_keep(scratch, &kept, &error), 0);
	assert_false(file_exists(left));
	scratch_write(scratch, "modules.dep", "new");
	assert_int_equal(index_forget(&kept, &error), 0);
	expect(scratch, "modules.dep", "new");
	assert_int_equal(index_forget(&dead, &error), 0);
}

static void a_directory_that_cannot_be_written_is_named(void **state)
{
	struct kept_index kept;
	struct error error = {0};

	(void)state;
	assert_true(index_keep("/nowhere", &kept, &error) < 0);
	assert_error(&error, 0, "/nowhere");
}

UNIT_MAIN(IN_WORLD(without_modules_dep_it_is_skipped), IN_WORLD(a_failure_shows_its_last_words),
	  IN_WORLD(a_silent_death_is_a_failure), IN_WORLD(a_missing_program_is_a_failure),
	  IN_WORLD(no_place_for_temporary_files_is_a_failure),
	  IN_WORLD(it_sees_the_tree_wherever_it_is), IN_WORLD(the_systems_own_tree_needs_no_base),
	  IN_WORLD(the_symbol_map_is_given_where_there_is_one), IN_WORLD(warnings_are_passed_on),
	  IN_WORLD(the_last_module_of_a_removed_kernel_takes_the_rest_along),
	  IN_WORLD(a_kernel_without_modules_keeps_its_files), IN_WORLD(lists_of_headers_stay),
	  IN_WORLD(the_real_program_works_on_a_strange_tree),
	  cmocka_unit_test(what_depmod_spoilt_comes_back),
	  cmocka_unit_test(forgetting_and_sweeping_leave_nothing),
	  cmocka_unit_test(a_directory_that_cannot_be_written_is_named))
