/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What modprobe knows of a kernel's modules: modules.dep, as depmod wrote it (modules.dep(5)), and
 * modules.builtin. Names are as the kernel has them: "-" and "_" are one.
 */
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "base/map.h"

struct listed_module {
	const char *path;         /* below the module directory, as the file has it */
	const char *dependencies; /* such paths, set apart by blanks; "" */
};

struct modules_dep {
	char *text;
	struct listed_module *items; /* in the order of the file */
	size_t count;
	struct strmap names;   /* → struct listed_module */
	struct strmap builtin; /* names */
};

/* Start with {0}. -ENOENT if depmod never ran there; a missing modules.builtin is empty. */
int modules_dep_read(const char *module_directory, struct modules_dep *ret_dep,
		     struct error *error);
void modules_dep_free(struct modules_dep *dep);

/* Finds a module by its name or its path ("a/foo-bar.ko.xz"). NULL if modprobe would not find it.
 */
const struct listed_module *modules_dep_find(const struct modules_dep *dep, const char *name);
bool modules_dep_is_builtin(const struct modules_dep *dep, const char *name);

/* "foo_bar" of "a/foo-bar.ko.xz", owned by the caller. */
char *module_kernel_name(const char *path);
