/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Work on a stranger's bytes, in a child process that can do no harm. It has the id of nobody, no
 * groups, no capabilities and few system calls. It has limits, the named descriptors alone, and no
 * network unless asked for. It ends with its parent. What it finds out comes back as an answer
 * (below), which the parent checks as it checks any input.
 *
 *	static int count(void *context, struct answer *answer, struct error *error)
 *	{
 *		answer_put_number(answer, count_symbols(*(int *)context));
 *		return 0;
 *	}
 *
 *	struct worker worker = {.purpose = "examining hello.ko", .work = count, .context = &fd,
 *				.fds = &fd, .fd_count = 1};
 *	if (worker_run(&worker, &answer, error) < 0 || answer_number(&answer, &symbols) < 0 ...
 *
 * Without root the worker keeps its user; all else is the same.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"
#include "base/text.h"

struct answer {
	struct buffer bytes;
	size_t position; /* of the next value to take */
};

void answer_put_number(struct answer *answer, uint64_t number);
/* NULL is a value, too. */
void answer_put_text(struct answer *answer, const char *text);
void answer_put_bytes(struct answer *answer, const void *bytes, size_t length);

/* The next value must be of this type. Return 0 or -EPROTO. */
int answer_number(struct answer *answer, uint64_t *ret_number);
/* Owned by the caller, without NUL bytes, NULL where NULL was put; limit in bytes. */
int answer_text(struct answer *answer, char **ret_text, size_t limit);
/* Owned by the caller, with a NUL byte behind the last. */
int answer_bytes(struct answer *answer, char **ret_bytes, size_t *ret_length, size_t limit);
/* Nothing is left. */
int answer_end(const struct answer *answer);

/* Releases what it holds and leaves it empty; serves as cleanup(answer_free). */
void answer_free(struct answer *answer);

struct worker {
	const char *purpose; /* for messages: "examining hello.ko" */
	/* Runs in the child. An error that it returns is the error of worker_run(). */
	int (*work)(void *context, struct answer *answer, struct error *error);
	void *context;  /* input: the child has a copy of the memory */
	const int *fds; /* the descriptors that the child keeps */
	size_t fd_count;
	uid_t id;             /* a build's own id; 0: an id that nobody else has */
	bool opens_files;     /* may open files to read them, with the rights of the id */
	bool writes_files;    /* may also make and change files, with the rights of the id */
	bool network;         /* may also connect to the internet, with opens_files alone */
	unsigned int seconds; /* until it is killed, of time and of processor; 0: 60 */
	size_t memory;        /* bytes; 0: 2 GiB; not limited under ASan */
	size_t file_size;     /* that it may write, also to descriptors; 0: nothing */
	size_t answer_limit;  /* bytes; 0: 1 MiB */
	void (*tick)(
		void *context); /* in the parent, four times a second while it waits; or NULL */
	void *tick_context;
};

/*
 * Runs the work to its end. A worker that dies, is not done in time, floods its parent or answers
 * nonsense is an error which names the purpose. So is a worker that cannot be confined. A signal
 * that asks dkms to stop ends the worker (interrupt_error()).
 */
int worker_run(const struct worker *worker, struct answer *ret_answer, struct error *error);

/*
 * Gives an opened directory to an id for `id` above, which then owns nothing else. *ret_id stays 0
 * where this user's own id is the only one, as in a namespace that an unprivileged user made for
 * itself. Returns 0 or a negative errno.
 */
int worker_lend(int directory, uid_t *ret_id);

/* For a child of root's that is no worker: becomes that id, without other groups. Negative errno.
 */
int worker_become(uid_t id);

/* The error for an answer that is not as agreed. */
int worker_nonsense(const struct worker *worker, struct error *error);
