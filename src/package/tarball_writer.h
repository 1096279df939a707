/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writing one tar file, entry by entry. Private to this room. Order of calls:
 *
 *	tarball_writer_open()		a temporary file beside the path
 *	tarball_writer_add_...()	parents first, in the order in which they are to stand
 *	tarball_writer_finish()		synced and renamed to the path
 *	tarball_writer_free()		without finish: the temporary file goes
 *
 * All entries belong to user and group 0 and keep their own times; the file tells no time of its
 * own.
 */
#pragma once

#include <stdbool.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/report.h"

struct tarball_writer;

/* The path's suffix picks the compression; none that is known: no compression. */
int tarball_writer_open(const char *path, struct reporter *reporter,
			struct tarball_writer **ret_writer, struct error *error);

int tarball_writer_add_directory(struct tarball_writer *writer, const char *name, time_t time,
				 struct error *error);
int tarball_writer_add_text(struct tarball_writer *writer, const char *name, const char *text,
			    time_t time, struct error *error);
/* A regular file, opened by the caller; path is for messages. */
int tarball_writer_add_file(struct tarball_writer *writer, const char *name, int fd,
			    const char *path, struct error *error);

/* Which entries of a directory are left out, and who is asked about each file and directory that is
 * packed, as it was opened (base/copy.h). Each may be NULL. */
struct tarball_rules {
	bool (*leave_out)(const char *name);
	int (*examine)(void *context, const char *path, int fd, struct error *error);
	void *context;
};

/*
 * Adds a directory and everything in it, except temporary files of dkms. Files that a tarball
 * cannot hold are left out with a warning. Links that lead outside are kept with a warning.
 */
int tarball_writer_add_tree(struct tarball_writer *writer, const char *name, const char *path,
			    const struct tarball_rules *rules, struct error *error);

int tarball_writer_finish(struct tarball_writer *writer, struct error *error);
void tarball_writer_free(struct tarball_writer *writer);
DEFINE_CLEANUP(struct tarball_writer *, tarball_writer_free)
