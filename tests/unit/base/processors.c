/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include <sched.h>

#include "base/processors.h"

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

UNIT_MAIN(cmocka_unit_test(one_allowed_processor_counts_as_one))
