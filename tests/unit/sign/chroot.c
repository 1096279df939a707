/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include "scratch.h"

#include "sign/chroot.h"

static const char mounts[] = "25 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n";
static const char other_mounts[] = "99 80 8:1 / / rw,relatime - ext4 /dev/sda1 rw\n";

/* A procfs in which process 1 and this one have these root directories and mounts. */
static void make_proc(const char *scratch, const char *own_root, const char *own_mounts)
{
	scratch_directory(scratch, "system");
	scratch_directory(scratch, "jail");
	scratch_symlink(scratch, "1/root", "../system");
	scratch_symlink(scratch, "self/root", own_root);
	scratch_write(scratch, "1/mountinfo", mounts);
	scratch_write(scratch, "self/mountinfo", own_mounts);
}

static void another_root_is_a_chroot(void **state)
{
	cleanup(scratch_remove) char *scratch = scratch_make();

	(void)state;
	make_proc(scratch, "../jail", mounts);
	assert_true(in_chroot(scratch));
}

static void other_mounts_are_a_chroot(void **state)
{
	cleanup(scratch_remove) char *scratch = scratch_make();

	(void)state;
	make_proc(scratch, "../system", other_mounts);
	assert_true(in_chroot(scratch));
}

static void fakechroot_is_a_chroot(void **state)
{
	cleanup(scratch_remove) char *scratch = scratch_make();

	(void)state;
	make_proc(scratch, "../system", mounts);
	assert_int_equal(setenv("FAKECHROOT", "true", 1), 0);
	assert_true(in_chroot(scratch));
	assert_int_equal(setenv("FAKECHROOT", "", 1), 0);
	assert_false(in_chroot(scratch));
	assert_int_equal(unsetenv("FAKECHROOT"), 0);
}

static void the_system_itself_is_none(void **state)
{
	cleanup(scratch_remove) char *scratch = scratch_make();

	(void)state;
	make_proc(scratch, "../system/../system", mounts);
	assert_false(in_chroot(scratch));
}

static void without_a_view_of_process_1_there_is_none(void **state)
{
	cleanup(scratch_remove) char *scratch = scratch_make();
	cleanup(free_string) char *first = path_join(scratch, "1", NULL);
	struct error error = {0};

	(void)state;
	assert_false(in_chroot(scratch));
	make_proc(scratch, "../jail", other_mounts);
	assert_int_equal(directory_remove(first, &error), 0);
	assert_false(in_chroot(scratch));
}

UNIT_MAIN(cmocka_unit_test(another_root_is_a_chroot), cmocka_unit_test(other_mounts_are_a_chroot),
	  cmocka_unit_test(fakechroot_is_a_chroot), cmocka_unit_test(the_system_itself_is_none),
	  cmocka_unit_test(without_a_view_of_process_1_there_is_none))
