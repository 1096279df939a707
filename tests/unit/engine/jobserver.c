/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include <unistd.h>

#include "engine/jobserver.h"

static void slots_are_taken_once_and_given_back(void **state)
{
	struct jobserver jobserver;
	struct error error = {0};

	(void)state;
	assert_int_equal(jobserver_open(&jobserver, 2, &error), 0);
	assert_true(jobserver_take(&jobserver));
	assert_true(jobserver_take(&jobserver));
	assert_false(jobserver_take(&jobserver));
	jobserver_give_back(&jobserver);
	assert_true(jobserver_take(&jobserver));
	jobserver_refill(&jobserver);
	assert_true(jobserver_take(&jobserver));
	assert_true(jobserver_take(&jobserver));
	assert_false(jobserver_take(&jobserver));
	jobserver_close(&jobserver);
	assert_int_equal(jobserver.ends[0], -1);
}

static void without_a_limit_there_is_no_pipe(void **state)
{
	struct jobserver jobserver;
	struct error error = {0};

	(void)state;
	assert_int_equal(jobserver_open(&jobserver, 0, &error), 0);
	assert_int_equal(jobserver.ends[0], -1);
	for (int i = 0; i < 1000; i++)
		assert_true(jobserver_take(&jobserver));
	jobserver_close(&jobserver);
}

UNIT_MAIN(cmocka_unit_test(slots_are_taken_once_and_given_back),
	  cmocka_unit_test(without_a_limit_there_is_no_pipe))
