/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "scratch.h"
#include "engine/jobserver.h"

/* Time enough that the engine looks again. */
static void balance(struct jobserver *jobserver)
{
	jobserver->due = 0;
	(void)jobserver_balance(jobserver);
}

static struct loan *begin(struct jobserver *jobserver)
{
	struct error error = {0};
	struct loan *loan = NULL;

	assert_int_equal(jobserver_begin(jobserver, &loan, &error), 0);
	return loan;
}

static void expect_no_slot(struct jobserver *jobserver)
{
	struct error error = {0};
	struct loan *loan;

	assert_int_equal(jobserver_begin(jobserver, &loan, &error), -EAGAIN);
	assert_int_equal(error.code, 0);
	assert_true(jobserver->wanted);
	jobserver->wanted = false;
}

/* What a build's makes find in its pipe. */
static int available(const struct loan *loan)
{
	int length = 0;

	assert_int_equal(ioctl(loan->ends[0], FIONREAD, &length), 0);
	return length;
}

static void use(const struct loan *loan, int slots)
{
	char bytes[64];

	assert_int_equal(read(loan->ends[0], bytes, (size_t)slots), slots);
}

static void begin_and_end(const char *directory)
{
	struct jobserver jobserver;

	jobserver_open(&jobserver, 2, directory);
	struct loan *first = begin(&jobserver), *second = begin(&jobserver);

	expect_no_slot(&jobserver);
	jobserver_end(&jobserver, first);
	first = begin(&jobserver);
	expect_no_slot(&jobserver);
	jobserver_end(&jobserver, first);
	jobserver_end(&jobserver, second);
	assert_int_equal(jobserver.free, 2);
	jobserver_close(&jobserver);
}

static void each_build_takes_a_slot(void **state)
{
	cleanup(scratch_remove) char *scratch = scratch_make();

	(void)state;
	begin_and_end(NULL);
	begin_and_end(scratch);
	begin_and_end("/nonexistent"); /* no names, but pipes */
}

/* Only root gets to the names; nothing stays behind. */
static void a_name_leads_to_the_build_s_own_slots(void **state)
{
	cleanup(scratch_remove) char *scratch = scratch_make();
	struct jobserver jobserver;
	struct stat info;
	char slots[8];

	(void)state;
	jobserver_open(&jobserver, 4, scratch);
	struct loan *loan = begin(&jobserver);

	balance(&jobserver);
	cleanup(close_fd) int other = open(loan->fifo, O_RDWR | O_NONBLOCK | O_CLOEXEC);

	assert_int_equal(read(other, slots, sizeof(slots)), 3);
	assert_int_equal(stat(jobserver.home.path, &info), 0);
	assert_int_equal(info.st_mode & 07777, 0700);
	/* A make that inherits the ends, and knows no names, waits for a slot as with any pipe. */
	assert_int_equal(fcntl(loan->ends[0], F_GETFL) & O_NONBLOCK, 0);
	jobserver_end(&jobserver, loan);
	jobserver_close(&jobserver);
	assert_int_equal(rmdir(scratch), 0);
}

static void slots_go_where_they_are_used(void **state)
{
	struct jobserver jobserver;

	(void)state;
	jobserver_open(&jobserver, 8, NULL);
	struct loan *busy = begin(&jobserver), *lazy = begin(&jobserver);

	balance(&jobserver);
	assert_int_equal(available(busy) + available(lazy), 6);
	assert_int_equal(available(busy), 3);
	/* One has work for all it can get, the other for nothing. */
	for (int i = 0; i < 20; i++) {
		use(busy, available(busy));
		balance(&jobserver);
	}
	assert_int_equal(busy->lent, 6);
	assert_int_equal(available(lazy), 0);
	assert_int_equal(jobserver.free, 0);
	/* What it gives back goes to the other, as far as that uses it. */
	assert_int_equal(write(busy->ends[1], "++++", 4), 4);
	for (int i = 0; i < 20; i++) {
		use(lazy, available(lazy));
		balance(&jobserver);
	}
	assert_int_equal(lazy->lent + busy->lent, 6);
	assert_true(lazy->lent >= 4);
	/* A build that ends leaves all to the one that runs. */
	jobserver_end(&jobserver, lazy);
	balance(&jobserver);
	assert_int_equal(busy->lent, 7);
	jobserver_end(&jobserver, busy);
	assert_int_equal(jobserver.free, 8);
	jobserver_close(&jobserver);
}

/* A build that could begin comes before more slots for those that run. */
static void unused_slots_let_a_build_begin(void **state)
{
	struct jobserver jobserver;

	(void)state;
	jobserver_open(&jobserver, 3, NULL);
	struct loan *first = begin(&jobserver);

	balance(&jobserver);
	assert_int_equal(available(first), 2);
	use(first, 1);
	struct loan *second = begin(&jobserver);

	assert_int_equal(available(first), 0);
	expect_no_slot(&jobserver);
	jobserver_end(&jobserver, second);
	jobserver_end(&jobserver, first);
	jobserver_close(&jobserver);
}

static void draining_takes_only_what_was_lent(void **state)
{
	struct jobserver jobserver;

	(void)state;
	jobserver_open(&jobserver, 6, NULL);
	struct loan *drain = begin(&jobserver), *other = begin(&jobserver);

	balance(&jobserver);
	for (int i = 0; i < 10; i++) {
		use(drain, available(drain));
		balance(&jobserver);
	}
	assert_false(drain->overdrawn);
	/* The other has its own slot, and all there are when the first ends. */
	jobserver_end(&jobserver, drain);
	balance(&jobserver);
	assert_int_equal(available(other), 5);
	jobserver_end(&jobserver, other);
	jobserver_close(&jobserver);
}

static void flooding_is_noticed_and_harms_nobody(void **state)
{
	static const char flood[65536];
	struct jobserver jobserver;

	(void)state;
	jobserver_open(&jobserver, 4, NULL);
	struct loan *bad = begin(&jobserver), *good = begin(&jobserver);

	balance(&jobserver);
	assert_false(bad->overdrawn);
	/* As much as fits: an engine that waited to write would wait for ever. */
	assert_int_equal(fcntl(bad->ends[1], F_SETFL, O_NONBLOCK), 0);
	while (write(bad->ends[1], flood, sizeof(flood)) > 0)
		;
	balance(&jobserver);
	assert_true(bad->overdrawn);
	assert_false(good->overdrawn);
	assert_true(available(good) <= 2);
	jobserver_end(&jobserver, bad);
	balance(&jobserver);
	assert_int_equal(good->lent, 3);
	jobserver_end(&jobserver, good);
	assert_int_equal(jobserver.free, 4);
	jobserver_close(&jobserver);
}

/* Nobody reads while the pipe is filled. */
static void any_number_fits(void **state)
{
	struct jobserver jobserver;

	(void)state;
	jobserver_open(&jobserver, INT_MAX, NULL);
	struct loan *loan = begin(&jobserver);

	balance(&jobserver);
	assert_int_equal(available(loan), 4095);
	jobserver_end(&jobserver, loan);
	jobserver_close(&jobserver);
}

static void without_a_limit_there_is_no_pipe(void **state)
{
	struct jobserver jobserver;

	(void)state;
	jobserver_open(&jobserver, 0, NULL);
	for (int i = 0; i < 1000; i++) {
		struct loan *loan = begin(&jobserver);

		assert_int_equal(loan->ends[0], -1);
		jobserver_end(&jobserver, loan);
	}
	assert_int_equal(jobserver_balance(&jobserver), -1);
	jobserver_close(&jobserver);
}

UNIT_MAIN(cmocka_unit_test(each_build_takes_a_slot),
	  cmocka_unit_test(a_name_leads_to_the_build_s_own_slots),
	  cmocka_unit_test(slots_go_where_they_are_used),
	  cmocka_unit_test(unused_slots_let_a_build_begin),
	  cmocka_unit_test(draining_takes_only_what_was_lent),
	  cmocka_unit_test(flooding_is_noticed_and_harms_nobody), cmocka_unit_test(any_number_fits),
	  cmocka_unit_test(without_a_limit_there_is_no_pipe))
