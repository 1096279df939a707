/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The cage for commands of strangers: patch, PRE_BUILD, MAKE and POST_BUILD of a build.
 *
 *	cage_find_support(&support, &error)	once a run, before any stranger's command
 *	cage_open(&request, &cage, &error)	for each build
 *	chown what is to be written to cage->owner
 *	cage_run(cage, &process, …)		as often as needed; /tmp is the same for all
 *	cage_close(cage)
 *
 * CAGE_FULL: every command runs in mount, pid, ipc, uts and (unless network) network namespaces,
 * without the system calls of cage/calls.h. Each build has an unprivileged id of its own. Where
 * user namespaces can be made, the command is root inside, with capabilities over files of its own
 * range of ids alone. Elsewhere, as in a chroot, the command has that id. All mounts are
 * read-only, except two kinds. The view is mounted at its place in the tree, and /tmp,
 * /var/tmp, /dev and tmp_location are private and in memory. /run is empty (with network it
 * holds the resolvers). Secrets are unreadable whatever their mode. When a command ends,
 * everything that it started is killed with it. All of it is killed when dkms dies. Needs root,
 * and a kernel that lets it make namespaces.
 *
 * CAGE_VIEW: a mount namespace in which the view is at its place in the tree, and nothing else.
 * Several builds of one module can run at once, each with its own view.
 *
 * CAGE_NONE: the commands run as they are.
 *
 * Only cage_find_support() decides how strict a cage this machine allows. If a cage does not open
 * later, for any reason, its command fails. The cage never becomes weaker.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/process.h"
#include "cage/request.h"

/*
 * Finds out by trying. A weaker cage is used only where a stricter kind is impossible: the kernel
 * or the container of dkms forbids it or does not know it. Any other failure is an error, after
 * which no command of a stranger may run.
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
 * Like process_run(), without timeout; prepare is for CAGE_FULL alone, and runs with the rights of
 * the command. The directory is as seen inside, and may be closed to the command. keep_fds are two
 * descriptors that the command inherits (a jobserver), {-1,-1}: none. The command has as many open
 * files as the hard limit allows. A signal that asks dkms to stop ends it at once; so does a limit
 * of time (-ETIME) or disk (-EDQUOT).
 */
int cage_run(const struct cage *cage, const struct process *process, const int keep_fds[2],
	     int *ret_status, struct error *error);

/* Returns the limit that a command has reached so far. Time and disk are errors of cage_run(). */
enum cage_limit cage_limit_hit(const struct cage *cage);

/* Whether a command so far looked for a network that it was not to have. */
bool cage_tried_network(const struct cage *cage);

/* Gives a directory and all in it to a user and the group of the same number; links stay links. */
int cage_give(const char *directory, uid_t owner, struct error *error);
