/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include "scratch.h"
#include "engine/jobserver.h"

static void take_and_give_back(const char *directory)
{
	struct jobserver jobserver;
	struct error error = {0};

	assert_int_equal(jobserver_open(&jobserver, 2, directory, &error), 0);
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

static void slots_are_taken_once_and_given_back(void **state)
{
	cleanup(scratch_remove) char *scratch = scratch_make();

	(void)state;
	take_and_give_back(NULL);
	take_and_give_back(scratch);
	take_and_give_back("/nonexistent"); /* no name, but a pipe */
}

/* Who opens it takes the same slots; only root gets there; nothing stays behind. */
static void a_name_leads_to_the_same_slots(void **state)
{
	cleanup(scratch_remove) char *scratch = scratch_make();
	struct jobserver jobserver;
	struct error error = {0};
	struct stat info;
	char slots[8];

	(void)state;
	assert_int_equal(jobserver_open(&jobserver, 3, scratch, &error), 0);
	assert_non_null(jobserver.fifo);
	cleanup(close_fd) int other = open(jobserver.fifo, O_RDWR | O_NONBLOCK | O_CLOEXEC);

	assert_int_equal(read(other, slots, sizeof(slots)), 3);
	assert_false(jobserver_take(&jobserver));
	assert_int_equal(write(other, "+", 1), 1);
	assert_true(jobserver_take(&jobserver));
	assert_int_equal(stat(jobserver.home.path, &info), 0);
	assert_int_equal(info.st_mode & 07777, 0700);
	/* A make that inherits the ends, and knows no names, waits for a slot as with any pipe. */
	assert_int_equal(fcntl(jobserver.ends[0], F_GETFL) & O_NONBLOCK, 0);
	jobserver_close(&jobserver);
	assert_null(jobserver.fifo);
	assert_int_equal(rmdir(scratch), 0);
}

/* Nobody reads while the pipe is filled. */
static void any_number_fits(void **state)
{
	struct jobserver jobserver;
	struct error error = {0};
	int taken = 0;

	(void)state;
	assert_int_equal(jobserver_open(&jobserver, INT_MAX, NULL, &error), 0);
	while (jobserver_take(&jobserver))
		taken++;
	assert_int_equal(taken, 4096);
	jobserver_close(&jobserver);
}

static void without_a_limit_there_is_no_pipe(void **state)
{
	struct jobserver jobserver;
	struct error error = {0};

	(void)state;
	assert_int_equal(jobserver_open(&jobserver, 0, NULL, &error), 0);
	assert_int_equal(jobserver.ends[0], -1);
	for (int i = 0; i < 1000; i++)
		assert_true(jobserver_take(&jobserver));
	jobserver_close(&jobserver);
}

UNIT_MAIN(cmocka_unit_test(slots_are_taken_once_and_given_back),
	  cmocka_unit_test(a_name_leads_to_the_same_slots), cmocka_unit_test(any_number_fits),
	  cmocka_unit_test(without_a_limit_there_is_no_pipe))
