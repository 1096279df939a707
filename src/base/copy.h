/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Copying a whole directory: modes and times kept, set-id bits not, reflinks where the file system
 * can. Everything is opened once, relative to the opened directory above it and without following
 * a link, and the opened file is the one examined. Not synced.
 */
#pragma once

#include <sys/stat.h>

#include "base/error.h"

/* For each of these, path is the name below the directory that is copied, "" for itself. */
struct copy_rules {
	/* A directory or a regular file that is about to be read. NULL: all are fit. */
	int (*examine)(void *context, const char *path, int fd, struct error *error);
	/* A symbolic link, to be made as to_fd/name. NULL: it is copied as it is. */
	int (*link)(void *context, const char *path, const char *target, int to_fd,
		    const char *name, struct error *error);
	/* A FIFO, a socket or a device, which is left out. NULL: it is an error. */
	void (*left_out)(void *context, const char *path);
	void *context;
};

/* Copies from, which may be a link, to a new directory. Without rules: base/directory.h. */
int copy_by_rules(const char *from, const char *to, const struct copy_rules *rules,
		  struct error *error);

/* Makes a link with the same target. */
int copy_link_as_it_is(const char *target, int to_fd, const char *name, struct error *error);

/* Makes to_fd/name from an opened file, with the mode, without set-id bits, and the times that info
 * has. Returns a negative errno. */
int copy_opened_file(int in, const struct stat *info, int to_fd, const char *name);
