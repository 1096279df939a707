/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The lists beside the modules of a kernel: modules.order of its package, and modules.dep and
 * modules.builtin of depmod. The search order decides between files of one name.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/strv.h"
#include "model/settings.h"

/* True if the kernel's modules.order lists path, which is a file below the module directory. */
bool modules_order_lists(const char *module_directory, const char *path);

/*
 * The file of the first module in modules.order that is there, whatever its compression; owned by
 * the caller. NULL if there is none.
 */
char *modules_order_first(const char *module_directory);

/* The lists that a kernel's package brings, ended by NULL; all others named modules.* are depmod's.
 */
extern const char *const module_lists_packaged[];
bool module_list_is_packaged(const char *name);

/*
 * True if modules.order and modules.builtin may be there without a kernel: with the kernel's
 * headers Debian brings them since 14 (linux-base).
 */
bool module_lists_are_of_headers(const char *module_directory);

/*
 * True if the kernel's package has left the directory, whatever else is still in it. That is so if
 * none of the modules that modules.order lists is there. Without modules.order, or with headers, it
 * is so if there is no kernel/, no modules.builtin and no headers. As many modules as `replaced`
 * may be missing because dkms replaced them.
 */
bool modules_order_is_gone(const char *module_directory, size_t replaced);

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

/*
 * True if depmod certainly prefers the first of two files below a module directory. Where both
 * places rank the same, or an override line names the module, nothing is certain.
 */
bool depmod_prefers(const struct settings *settings, const char *module_directory, const char *path,
		    const char *other);
