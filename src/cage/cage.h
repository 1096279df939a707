/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where strangers' commands run: of a build patch, PRE_BUILD, MAKE and POST_BUILD, and the bash
 * that evaluates a dkms.conf.
 *
 *	cage_open(&request, &cage, &refusal, &error)	finds the strictest kind that works here
 *	chown what is to be written to cage->owner
 *	cage_run(cage, &process, …)			as often as needed; /tmp is the same for all
 *	cage_close(cage)
 *
 * CAGE_FULL: every command runs in user, mount, pid, ipc, uts and (unless network) network
 * namespaces, without the system calls of cage/calls.h. Root inside is an unprivileged id outside
 * that nobody else has, with no capability but those over files of its own range of ids. All mounts
 * are read-only, except the view, which is mounted at its place in the tree, and private /tmp,
 * /var/tmp, /dev and tmp_location in memory; /run is empty (with network: but for resolvers);
 * secrets are unreadable whatever their mode. When a command ends, everything that it started is
 * killed with it; so is all of it when dkms dies. Needs root, and a kernel that lets it make
 * namespaces.
 *
 * CAGE_VIEW: a mount namespace in which the view is at its place in the tree, and nothing else.
 * Several builds of one module can run at once, each with its own view.
 *
 * CAGE_NONE: the commands run as they are.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/process.h"
#include "base/strv.h"

enum cage_kind { CAGE_NONE, CAGE_VIEW, CAGE_FULL };

struct cage_request {
	enum cage_kind strictest; /* no stricter kind is tried */
	const char *view;         /* directory that commands see … (NULL: none, no CAGE_VIEW) */
	const char *mount_point;  /* … here, on the same file system */
	const char *writable;     /* as commands see it; must turn out writable to them */
	const char *second_place; /* where CAGE_FULL shows writable, too; NULL: nowhere */
	const char *readable;     /* must turn out readable to them; "": nothing */
	const char *temporary;    /* tmp_location */
	struct strv visible;      /* paths needed even if below a private directory */
	struct strv secrets;      /* files to hide; missing ones are passed over */
	/* One that commands may open, and where they find it in CAGE_FULL (elsewhere it is where it
	 * is), below /dev. Both may be NULL. */
	const char *fifo, *shown_fifo;
	/* A program that has the place of /bin/sh in CAGE_FULL, and where the shell itself is then,
	 * below /dev. Both may be NULL. */
	const char *shell_front, *real_shell;
	bool network;
};

struct cage {
	enum cage_kind kind;
	uid_t owner;   /* who commands are outside, user and group: 0 unless CAGE_FULL */
	int mounts_fd; /* namespaces; -1: none */
	int users_fd;
	bool network;
	char *writable, *second_place; /* as in the request; NULL without a second place */
};

/* True if mount namespaces can be made here, and so at least CAGE_VIEW. */
bool cage_has_views(void);

/*
 * Always finds a cage. *ret_refusal is why it is less strict than asked for, owned by the caller,
 * or NULL. If the owner is not root, the view is opened to its group and the writable directory
 * given to it.
 */
void cage_open(const struct cage_request *request, struct cage **ret_cage, char **ret_refusal);
void cage_close(struct cage *cage);
DEFINE_CLEANUP(struct cage *, cage_close)

/*
 * As process_run(), without timeout; prepare is for CAGE_FULL alone, and runs with the rights of
 * the command. The directory is as seen inside, and may be closed to the command. keep_fds are two
 * descriptors that the command inherits (a jobserver), {-1,-1}: none. The command has as many open
 * files as the hard limit allows. A signal that asks dkms to stop ends it at once.
 */
int cage_run(const struct cage *cage, const struct process *process, const int keep_fds[2],
	     int *ret_status, struct error *error);

/* Gives a directory and all in it to a user and the group of the same number; links stay links. */
int cage_give(const char *directory, uid_t owner, struct error *error);
