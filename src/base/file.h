/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Files and links. Every write, fsync, close and rename is checked; what is published appears by
 * one rename after an fsync. Functions with a struct error name the path in its message; the
 * exit status is left undecided. Paths are absolute or relative to the working directory.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/error.h"

bool file_exists(const char *path);            /* follows links */
bool file_exists_nofollow(const char *path);   /* a dangling link exists */
bool file_is_directory(const char *path);      /* follows links */
bool file_is_real_directory(const char *path); /* a link to one is none */
bool file_is_regular(const char *path);        /* follows links */
bool file_is_symlink(const char *path);
bool file_is_executable(const char *path); /* a regular file that this process may execute */

struct stat;
/* True if two stats of one path show that nobody wrote to it, or to its attributes, between them.
 */
bool file_is_unchanged(const struct stat *before, const struct stat *after);

/* A hard link to a file that is closed to others: another user may have made the link. */
bool file_is_closed_hard_link(const struct stat *info);

/* The target of a link, owned by the caller; NULL if path is no link. */
char *file_readlink(const char *path);

/*
 * Reads a whole regular file of at most limit bytes (-EFBIG beyond). *ret_data is NUL-terminated
 * and owned by the caller; ret_length may be NULL.
 */
int file_read(const char *path, size_t limit, char **ret_data, size_t *ret_length,
	      struct error *error);

/* The same as a text, owned by the caller; NULL if it cannot be read. */
char *file_read_if_possible(const char *path, size_t limit);

/* The same as file_read(); a link is an error (-ELOOP). */
int file_read_nofollow(const char *path, size_t limit, char **ret_data, size_t *ret_length,
		       struct error *error);

/* The same of an opened file, called path in messages. */
int file_read_opened(int fd, const char *path, size_t limit, char **ret_data, size_t *ret_length,
		     struct error *error);

/* Writes all bytes, going on after short writes and EINTR. Returns 0 or a negative errno. */
int file_write_all(int fd, const void *data, size_t length);

/* Writes data to a new file, synced, with just this mode; on failure there is no file. */
int file_create(const char *path, const void *data, size_t length, mode_t mode,
		struct error *error);

/* Replaces path with data by way of a synced temporary file and a rename; syncs the directory. */
int file_write(const char *path, const void *data, size_t length, mode_t mode, struct error *error);

/*
 * The same without syncing file or directory. It is for files that nobody looks for yet:
 * directory_sync() syncs their directory as a whole before it is moved to its place.
 */
int file_create_unsynced(const char *path, const void *data, size_t length, mode_t mode,
			 struct error *error);
int file_write_unsynced(const char *path, const void *data, size_t length, mode_t mode,
			struct error *error);
int file_copy_unsynced(const char *from, const char *to, struct error *error);

/* Makes every missing directory of path, mode 0755 whatever the umask. */
int file_make_directories(const char *path, struct error *error);

/* Makes path a symbolic link to target, replacing an old link by rename. */
int file_symlink(const char *target, const char *path, struct error *error);

/* Copies one regular file's bytes, mode and times (a reflink where possible) to a new file. Synced.
 */
int file_copy(const char *from, const char *to, struct error *error);

int file_rename(const char *from, const char *to, struct error *error);

/* Removes a file or link. A missing file is no error. */
int file_unlink(const char *path, struct error *error);

/* fsync of a directory, or of the directory that holds a file. */
int file_sync_directory(const char *directory, struct error *error);
int file_sync_parent(const char *path, struct error *error);

/* True if they are one file, or both can be read and hold the same bytes (base/same.h). */
bool file_same_content(const char *a, const char *b);
