/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The module files of kernels by name, for whoever looks for many: a module directory, which holds
 * thousands of files, is walked when the first name is asked for, and never again. What changes
 * there meanwhile is not seen.
 */
#pragma once

#include "base/error.h"
#include "base/map.h"
#include "base/strv.h"
#include "kernel/kernel.h"

/* Start with {0}. */
struct module_files {
	struct strmap directories; /* by module directory: maps from names to vectors of paths */
};

/* As kernel_find_modules(). */
int module_files_find(struct module_files *files, const struct kernel *kernel, const char *name,
		      struct strv *paths, struct error *error);
void module_files_free(struct module_files *files);
