/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A tar file, plain or compressed, to a directory. Private to this room. */
#pragma once

#include <stddef.h>

#include "base/error.h"
#include "base/map.h"

struct tarball_limits {
	size_t entries;  /* files, directories and links together */
	long long bytes; /* of all files together, holes counted */
};

/* What nobody's module comes near. */
extern const struct tarball_limits tarball_default_limits;

enum tarball_entry_kind { TARBALL_DIRECTORY, TARBALL_FILE, TARBALL_LINK };

struct tarball_entry {
	enum tarball_entry_kind kind;
	char *target; /* of a link */
};

void tarball_entry_free(void *entry);

/*
 * Unpacks into an empty directory of nobody else's, given by its real path. entries gets a struct
 * tarball_entry for every relative name, directories that were not spelled out included. Errors as
 * in tarball_open(); the directory may then hold anything that was in the file until there.
 *
 * Refused: absolute names, "..", control characters, names that come twice or lie below something
 * that is no directory, links that leave the directory, hard links to what has not come before,
 * everything that is neither file nor directory nor link, and more than the limits. Hard links
 * become copies.
 */
int tarball_unpack(const char *file, const char *directory, const struct tarball_limits *limits,
		   struct strmap *entries, struct error *error);
