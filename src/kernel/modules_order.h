/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * modules.order: the modules that the kernel's own package brought, a path below the module
 * directory a line, without the suffix of a compression.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* True if the kernel's modules.order lists path, which is a file below the module directory. */
bool modules_order_lists(const char *module_directory, const char *path);

/*
 * True if the kernel's package has left the directory, whatever else is still in it: none of the
 * modules that modules.order lists is there, or, without modules.order, no kernel/, no
 * modules.builtin and no headers. As many modules as `replaced` may be missing because dkms
 * replaced them.
 */
bool modules_order_is_gone(const char *module_directory, size_t replaced);
