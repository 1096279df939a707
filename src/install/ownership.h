/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The owner of a file below a kernel's directory: the kernel, this module, or somebody else. Files
 * that the record of an install names are the module's, whatever they hold by now. A refused module
 * has no file. Without a record, as the reference leaves none, content decides, and a file of a
 * package never becomes dkms's own.
 *
 * Also where replaced modules of the kernel are kept (install/originals.h). Only reads.
 */
#pragma once

#include "install/place.h"

/* Where an installed module was found. */
struct placed_files {
	struct strv own;     /* the module's, or links into the module's tree */
	struct strv foreign; /* in such a place, but somebody's */
};

/*
 * Looks at the recorded place (there under another compression, too) and in the destination.
 * Without a record, looks anywhere below the kernel's directory for files with the very same bytes,
 * because the destination may have been another one.
 */
int placed_module_find_installed(const struct placement *placement,
				 const struct placed_module *module, bool is_recorded,
				 struct placed_files *files, struct error *error);
void placed_files_free(struct placed_files *files);

/* Adds what the build command of M/V has itself installed (install/place.h). */
void placed_modules_find_strays(const struct placement *placement, struct placed_files *files);

/* The same for all modules of M/V, also those that its package does not name any more. */
int placed_modules_find_own(const struct placement *placement, struct placed_files *files,
			    struct error *error);

/* The file beside an archived module that holds its former path, owned by the caller. */
char *originals_origin_file(const char *archived);

/*
 * The former path of an archived file, owned by the caller; NULL if nothing tells it. A file beside
 * it holds the path as the system below the root names it.
 */
char *originals_origin(const struct settings *settings, const char *archived);

/* <tree>/.dkms/originals/M/K/A, owned by the caller. */
char *originals_kept_directory(const struct settings *settings, const char *name,
			       const struct kernel_id *kernel);

/* Adds the modules in that directory, with their paths. */
int originals_list_kept(const struct settings *settings, const char *name,
			const struct kernel_id *kernel, struct strv *paths, struct error *error);
