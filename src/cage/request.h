/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Requests for cages, and the cages that come of them: the data that cage.h and its parts share. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/strv.h"
#include "cage/group.h"

struct cage_usage;

enum cage_kind { CAGE_NONE, CAGE_VIEW, CAGE_FULL };

/* The cages that this machine supports. */
struct cage_support {
	enum cage_kind strictest;
	bool users;                     /* user namespaces can be made */
	bool groups[GROUP_CONTROLLERS]; /* control groups can be made */
	unsigned int first;             /* number of the run's first build (cage/confine.h) */
	char *refusal;                  /* why strictest is not CAGE_FULL; NULL: it is */
};

/* For one build in CAGE_FULL; 0: none. */
struct cage_limits {
	uint64_t memory;       /* bytes that all its processes have together … */
	bool memory_is_chosen; /* … and, where they cannot be counted so, each of them */
	uint64_t processes;
	uint64_t temporary;   /* bytes of each private directory, /tmp and the like */
	uint64_t disk;        /* bytes of the view, and of any file */
	unsigned int seconds; /* of each command */
};

/* Which of them may be why a command failed. */
enum cage_limit {
	CAGE_LIMIT_NONE,
	CAGE_LIMIT_MEMORY,
	CAGE_LIMIT_PROCESSES,
	CAGE_LIMIT_TEMPORARY,
};

struct cage_request {
	const struct cage_support *support;
	enum cage_kind strictest; /* what is asked for; the support may know only a weaker kind */
	unsigned int number;      /* of the build in its run: others have other ids */
	const char *view;         /* directory that commands see … (NULL: none, no CAGE_VIEW) */
	const char *mount_point;  /* … here, on the same file system */
	const char *writable;     /* as commands see it; must turn out writable to them */
	const char *second_place; /* where CAGE_FULL shows writable, too; NULL: nowhere */
	const char *readable;     /* must turn out readable to them; "": nothing */
	const char *temporary;    /* tmp_location */
	struct strv hidden;       /* directories that show only what `visible` names */
	struct strv visible;      /* paths needed even if below a private or hidden directory */
	struct strv secrets;      /* files to hide; missing ones are skipped */
	/* A fifo that commands may open, and its place below /dev in CAGE_FULL. Other cages show it
	 * in its own place. Both may be NULL. */
	const char *fifo, *shown_fifo;
	/* A program in the place of /bin/sh in CAGE_FULL, and the place of the shell itself below
	 * /dev. Both may be NULL. */
	const char *shell_front, *real_shell;
	struct cage_limits limits;
	bool network;
};

struct cage {
	enum cage_kind kind;
	uid_t owner;   /* who commands are outside, user and group: 0 unless CAGE_FULL */
	int mounts_fd; /* namespaces; -1: none */
	int users_fd;  /* -1: none, and the owner is simply who commands are */
	bool network;
	char *writable, *second_place; /* as in the request; NULL without a second place */
	char *view, *temporary;        /* as in the request */
	struct cage_limits limits;
	struct build_group group;
	struct cage_usage *usage;
};
