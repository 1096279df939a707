/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whole directories: listing, copying, removing. Removal and copying go relative to opened
 * directories and never follow a symbolic link.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "base/error.h"
#include "base/strv.h"

/*
 * Adds the names in a directory, dot-names left out, in byte order. A directory that does not
 * exist is empty.
 */
int directory_list(const char *path, struct strv *names, struct error *error);

/* The same; a directory that cannot be read is empty, too. */
void directory_list_if_possible(const char *path, struct strv *names);

/*
 * Adds the paths of the wanted entries below path, at any depth, in byte order. mode is the entry's
 * own: no link below path is followed. A wanted directory is not entered.
 */
typedef bool directory_wanted(const char *name, mode_t mode);
int directory_find(const char *path, directory_wanted *wanted, struct strv *paths,
		   struct error *error);

/* path, or the nearest directory above it that exists, owned by the caller. */
char *directory_nearest(const char *path);

/*
 * Copies a directory with all it holds to a new directory: modes and times kept, symbolic links as
 * they are, reflinks where the file system can. Sockets, FIFOs and devices are refused. Not synced.
 */
int directory_copy(const char *from, const char *to, struct error *error);

/*
 * Whether two directories hold the same: names, contents, link targets and modes (not those of the
 * two themselves, nor times and owners). What directory_copy() does not copy does not count.
 */
int directory_compare(const char *left, const char *right, bool *ret_same, struct error *error);

/* Removes a file or a directory with all it holds. A missing path is no error. */
int directory_remove(const char *path, struct error *error);

/* fsyncs every file and directory below path, and path, which may be a file. */
int directory_sync(const char *path, struct error *error);

/*
 * Makes path, with missing parents, as a directory of mode 0700. One that is there must be this
 * user's and no link, and is closed to others.
 */
int directory_make_private(const char *path, struct error *error);

/* Removes path and its parents while they are empty, stopping at (and keeping) stop. Best effort.
 */
void directory_prune(const char *path, const char *stop);
