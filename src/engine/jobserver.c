/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/jobserver.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/surroundings.h"
#include "base/cleanup.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/process.h"
#include "base/text.h"

/* How much may run at once: the processors this process may use, within its cgroups' quotas. */

int slots_parallel_jobs(const struct settings *settings)
{
	if (settings->parallel_jobs)
		return settings->parallel_jobs < 0 ? 0 : settings->parallel_jobs;
	int count = processor_count();
	int quota = cgroup_processors("");

	return quota && quota < count ? quota : count;
}

enum {
	MOST_SLOTS = 4096, /* what fits into any pipe, and is more than any machine can use */
	LOOK_MS = 50,      /* how long a slot may lie unused while another build wants it */
	SLOW_LOOK_MS = 1000,
};

static int64_t now_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void jobserver_open(struct jobserver *jobserver, int slots, const char *directory)
{
	struct error ignored = {0};

	*jobserver = (struct jobserver){.home = {.lock = -1}};
	jobserver->slots = jobserver->free = slots > MOST_SLOTS ? MOST_SLOTS : slots;
	if (slots && directory &&
	    staging_open(directory, "jobserver", &jobserver->home, &ignored) < 0)
		error_clear(&ignored);
}

void jobserver_close(struct jobserver *jobserver)
{
	staging_close(&jobserver->home);
}

/* makes share an open file and expect reads on it to wait; ours must not. */
static int open_again(int fd)
{
	cleanup(free_string) char *path = text_format("/proc/self/fd/%d", fd);

	return open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
}

/* One end for makes; the pipe is open at both, so that opening does not wait. */
static int open_end(const char *fifo, int mode)
{
	cleanup(close_fd) int fd = open(fifo, mode | O_NONBLOCK | O_CLOEXEC);

	return fd >= 0 && fcntl(fd, F_SETFL, 0) == 0 ? TAKE_FD(fd) : -1;
}

/* Anybody who reaches the directory may open it: builds run as users of their own. */
static bool make_fifo(const char *path)
{
	return mkfifo(path, 0600) == 0 && chmod(path, 0666) == 0;
}

static void close_loan(struct loan *loan)
{
	jobserver_close_ends(loan);
	close_fd(&loan->own);
	if (loan->fifo)
		(void)unlink(loan->fifo);
	free(loan->fifo);
	free(loan);
}

static int open_by_name(struct jobserver *jobserver, struct loan *loan)
{
	cleanup(free_string) char *name = text_format("slots-%u", jobserver->names++);

	loan->fifo = path_join(jobserver->home.path, name, NULL);
	if (!make_fifo(loan->fifo))
		return -errno;
	loan->own = open(loan->fifo, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (loan->own < 0)
		return -errno;
	loan->ends[0] = open_end(loan->fifo, O_RDONLY);
	loan->ends[1] = open_end(loan->fifo, O_WRONLY);
	if (loan->ends[0] < 0 || loan->ends[1] < 0)
		return -errno;
	if (jobserver->nameless && unlink(loan->fifo) == 0) {
		free(loan->fifo);
		loan->fifo = NULL;
	}
	return 0;
}

static int open_pipe(struct jobserver *jobserver, struct loan *loan)
{
	if (jobserver->home.path)
		return open_by_name(jobserver, loan);
	if (pipe2(loan->ends, O_CLOEXEC) < 0)
		return -errno;
	loan->own = open_again(loan->ends[0]);
	return loan->own < 0 ? -errno : 0;
}

/* Takes back a slot that nobody uses now. Never more than was lent. */
static bool take_back(struct jobserver *jobserver, struct loan *loan)
{
	char slot;

	if (!loan->lent || read(loan->own, &slot, 1) != 1)
		return false;
	loan->lent--;
	loan->unused--;
	jobserver->free++;
	return true;
}

static bool lend(struct jobserver *jobserver, struct loan *loan)
{
	loan->turn = ++jobserver->turns;
	/* A build that filled its pipe has had enough. */
	if (write(loan->own, "+", 1) != 1)
		return false;
	loan->lent++;
	loan->unused++;
	jobserver->free--;
	return true;
}

/* Who has more than it takes. */
static struct loan *find_donor(struct jobserver *jobserver, bool pressing)
{
	struct loan *best = NULL;

	for (struct loan *loan = jobserver->loans; loan; loan = loan->next)
		if (!loan->overdrawn &&
		    (loan->unused > 1 || (loan->unused == 1 && (pressing || loan->rested))) &&
		    (!best || loan->unused > best->unused))
			best = loan;
	return best;
}

/* Who has used up all it has, and was lent something longest ago; or, if none has, the least. */
static struct loan *find_borrower(struct jobserver *jobserver, bool any)
{
	struct loan *best = NULL;

	for (struct loan *loan = jobserver->loans; loan; loan = loan->next) {
		if (loan->overdrawn || (loan->unused && !any))
			continue;
		if (!best || loan->unused < best->unused ||
		    (loan->unused == best->unused && loan->turn < best->turn))
			best = loan;
	}
	return best;
}

/* How many bytes are in the pipe, and whether they can all be the engine's. */
static void look_at(struct loan *loan)
{
	int length = 0;

	if (ioctl(loan->own, FIONREAD, &length) < 0)
		length = 0;
	loan->overdrawn |= length > loan->lent;
	loan->unused = length;
}

/* Slots that lie unused, where a build waits to begin, are for that one. */
static void collect_for_a_build(struct jobserver *jobserver)
{
	struct loan *donor;

	if (jobserver->free || !jobserver->slots)
		return;
	for (struct loan *loan = jobserver->loans; loan; loan = loan->next)
		look_at(loan);
	while (!jobserver->free && (donor = find_donor(jobserver, true)))
		if (!take_back(jobserver, donor))
			donor->unused = 0;
}

static int open_loan(struct jobserver *jobserver, struct loan **ret_loan)
{
	struct loan *loan = NEW(struct loan);

	*loan = (struct loan){.ends = {-1, -1}, .own = -1};
	int code = jobserver->slots ? open_pipe(jobserver, loan) : 0;

	if (code < 0)
		close_loan(loan);
	else
		*ret_loan = loan;
	return code;
}

int jobserver_begin(struct jobserver *jobserver, struct loan **ret_loan, struct error *error)
{
	struct loan *loan;

	collect_for_a_build(jobserver);
	jobserver->wanted = jobserver->slots && !jobserver->free;
	if (jobserver->wanted)
		return -EAGAIN;
	int code = open_loan(jobserver, &loan);

	/* A missing resource may be free when another build has ended. */
	if (code < 0 && jobserver->loans)
		return -EAGAIN;
	if (code < 0)
		return error_errno(error, code, 0, "Cannot make the pipe of a jobserver in %s",
				   jobserver->home.path ? jobserver->home.path : "/proc/self/fd");
	if (jobserver->slots) {
		jobserver->free--;
		loan->next = jobserver->loans;
		jobserver->loans = loan;
	}
	*ret_loan = loan;
	return 0;
}

void jobserver_close_ends(struct loan *loan)
{
	for (int i = 0; i < 2; i++) {
		close_fd(&loan->ends[i]);
		loan->ends[i] = -1;
	}
}

void jobserver_end(struct jobserver *jobserver, struct loan *loan)
{
	struct loan **link = &jobserver->loans;

	while (*link && *link != loan)
		link = &(*link)->next;
	if (*link) {
		*link = loan->next;
		jobserver->free += 1 + loan->lent;
	}
	close_loan(loan);
}

/* A slot goes from who does not use it to who may be waiting; false: nothing more to move. */
static bool move_one(struct jobserver *jobserver)
{
	struct loan *borrower = find_borrower(jobserver, false);
	struct loan *donor = borrower ? find_donor(jobserver, false) : NULL;

	if (!donor)
		return false;
	if (!take_back(jobserver, donor)) {
		donor->unused = 0; /* it was faster */
		return true;
	}
	return lend(jobserver, borrower);
}

static void move_unused(struct jobserver *jobserver)
{
	for (struct loan *loan = jobserver->loans; loan; loan = loan->next) {
		bool lay_there = loan->unused > 0;

		look_at(loan);
		loan->rested = lay_there && loan->unused > 0;
	}
	while (move_one(jobserver))
		;
}

int jobserver_balance(struct jobserver *jobserver)
{
	bool rivals = jobserver->wanted || (jobserver->loans && jobserver->loans->next);
	int64_t now = now_ms();
	struct loan *borrower;

	if (now >= jobserver->due) {
		move_unused(jobserver);
		jobserver->due = now + (rivals ? LOOK_MS : SLOW_LOOK_MS);
	}
	while (jobserver->free > 0 && !jobserver->wanted &&
	       (borrower = find_borrower(jobserver, true)))
		if (!lend(jobserver, borrower))
			break;
	return jobserver->loans ? (int)(jobserver->due - now) : -1;
}

/*
 * Which build may start when, and what its makes are told of the jobserver (engine/jobserver.h).
 */

static size_t count_builds(const struct plan *plan)
{
	size_t count = 0;

	for (size_t i = 0; i < plan->count; i++)
		count += job_is_build(&plan->jobs[i]);
	return count;
}

/* MAKEFLAGS may ask for the old form of the jobserver, which all tools of builds know. */
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
 * makes are told of the jobserver if there is more than one build. A lone build gets make -jN,
 * and uses it only if it asks for more.
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
