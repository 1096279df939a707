/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The module file on its way to a signature, whoever makes that: sign.c and sign_program.c. */
#pragma once

#include <stddef.h>
#include <sys/types.h>

#include "base/error.h"

struct unsigned_module {
	char *data;    /* with old signatures after the length */
	size_t length; /* without them */
	mode_t mode;
};

/* Reads and checks: -ENOEXEC for what is no whole, uncompressed module. Messages name path. */
int unsigned_module_read(const char *path, struct unsigned_module *ret_module, struct error *error);
void unsigned_module_free(struct unsigned_module *module);
