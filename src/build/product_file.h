/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Files that a build made. Its commands chose names, links and kinds; nothing but the bytes of
 * regular files below the build directory gets out.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/strv.h"
#include "build/workspace.h"
#include "model/package.h"

#define PRODUCT_MODULE_MAX  ((size_t)1 << 30)
#define PRODUCT_SYMVERS_MAX ((size_t)64 << 20)

/*
 * Opens a regular file by its path from the build directory. Links are followed as far as they
 * stay there; they may spell the build directory as commands see it. -ENOENT for anything else.
 * Never blocks.
 */
int product_open(const struct workspace *workspace, const char *location, const char *name,
		 int *ret_fd);

/*
 * Copies what a descriptor of product_open() reads to a new file of mode 0644, not synced. More
 * than limit bytes, holes included, is an error (EXIT_NO_PRODUCT) that calls the file by name.
 */
int product_copy(int fd, const char *name, size_t limit, const char *target, struct error *error);

/*
 * Copies the files of one directory that strangers may have changed to another one, as above:
 * modules of the package, in whatever compression, and Module.symvers. A module that is no regular
 * file is an error (EXIT_NO_PRODUCT), and so is a missing module. Other names are added to left.
 */
int product_take_over(const char *from, const struct package *package, const char *to,
		      struct strv *left, struct error *error);
