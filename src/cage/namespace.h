/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Namespaces that outlive their maker, as descriptors. */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "base/error.h"

/*
 * In a new mount namespace: sets how mounts propagate (MS_PRIVATE or MS_SLAVE). The root directory
 * of a chroot is no mount, and lies below mounts that no name reaches. There the namespace first
 * drops everything outside the chroot.
 */
int root_detach(unsigned long propagation, struct error *error);

struct cage_request;

struct namespace
{
	const char *kind; /* of /proc/PID/ns: "mnt", "user" */
	int flag;         /* of unshare() */
	int (*inside)(const struct cage_request *request, struct error *error); /* may be NULL */
	const struct cage_request *request;
	uid_t owner; /* where the range of ids starts; 0: no mapping */
};

/*
 * Makes one in a child that ends at once. *ret_impossible: what failed was refused by the kernel
 * for good (no right, no such thing, none allowed), not for want of something.
 */
int namespace_make(const struct namespace *namespace, int *ret_fd, bool *ret_impossible,
		   struct error *error);

/* The same judgement of a negative errno of clone(), unshare(), setns() or setresuid(). */
bool namespace_is_impossible(int code);
