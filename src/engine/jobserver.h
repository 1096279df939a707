/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The machine's slots. The engine owns them all. Each build takes one to run, the slot that every
 * make has. It gets more through a pipe of its own, a GNU make jobserver with one byte per slot
 * (GNU make manual, "POSIX Jobserver"). A build can drain or flood its own pipe alone; the engine
 * never waits for any, and counts what it lent.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/staging.h"
#include "build/build.h"
#include "model/settings.h"
#include "plan/plan.h"

/* The job slots of one build. */
struct loan {
	int ends[2];       /* read, write: what makes inherit; {-1, -1}: there is no limit */
	char *fifo;        /* the pipe's name, under which makes open it; NULL: it has none */
	int own;           /* the pipe again, opened so that it never waits */
	int lent;          /* slots, besides its own */
	int unused;        /* of them, those in the pipe at the last look … */
	bool rested;       /* … some of which were there at the look before */
	bool overdrawn;    /* the pipe held more than was lent */
	unsigned int turn; /* when it was last lent something */
	struct loan *next;
};

struct jobserver {
	int slots;   /* in all; 0: no limit, and no pipes */
	int free;    /* neither lent nor with a build that runs */
	bool wanted; /* a build waits for a slot; the engine resets it before it asks again */
	struct staging home; /* where the pipes have names: root alone gets there … */
	bool nameless;       /* … and takes them away as soon as they are open */
	struct loan *loans;
	unsigned int turns, names;
	int64_t due; /* when to look at all pipes again, in milliseconds */
};

/*
 * slots 0: no limit; more than 4096 are that many. directory: where pipes may have names; NULL:
 * they need none, and they get none where that cannot be done. Then each is opened through /proc.
 */
void jobserver_open(struct jobserver *jobserver, int slots, const char *directory);
/* All loans must have ended. */
void jobserver_close(struct jobserver *jobserver);

/*
 * A slot for a build that begins, without waiting: -EAGAIN, and no error, if none can be had now.
 * *ret_loan lasts until jobserver_end().
 */
int jobserver_begin(struct jobserver *jobserver, struct loan **ret_loan, struct error *error);
/* The build inherits these; the engine itself needs them no more. */
void jobserver_close_ends(struct loan *loan);
/* No process of the build is left: all that it had is free. */
void jobserver_end(struct jobserver *jobserver, struct loan *loan);

/*
 * Lends what is free, and takes back what is unused where others need it. Returns after how many
 * milliseconds this is due again, -1: when a build begins or ends. A build whose pipe held more
 * than it was lent is marked as overdrawn, and gets no more.
 */
int jobserver_balance(struct jobserver *jobserver);

struct slots {
	struct jobserver jobserver;
	char *make; /* on PATH; NULL: not asked yet */
	bool takes_fifo;
	bool shared; /* there is more than one build */
};

/* How many compilers may run at once by settings and machine; 0: no limit. */
int slots_parallel_jobs(const struct settings *settings);

/* jobs: so many slots, 0: no limit. */
void slots_open(struct slots *slots, const struct settings *settings, const struct plan *plan,
		int jobs);
/*
 * For a build, which then starts: what it has, and what its makes are told. -EAGAIN: not now; no
 * error is set then.
 */
int slots_begin(struct slots *slots, const struct job *job, struct loan **ret_loan,
		struct make_jobserver *ret_makes, struct error *error);
void slots_close(struct slots *slots);
