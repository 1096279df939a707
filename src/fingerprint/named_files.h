/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files that a command names by their full paths: a script in /tmp for one is not in the source. */
#pragma once

#include <stdbool.h>

#include "base/digest.h"
#include "base/error.h"

/*
 * Adds what there is of each: of a regular file that everybody may read its content, of others
 * inode, size and time. trusted: the administrator named them, or lets the command run as root;
 * else a confined worker looks, and what is closed to others is as if it was not there.
 */
int named_files_add(struct digest *digest, const char *command, bool trusted, struct error *error);
