/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The memory of a run about each place, and the child that talks to the place. */
#pragma once

#include <stddef.h>

#include "base/error.h"
#include "cage/worker.h"
#include "remote/access_json.h"
#include "remote/place.h"
#include "remote/remote.h"
#include "remote/store.h"

struct base {
	struct place place;
	struct access access; /* to a registry */
	int directory;        /* opened; -1: not yet, or a registry */
};

struct remote_session {
	const struct settings *settings;
	struct reporter *reporter;
	struct unreachable_places *unreachable;
	struct glimpse *glimpse;     /* shows how far a transfer is; NULL: nobody watches */
	struct glimpse *own_glimpse; /* the same, if the reporter is told of it here */
	struct base **bases;
	size_t count;
};

/* The place that text names, known from before or new. -EHOSTUNREACH if it was given up. */
int session_base(struct remote_session *session, const char *text, struct base **ret_base,
		 struct error *error);

/* The work to do with a place. */
struct talk {
	const char *purpose; /* for messages: "asking https://builds.invalid" */
	int (*work)(struct store *store, void *context, struct answer *answer, struct error *error);
	void *context;
	uint64_t bytes;        /* of the whole transfer, to be shown; 0: not worth it */
	uint64_t bytes_before; /* of them by earlier talks */
	const int *fds;        /* that the child keeps */
	size_t fd_count;
	size_t file_size;     /* that it may write */
	unsigned int seconds; /* until it is killed; 0: as a worker */
};

/* Runs the work in the child. Remembers why a place is of no use. */
int session_talk(struct remote_session *session, struct base *base, const struct talk *talk,
		 struct answer *ret_answer, struct error *error);

/* The same in this process and with its rights, to write to a directory. */
int session_write(struct remote_session *session, struct base *base, const struct talk *talk,
		  struct answer *ret_answer, struct error *error);
