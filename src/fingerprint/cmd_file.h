/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The .NAME.cmd files that kbuild leaves beside what it makes (the kernel's scripts/basic/fixdep.c,
 * scripts/Kbuild.include):
 *
 *	cmd_TARGET := COMMAND			savedcmd_ since Linux 6.3
 *
 *	source_TARGET := FILE			these two only for what was compiled
 *
 *	deps_TARGET := \
 *	    $(wildcard include/config/X) \
 *	  FILE \
 *
 * Paths are relative to the directory that the command ran in: the object tree, or, where TARGET
 * is relative (Linux 6.13 and later), the module's.
 */
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "base/strv.h"

struct cmd_file {
	char *target;
	char *command;
	bool compiled;            /* it lists what the compiler read: */
	struct strv dependencies; /* FILEs, source_ among them */
};

/* -EBADMSG for what is no such file. Release with cmd_file_free(). */
int cmd_file_read(const char *path, struct cmd_file *ret_file, struct error *error);
void cmd_file_free(struct cmd_file *file);
