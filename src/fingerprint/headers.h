/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The headers of one kernel as something that builds depend on, so that two kernels' can be
 * compared. A kernel has an object tree, <install tree>/K/build, with configuration and generated
 * headers. Its source tree is the same directory, or a directory that the object tree's Makefile
 * includes (Debian's -common, SUSE's linux-VERSION).
 *
 * A file of theirs has a name that is the same for every kernel:
 * "objtree/include/config/auto.conf", "srctree/include/linux/fs.h". Files elsewhere have their
 * absolute path for a name.
 */
#pragma once

#include <stdbool.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "fingerprint/memo.h"
#include "kernel/kernel.h"
#include "kernel/symvers.h"

struct headers {
	const struct kernel *kernel;
	struct digest_memo *memo;
	char *object_tree, *real_object_tree; /* as the kernel spells it, and without links */
	char *source_tree, *real_source_tree;
	/* Facts about it; each is NULL until somebody asks. */
	char *configuration, *machinery, *whole;
	struct symvers *symvers;
};

/* Never fails: what is not there is found missing when it is asked for. Borrows kernel and memo. */
struct headers *headers_open(const struct kernel *kernel, struct digest_memo *memo);
void headers_free(struct headers *headers);
DEFINE_CLEANUP(struct headers *, headers_free)

/* The name of a file given by its absolute path, owned by the caller. */
char *headers_name(const struct headers *headers, const char *path);
/* Where the file of that name is for this kernel, owned by the caller. */
char *headers_path(const struct headers *headers, const char *name);
/*
 * The digest of the file of that name, which everybody may read (memo_digest_public()); *ret_digest
 * is valid until the next call.
 */
int headers_digest(struct headers *headers, const char *name, const char **ret_digest,
		   struct error *error);

/* True for generated headers whose only purpose is to say which kernel they belong to. */
bool headers_is_naming(const char *name);

/*
 * Digests that do not depend on how the kernel is called. Each is worked out once and points into
 * the headers.
 *
 * configuration: include/config/auto.conf without the kernel's name, its build salt and the
 * compiler's version. machinery: what kbuild itself runs and reads: makefiles, scripts/ with
 * modpost and the like. whole: every file of both trees except Module.symvers and those that name
 * the release. Neither looks at architectures for which the object tree has no directory.
 */
int headers_configuration(struct headers *headers, const char **ret_digest, struct error *error);
int headers_machinery(struct headers *headers, const char **ret_digest, struct error *error);
int headers_whole(struct headers *headers, const char **ret_digest, struct error *error);

/* The kernel's exports: Module.symvers of the object tree, read once. */
int headers_symvers(struct headers *headers, const struct symvers **ret_symvers,
		    struct error *error);

/* For a kernel without headers: what its package says that it exports. path is for messages. */
int headers_take_symvers(struct headers *headers, const char *path, const char *text, size_t length,
			 struct error *error);

/* text with the trees' paths and the kernel's release replaced by names that all kernels share. */
char *headers_neutral_text(const struct headers *headers, const char *text);
