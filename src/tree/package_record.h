/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A struct package as bytes in a file of ours. M/V/K/A/.package records what M/V/K/A was built
 * for: its package as it was evaluated then. The dkms.conf may have changed since. So
 * this record says what a build holds and where it was installed to. The file goes with the build.
 */
#pragma once

#include "base/error.h"
#include "base/packed.h"
#include "model/identity.h"
#include "model/package.h"
#include "model/settings.h"

/* Changes with every change of the packed fields or of their meaning. */
#define PACKED_PACKAGE_FORMAT 4

void package_pack(const struct package *package, struct buffer *buffer);

/*
 * The package that is all there is in packed, owned by the caller. It is NULL for anything that
 * package_pack() cannot have made of a package that was evaluated.
 */
struct package *package_unpack(struct packed packed);

/* A sum that tells a damaged file; no proof against anybody. */
uint64_t packed_sum(const void *data, size_t length);

/*
 * Reads a whole file that this process may believe. It is a regular file of root or of the user who
 * runs dkms, and nobody else may write to it. It has at most limit bytes. Owned by the caller; NULL
 * otherwise.
 */
char *packed_file_read(const char *path, size_t limit, size_t *ret_length);

#define BUILT_PACKAGE_NAME ".package"

/* In M/V/K/A, too: modules that the build command has installed itself (build/publish.c), a path
 * below the kernel's directory a line. */
#define BUILT_STRAYS_NAME ".strays"

/* Writes the record into a directory that is to become M/V/K/A. Not synced. */
int built_package_write(const char *product, const struct package *package, struct error *error);

/*
 * The package with names, places and exclusions of that time, owned by the caller. NULL where
 * nothing is recorded (a build of another dkms), or nothing that can be believed.
 */
struct package *built_package_read(const struct settings *settings, const struct module_id *id,
				   const struct kernel_id *kernel);
