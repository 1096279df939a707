/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who else a POSIX access control list lets write to a file. */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

struct acl {
	uid_t writer;      /* a user other than root, named in the list, who may write; 0: none */
	bool group_writes; /* a group other than root's that is named in the list may */
};

/* A file without a list, or a file system without such lists, leaves *acl as it is. */
void acl_of_path(const char *path, struct acl *acl); /* follows links */
void acl_of_descriptor(int fd, struct acl *acl);
