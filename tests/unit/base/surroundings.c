/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include <sched.h>

#include "base/surroundings.h"
#include "scratch.h"

/* A system with what /proc/self/cgroup says and files below /sys/fs/cgroup, NULL-terminated. */
static int processors_of(const char *groups, const char *const files[][2])
{
	cleanup(scratch_remove) char *scratch = scratch_make();

	scratch_write(scratch, "proc/self/cgroup", groups);
	for (size_t i = 0; files[i][0]; i++) {
		cleanup(free_string) char *path = path_join("sys/fs/cgroup", files[i][0], NULL);

		scratch_write(scratch, path, files[i][1]);
	}
	return cgroup_processors(scratch);
}

static void the_second_version(void **state)
{
	static const struct {
		const char *groups, *files[4][2];
		int expected;
	} cases[] = {
		{"0::/\n", {{"cpu.max", "max 100000\n"}}, 0},
		{"0::/\n", {{"cpu.max", "150000 100000\n"}}, 2},
		{"0::/a/b\n", {{"a/b/cpu.max", "300000 100000\n"}}, 3},
		{"0::/a/b\n",
		 {{"a/b/cpu.max", "max 100000\n"}, {"a/cpu.max", "50000 100000\n"}},
		 1},
		{"0::/a/b\n",
		 {{"a/b/cpu.max", "100000 100000\n"}, {"a/cpu.max", "400000 100000\n"}},
		 1},
		/* A container that sees its groups as the host does. */
		{"0::/docker/0123\n", {{"cpu.max", "200000 100000\n"}}, 2},
		{"0::/a\n", {{"a/cpu.max", "nonsense\n"}}, 0},
		{"0::/a\n", {{"a/cpu.max", "-1 0\n"}}, 0},
		{"0::/a\n", {{"a/cpu.max", "100000\n"}}, 0},
		{"0::/a\n", {{"a/other", "1\n"}}, 0},
		{"", {{"cpu.max", "100000 100000\n"}}, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		if (processors_of(cases[i].groups, cases[i].files) != cases[i].expected)
			fail_msg("case %zu", i);
}

static void the_first_version(void **state)
{
	static const struct {
		const char *groups, *files[4][2];
		int expected;
	} cases[] = {
		{"4:memory:/x\n3:cpu,cpuacct:/a\n1:name=systemd:/\n",
		 {{"cpu/a/cpu.cfs_quota_us", "250000\n"}, {"cpu/a/cpu.cfs_period_us", "100000\n"}},
		 3},
		{"3:cpu:/\n",
		 {{"cpu/cpu.cfs_quota_us", "-1\n"}, {"cpu/cpu.cfs_period_us", "100000\n"}},
		 0},
		{"3:cpuacct,cpu:/docker/0123\n0::/\n",
		 {{"cpu/cpu.cfs_quota_us", "100000\n"}, {"cpu/cpu.cfs_period_us", "50000\n"}},
		 2},
		{"3:cpuset,cpuacct:/\n",
		 {{"cpu/cpu.cfs_quota_us", "100000\n"}, {"cpu/cpu.cfs_period_us", "50000\n"}},
		 0},
		/* Both at once: the one without the controller says nothing. */
		{"3:cpu:/\n0::/u\n", {{"unified/u/cpu.max", "100000 100000\n"}}, 1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		if (processors_of(cases[i].groups, cases[i].files) != cases[i].expected)
			fail_msg("case %zu", i);
}

static void one_allowed_processor_counts_as_one(void **state)
{
	cpu_set_t before, one;
	int first = 0;

	(void)state;
	assert_int_equal(sched_getaffinity(0, sizeof(before), &before), 0);
	assert_int_equal(processor_count(), CPU_COUNT(&before));
	while (!CPU_ISSET(first, &before))
		first++;
	CPU_ZERO(&one);
	CPU_SET(first, &one);
	assert_int_equal(sched_setaffinity(0, sizeof(one), &one), 0);
	assert_int_equal(processor_count(), 1);
}

UNIT_MAIN(cmocka_unit_test(the_second_version), cmocka_unit_test(the_first_version),
	  cmocka_unit_test(one_allowed_processor_counts_as_one))
