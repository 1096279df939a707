/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How a process gives up its rights, once and for all: what confined workers (cage/worker.h) and
 * confined programs (cage/companion.h) have in common. Nothing here is undone, and no failure is
 * ignored. The user ids that builds and workers run with belong to nobody: they lie
 * above the ids of systemd's containers (up to 0x6fffffff) and below the sign bit. A container that
 * lacks these ids gives workers some below 65500 instead.
 */
#pragma once

#include <stddef.h>
#include <sys/types.h>

#include "base/error.h"
#include "cage/calls.h"

/* A build owns a range as long as the ids of a common tar archive reach. */
enum { IDS_OF_A_BUILD = 0x10000 };

/*
 * The first id of the range for a build, user and group. Builds of one run count from a number that
 * is chosen at random, so that none has another's, and other runs hardly the same.
 */
unsigned int ids_choose_first(void);
uid_t ids_for_build(unsigned int number);

/* For root: from now on this process is a user and a group without other groups. Negative errno. */
int ids_become(uid_t id);

struct confine_limits {
	size_t memory;          /* bytes; not limited under ASan */
	unsigned int seconds;   /* of processor */
	size_t file_size;       /* of files that are written; 0: none can be */
	unsigned int processes; /* 0: none can be started; UINT_MAX: as before */
	unsigned int files;     /* open at once */
};

/* Closes all descriptors above 2 but those that are named. */
int confine_descriptors(const int *kept, size_t count);

/* Limits, and a session of its own without a terminal. */
int confine_resources(const struct confine_limits *limits, struct error *error);

/*
 * For root: becomes another user (0: an id that nobody else has), without groups and capabilities.
 * For anybody: no capabilities, no new privileges, death with the parent, the calls that are left.
 * Root that has no id to spare keeps its own; with CONFINE_TALKS that is -EPERM.
 */
int confine_rights(uid_t id, enum confine_calls calls, struct error *error);

/*
 * The error of a confined process that could not be heard. It is -EINTR, -ETIMEDOUT after so
 * many seconds, -EFBIG for an answer that is too long, or why reading failed.
 */
int confine_explain(const char *purpose, int code, unsigned int seconds, struct error *error);
