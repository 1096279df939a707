/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The module files of kernels by name, for callers that look for many. A module directory holds
 * thousands of files. The first request walks it, and no later one does. What changes there
 * meanwhile is not seen.
 *
 * A process that will fork workers for the same kernel walks the directory before, with
 * module_files_note(). Each worker joins that with an object of its own: it stats each directory
 * once, and reads those again that have changed since.
 */
#pragma once

#include "base/error.h"
#include "base/strv.h"
#include "kernel/kernel.h"

/* Start with {0}. */
struct module_files {
	struct strmap directories;        /* by module directory: what is in it */
	const struct module_files *known; /* what is not read again if unchanged; NULL: nothing */
};

/* Before the first search. known must stay as long. */
void module_files_join(struct module_files *files, const struct module_files *known);
/* Walks the kernel's module directory now; what cannot be read is left to the search. */
void module_files_note(struct module_files *files, const struct kernel *kernel);

/*
 * Adds the path of every file NAME.ko[.gz|.xz|.zst] below the module directory, in byte order.
 * Regular files and symbolic links count, but not the links in weak-updates, which stand for
 * another kernel's modules. Links to directories (build, source) are not followed. Without a module
 * directory there is nothing to find.
 */
int module_files_find(struct module_files *files, const struct kernel *kernel, const char *name,
		      struct strv *paths, struct error *error);
void module_files_free(struct module_files *files);

/* The same for one name, without what was found before. */
int module_files_find_once(const struct kernel *kernel, const char *name, struct strv *paths,
			   struct error *error);
