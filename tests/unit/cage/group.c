/* SPDX-License-Identifier: GPL-2.0-or-later */
/* On files that look like /proc and /sys: what is written where. The kernel's own are in attempts.
 */
#include "unit.h"

#include <unistd.h>

#include "scratch.h"
#include "cage/group.h"

static const uint64_t limits[GROUP_CONTROLLERS] = {[GROUP_MEMORY] = 1000000, [GROUP_PIDS] = 50};
static const bool neither[GROUP_CONTROLLERS];
static const bool both[GROUP_CONTROLLERS] = {true, true};

static void none_where_nothing_hands_out_controllers(void **state)
{
	cleanup(scratch_remove) char *scratch = scratch_make();
	struct build_group group = {0};
	struct error error = {0};

	(void)state;
	scratch_write(scratch, "proc/self/cgroup", "0::/user.slice/session.scope\n");
	scratch_directory(scratch, "sys/fs/cgroup/user.slice/session.scope");
	scratch_write(scratch, "sys/fs/cgroup/user.slice/cgroup.subtree_control", "cpu\n");
	assert_int_equal(group_make(scratch, limits, neither, &group, &error), 0);
	assert_null(group.directories[GROUP_MEMORY]);
	assert_null(group.directories[GROUP_PIDS]);
	/* Once it was possible, it has to be. */
	assert_int_not_equal(group_make(scratch, limits, both, &group, &error), 0);
	assert_error(&error, 0, "Cannot limit the memory of a build");
}

/* Only mkdir of the kernel's own makes the files of a group: here there are none to write to. */
static void a_group_that_cannot_be_limited_is_none(void **state)
{
	cleanup(scratch_remove) char *scratch = scratch_make();
	cleanup(free_string) char *slice = path_join(scratch, "sys/fs/cgroup/user.slice", NULL);
	struct build_group group = {0};
	struct error error = {0};

	(void)state;
	scratch_write(scratch, "proc/self/cgroup", "0::/user.slice/session.scope\n");
	scratch_directory(scratch, "sys/fs/cgroup/user.slice/session.scope");
	scratch_write(scratch, "sys/fs/cgroup/user.slice/cgroup.subtree_control", "memory pids\n");
	assert_int_equal(group_make(scratch, limits, neither, &group, &error), 0);
	assert_null(group.directories[GROUP_PIDS]);
	cleanup(free_string) char *left = text_format("%s/dkms-build-%d", slice, (int)getpid());

	assert_false(file_exists(left));
}

static void limits_are_written_where_controllers_are_handed_out(void **state)
{
	cleanup(scratch_remove) char *scratch = scratch_make();
	cleanup(free_string) char *name = text_format("sys/fs/cgroup/user.slice/dkms-build-%d",
						      (int)getpid());
	cleanup(free_string) char *memory = text_format("%s/memory.max", name);
	cleanup(free_string) char *pids = text_format("%s/pids.max", name);
	cleanup(free_string) char *events = text_format("%s/pids.events", name);
	cleanup(free_string) char *path = path_join(scratch, memory, NULL);
	cleanup(free_string) char *text = NULL;
	struct build_group group = {0};
	struct error error = {0};

	(void)state;
	scratch_write(scratch, "proc/self/cgroup", "0::/user.slice/session.scope\n");
	scratch_directory(scratch, "sys/fs/cgroup/user.slice/session.scope");
	scratch_write(scratch, "sys/fs/cgroup/user.slice/cgroup.subtree_control", "memory pids\n");
	scratch_write(scratch, memory, "max\n                    ");
	scratch_write(scratch, pids, "max\n");
	scratch_write(scratch, events, "max 3\n");
	assert_int_equal(group_make(scratch, limits, both, &group, &error), 0);
	assert_int_equal(file_read(path, 4096, &text, NULL, &error), 0);
	assert_true(text_starts_with(text, "1000000\n"));
	assert_int_equal(group_count_hits(&group, GROUP_PIDS), 3);
	assert_int_equal(group_count_hits(&group, GROUP_MEMORY), 0);
	group_remove(&group);
	assert_null(group.directories[GROUP_PIDS]);
}

UNIT_MAIN(cmocka_unit_test(none_where_nothing_hands_out_controllers),
	  cmocka_unit_test(a_group_that_cannot_be_limited_is_none),
	  cmocka_unit_test(limits_are_written_where_controllers_are_handed_out))
