/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Module.symvers: what a kernel and its modules export. One symbol a line (the kernel's
 * Documentation/kbuild/modules.rst), columns set apart by tabs:
 *
 *	CRC  SYMBOL  MODULE  EXPORT_SYMBOL[_GPL]  NAMESPACE
 *
 * The namespace may be missing (before Linux 5.4), and stood before the module once (5.4 to 5.6).
 * Start with {0}; files are added one upon the other, and a symbol is the last one's that has it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/strv.h"

struct symvers_symbol {
	const char *module;    /* "vmlinux", or the module's path without suffix: "fs/ext4/ext4" */
	const char *namespace; /* "": none */
	uint32_t crc;          /* 0 in a file without CRCs; a symbol may lack it elsewhere, too */
	bool gpl_only;
};

struct symvers_file;

struct symvers {
	struct strmap symbols; /* name → struct symvers_symbol */
	struct symvers_file *files;
	size_t count;  /* symbols in all files */
	bool has_crcs; /* some symbol's is not 0: the kernel has CONFIG_MODVERSIONS */
};

/*
 * Adds a file of at most 64 MiB. A malformed line is -EBADMSG with file and line, and nothing of
 * that file is added. A file without a line is sound.
 */
int symvers_read(struct symvers *symvers, const char *path, struct error *error);

/* The same for what was read already; path is for messages only. */
int symvers_parse(struct symvers *symvers, const char *path, const char *text, size_t length,
		  struct error *error);

/* NULL if nobody exports it. Valid as long as symvers. */
const struct symvers_symbol *symvers_find(const struct symvers *symvers, const char *name);

void symvers_free(struct symvers *symvers);
