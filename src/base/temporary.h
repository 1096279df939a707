/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Temporary files and directories, and their names. Every such name begins with ".dkms-" and its
 * kind, so that neither the reference dkms nor depmod takes it for content. Most end with 16 random
 * hex digits; those of transactions end with a number and the transaction's identity
 * (journal/journal.h).
 *
 *	kind		where it lies			who removes it after a death
 *	write, link	beside the file to be replaced	leftovers_remove()
 *	key, sign	beside the signing key		leftovers_remove()
 *	add, source	in M, in the source tree	leftovers_remove()
 *	depmod		in the tree			leftovers_remove()
 *	index		in a kernel's directory		index_sweep()
 *	build		in M/V				build_remove_leftovers(), under a lock
 *	cache		in the cache of builds		the next staging_open() there
 *	jobserver	in the temporary directory	the next staging_open() there
 *	tarball		in the tree, beside an archive	the next staging_open() there
 *	package		in the temporary directory	the next staging_open() there
 *	pulled		in the source tree		the next staging_open() there
 *	push		in a directory of builds	nobody: it is not asked for
 *	new, old, mark,
 *	half		beside a replaced file		transactions_recover()
 */
#pragma once

#include <stdbool.h>

#include "base/cleanup.h"
#include "base/error.h"

/* A path in directory that nobody can guess: .dkms-KIND-<16 hex digits>. The caller frees it. */
char *temporary_path(const char *directory, const char *kind);
/* Like temporary_path(), with an ending of the caller's: .dkms-KINDENDING. */
char *temporary_path_named(const char *directory, const char *kind, const char *ending);

/* Whether a file name is a temporary one: of any kind, of this kind, with a random ending. */
bool temporary_is_any(const char *name);
bool temporary_is(const char *name, const char *kind);
bool temporary_is_random(const char *name);

/* The ending after the kind in such a name; NULL: it is not of this kind. */
const char *temporary_ending(const char *name, const char *kind);

/* True if the directory exists and holds nothing but temporary files. */
bool temporary_is_all_in(const char *directory);

/* A new private directory (mode 0700) by temporary_path(), owned by the caller. */
int temporary_directory(const char *parent, const char *kind, char **ret_path, struct error *error);
