/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where strangers' commands run: of a build patch, PRE_BUILD, MAKE and POST_BUILD.
 *
 *	cage_find_support(&support, &error)	once a run, before any stranger's command
 *	cage_open(&request, &cage, &error)	for each build
 *	chown what is to be written to cage->owner
 *	cage_run(cage, &process, …)		as often as needed; /tmp is the same for all
 *	cage_close(cage)
 *
 * CAGE_FULL: every command runs in mount, pid, ipc, uts and (unless network) network namespaces,
 * without the system calls of cage/calls.h. Where user namespaces can be made, root inside is an
 * unprivileged id outside that no other build has, with no capability but those over files of its
 * own range of ids; elsewhere, as in a chroot, the command simply has such an id. All mounts are
 * read-only, except the view, which is mounted at its place in the tree, and private /tmp,
 * /var/tmp, /dev and tmp_location in memory; /run is empty (with network it holds the resolvers);
 * secrets are unreadable whatever their mode. When a command ends, everything that it started is
 * killed with it; so is all of it when dkms dies. Needs root, and a kernel that lets it make
 * namespaces.
 *
 * CAGE_VIEW: a mount namespace in which the view is at its place in the tree, and nothing else.
 * Several builds of one module can run at once, each with its own view.
 *
 * CAGE_NONE: the commands run as they are.
 *
 * What a machine can do is decided by cage_find_support() alone. Later a cage that does not open,
 * for whatever reason, is a failure of what was to run in it, and never a weaker cage.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/process.h"
#include "base/strv.h"
#include "cage/group.h"

struct cage_usage;

enum cage_kind { CAGE_NONE, CAGE_VIEW, CAGE_FULL };

/* What this machine can do. */
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
	struct strv hidden;       /* directories of which only what is visible is seen */
	struct strv visible;      /* paths needed even if below a private or hidden directory */
	struct strv secrets;      /* files to hide; missing ones are passed over */
	/* One that commands may open, and where they find it in CAGE_FULL (elsewhere it is where it
	 * is), below /dev. Both may be NULL. */
	const char *fifo, *shown_fifo;
	/* A program that has the place of /bin/sh in CAGE_FULL, and where the shell itself is then,
	 * below /dev. Both may be NULL. */
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

/*
 * Finds out by trying. Only what makes a kind of cage impossible (the kernel, or what dkms runs in,
 * forbids it or does not know it) gives a weaker one. Whatever else fails is an error, after which
 * nothing of a stranger's may run.
 */
int cage_find_support(struct cage_support *ret_support, struct error *error);
void cage_support_free(struct cage_support *support);

/*
 * The strictest cage that was asked for and is possible here. If the owner is not root, the view is
 * opened to its group and the writable directory given to it.
 */
int cage_open(const struct cage_request *request, struct cage **ret_cage, struct error *error);
void cage_close(struct cage *cage);
DEFINE_CLEANUP(struct cage *, cage_close)

/*
 * As process_run(), without timeout; prepare is for CAGE_FULL alone, and runs with the rights of
 * the command. The directory is as seen inside, and may be closed to the command. keep_fds are two
 * descriptors that the command inherits (a jobserver), {-1,-1}: none. The command has as many open
 * files as the hard limit allows. A signal that asks dkms to stop ends it at once; so does a limit
 * of time (-ETIME) or disk (-EDQUOT).
 */
int cage_run(const struct cage *cage, const struct process *process, const int keep_fds[2],
	     int *ret_status, struct error *error);

/* What a command in it has run into so far. Time and disk are errors of cage_run(). */
enum cage_limit cage_limit_hit(const struct cage *cage);

/* Whether a command so far looked for a network that it was not to have. */
bool cage_tried_network(const struct cage *cage);

/* Gives a directory and all in it to a user and the group of the same number; links stay links. */
int cage_give(const char *directory, uid_t owner, struct error *error);
