/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/slots.h"

#include <stdlib.h>
#include <string.h>

#include "base/process.h"

static size_t count_builds(const struct plan *plan)
{
	size_t count = 0;

	for (size_t i = 0; i < plan->count; i++)
		count += job_is_build(&plan->jobs[i]);
	return count;
}

/* Whoever says so in MAKEFLAGS gets the jobserver of old, which all of a build's tools know. */
static bool wants_pipe(void)
{
	const char *flags = getenv("MAKEFLAGS");

	return flags && strstr(flags, "--jobserver-style=pipe");
}

/*
 * makes are told of the jobserver if there is more than one build: a lone one gets make -jN, and
 * uses it only if it asks for more.
 */
int slots_open(struct slots *slots, const struct settings *settings, const struct plan *plan,
	       int jobs, struct error *error)
{
	size_t builds = count_builds(plan);

	*slots = (struct slots){.makes = NO_JOBSERVER};
	if (jobserver_open(&slots->jobserver, builds ? jobs : 0,
			   wants_pipe() ? NULL : settings->dkms_tree, error) < 0)
		return error->code;
	slots->makes.fifo = slots->jobserver.fifo;
	if (builds > 1)
		memcpy(slots->makes.ends, slots->jobserver.ends, sizeof(slots->makes.ends));
	return 0;
}

/* Asks make how it takes the jobserver, so that builds need not each: when one surely runs it. */
static void ask_make(struct slots *slots, const struct job *job)
{
	struct make_jobserver *makes = &slots->makes;

	if (!makes->fifo || makes->ends[0] < 0 || slots->make || job->candidate)
		return;
	slots->make = process_find_program("make");
	makes->program = slots->make;
	makes->takes_fifo = slots->make && make_takes_fifo(slots->make);
}

bool slots_take(struct slots *slots, const struct job *job)
{
	if (slots->lost || !jobserver_take(&slots->jobserver))
		return false;
	ask_make(slots, job);
	slots->builds++;
	return true;
}

void slots_give_back(struct slots *slots, bool killed)
{
	slots->builds--;
	slots->lost |= killed && slots->jobserver.slots;
	if (slots->builds)
		jobserver_give_back(&slots->jobserver);
	else if (!slots->lost)
		jobserver_refill(&slots->jobserver);
}

void slots_recover(struct slots *slots, int grace_ms)
{
	/* What was killed must be gone before it is known that no make has a slot. */
	process_await_orphans(grace_ms);
	jobserver_refill(&slots->jobserver);
	slots->lost = false;
}

void slots_close(struct slots *slots)
{
	free(slots->make);
	jobserver_close(&slots->jobserver);
}
