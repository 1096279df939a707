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

void slots_open(struct slots *slots, const struct settings *settings, const struct plan *plan,
		int jobs)
{
	size_t builds = count_builds(plan);

	*slots = (struct slots){.shared = builds > 1};
	jobserver_open(&slots->jobserver, builds ? jobs : 0, settings->dkms_tree);
	slots->jobserver.nameless = wants_pipe();
}

/* Asks make how it takes the jobserver, so that builds need not each: when one surely runs it. */
static void ask_make(struct slots *slots, const struct job *job)
{
	if (!slots->shared || !slots->jobserver.home.path || slots->jobserver.nameless ||
	    slots->make || job->candidate)
		return;
	slots->make = process_find_program("make");
	slots->takes_fifo = slots->make && make_takes_fifo(slots->make);
}

/*
 * makes are told of the jobserver if there is more than one build: a lone one gets make -jN, and
 * uses it only if it asks for more.
 */
int slots_begin(struct slots *slots, const struct job *job, struct loan **ret_loan,
		struct make_jobserver *ret_makes, struct error *error)
{
	int code = jobserver_begin(&slots->jobserver, ret_loan, error);

	if (code < 0)
		return code;
	ask_make(slots, job);
	*ret_makes = (struct make_jobserver){
		.ends = {-1, -1},
		.fifo = (*ret_loan)->fifo,
		.program = slots->make,
		.takes_fifo = slots->takes_fifo,
	};
	if (slots->shared)
		memcpy(ret_makes->ends, (*ret_loan)->ends, sizeof(ret_makes->ends));
	return 0;
}

void slots_close(struct slots *slots)
{
	free(slots->make);
	jobserver_close(&slots->jobserver);
}
