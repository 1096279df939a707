/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Examines the modules of a build before anybody believes them. */
#pragma once

#include <stddef.h>
#include <sys/types.h>

#include "base/error.h"
#include "base/strv.h"
#include "module/symbols.h"

struct examined_module {
	struct module_symbols symbols;
	char *section; /* one in which the text occurs that a kernel would see; NULL: none */
};

/*
 * Examines uncompressed module files in one confined worker: each must be a whole kernel module,
 * with a name for every section (-ENOEXEC). text is looked for in what is no mere description.
 * ret_modules has paths->count elements, each to be freed; on failure there is nothing to free.
 */
int modules_examine(const struct strv *paths, const char *text, struct examined_module *ret_modules,
		    struct error *error);
/*
 * Finds out in confined workers that each file, of any compression, is a whole kernel module.
 * Others compiled it, so nothing is believed. -ENOEXEC if it is no module, -EBADMSG for damaged
 * compressed data.
 */
int modules_check(const struct strv *paths, struct error *error);

void examined_module_free(struct examined_module *module);
