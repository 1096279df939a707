/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The symbols that a .ko file imports and exports, with their CRCs. The lines of its .modinfo
 * by which a kernel accepts or refuses it. Where it is found (the kernel's
 * include/linux/export-internal.h, kernel/module/, scripts/mod/modpost.c):
 *
 *	.symtab			undefined symbols are imports; __ksymtab_NAME, __crc_NAME and
 *				__kstrtabns_NAME describe an export
 *	__versions		CRC and name of each import, 64 bytes an entry
 *	__version_ext_crcs,	the same since Linux 6.14, wherever names may be longer: 32 bits
 *	__version_ext_names	each, and as many texts
 *	.modinfo		KEY=VALUE texts
 *	.gnu.linkonce.this_module	holds the module's name
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/strv.h"
#include "cage/worker.h"

struct module_import {
	const char *name;
	uint32_t crc;
	bool has_crc;
	bool weak; /* may be missing */
};

struct module_export {
	const char *name;
	const char *namespace; /* "": none */
	uint32_t crc;
	bool has_crc;
	bool gpl_only;
};

struct module_symbols {
	char *data;                    /* which all texts point into */
	struct module_import *imports; /* as the symbol table has them: the order of the kernel */
	size_t import_count;
	struct module_export *exports;
	size_t export_count;

	bool has_versions;   /* there are CRCs; false: built without CONFIG_MODVERSIONS */
	bool has_layout_crc; /* of module_layout, which stands for struct module */
	uint32_t layout_crc;

	bool is_module;       /* it holds what the kernel takes for struct module */
	bool in_tree;         /* built with the kernel itself */
	const char *name;     /* by which the kernel knows it; NULL if it does not say */
	const char *vermagic; /* each NULL if it does not say */
	const char *license;
	const char *depends;
	const char **namespaces; /* those that it imports */
	size_t namespace_count;
};

/*
 * Reads a .ko file of any compression, in a confined worker; whatever stands behind the ELF file,
 * such as a signature, is passed over. -ENOEXEC for what is no kernel module or damaged, -EBADMSG
 * for damaged compressed data; messages name path. Start with {0} and release with
 * module_symbols_free().
 */
int module_symbols_read(const char *path, struct module_symbols *ret_symbols, struct error *error);
/*
 * The same for many files, with one worker for some dozens of them: each has symbols, or an error.
 * A file that a worker dies of is no other file's trouble: then each is read by a worker of its
 * own.
 */
void module_symbols_read_all(const struct strv *paths, struct module_symbols *ret_symbols,
			     struct error *ret_errors);
/* The same for bytes that were read and decompressed already; they are copied. */
int module_symbols_parse(const void *data, size_t length, struct module_symbols *ret_symbols,
			 struct error *error);
void module_symbols_free(struct module_symbols *symbols);

/* The size of the answer, in bytes. */
#define MODULE_SYMBOLS_ANSWER ((size_t)128 << 20)

/* symbols_answer.c: from a worker, which parsed them, to its parent. -EPROTO for nonsense. */
void module_symbols_put(struct answer *answer, const struct module_symbols *symbols);
int module_symbols_take(struct answer *answer, struct module_symbols *ret_symbols);
