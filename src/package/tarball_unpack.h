/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A tar file, plain or compressed, to a directory. Private to this room.
 *
 * libarchive reads what strangers wrote, so it runs in a confined worker, which can write to that
 * directory alone. What it leaves there is believed in nothing: root looks at all of it through
 * opened directories before it makes it its own.
 */
#pragma once

#include <stddef.h>
#include <sys/types.h>

#include "base/error.h"
#include "base/strv.h"

struct tarball_limits {
	size_t entries;  /* files, directories and links together */
	long long bytes; /* of all files together, holes counted */
};

/* Limits that no real module reaches. */
extern const struct tarball_limits tarball_default_limits;

enum tarball_entry_kind { TARBALL_DIRECTORY, TARBALL_FILE, TARBALL_LINK };

struct tarball_entry {
	enum tarball_entry_kind kind;
	char *target; /* of a link */
};

void tarball_entry_free(void *entry);

enum { TARBALL_MOST_LEVELS = 64 };

/*
 * Unpacks into an empty directory of nobody else's, given by its real path. entries gets a struct
 * tarball_entry for every relative name, directories that were not spelled out included. Errors as
 * in tarball_open(); the directory may then hold anything that was in the file until there.
 *
 * Refuses absolute names, "..", control characters, repeated names, names below a file or too deep,
 * links that leave the directory, and hard links to later entries. Refuses everything that is
 * neither file nor directory nor link, and more than the limits. Hard links become copies.
 */
int tarball_unpack(const char *file, const char *directory, const struct tarball_limits *limits,
		   struct strmap *entries, struct error *error);

/* The worker's part: unpacks an opened file into the working directory. */
int tarball_unpack_here(int fd, const char *file, const char *shown_directory,
			const struct tarball_limits *limits, struct error *error);

/*
 * Takes over what a worker with this id left in a directory: all of it becomes this user's, with
 * plain modes. Refuses whatever tarball_unpack() would have, but the content's order.
 */
int tarball_adopt(int fd, const char *file, uid_t id, const struct tarball_limits *limits,
		  struct strmap *entries, struct error *error);
