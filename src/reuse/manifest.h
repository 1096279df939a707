/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The manifest of a build: everything that its result depends on, and what the result is. Kept
 * beside it as M/V/K/A/.build.json. It is copied unchanged to where the build is reused, so it
 * always speaks of the kernel that was compiled for.
 *
 * The absence of a manifest is no error: trees that the reference dkms wrote have none, and their
 * builds are not reused.
 */
#pragma once

#include <stddef.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/strv.h"
#include "fingerprint/inputs.h"
#include "model/identity.h"

#define MANIFEST_NAME ".build.json"

/* In place of a description: a weak import that nobody exports. */
#define MANIFEST_NO_EXPORT "-"

/* A module file before it was signed and compressed. */
struct manifest_module {
	char *name; /* "NAME.ko", as installed */
	char *digest;
	char *vermagic;
	char *location; /* DEST_MODULE_LOCATION of its package; NULL: not recorded */
};

struct manifest {
	struct module_id id;
	struct kernel_id kernel; /* that it was compiled for */
	char *kernel_build;      /* which build of it (kernel/kernel.h); NULL: not known */
	char *unfit;             /* why nothing else can use it; NULL: see the rest */
	struct build_inputs inputs;
	char *configuration, *machinery;
	char *whole;           /* of all headers; NULL: those that were read are known */
	struct strmap headers; /* name (fingerprint/headers.h) → digest, owned; see also
				  fingerprint/offers.h */
	struct strmap imports; /* symbol → as fingerprint/offers.h describes it, owned */
	struct manifest_module *modules;
	size_t module_count;
	char *symvers; /* digest of the Module.symvers that it made; NULL: it made none */
};

void manifest_free(struct manifest *manifest);
DEFINE_CLEANUP(struct manifest *, manifest_free)

/* Takes the texts. Returns the module, for what may be missing; valid until the next is added. */
struct manifest_module *manifest_add_module(struct manifest *manifest, char *name, char *digest,
					    char *vermagic);

/* The manifest as it is stored, owned by the caller. */
char *manifest_print(const struct manifest *manifest);

/*
 * -ENOENT if there is none, -EBADMSG for a damaged one, -EPROTONOSUPPORT for one of another format.
 */
int manifest_read(const char *path, struct manifest **ret_manifest, struct error *error);

/* The same of its text, which path names in messages. */
int manifest_parse(const char *text, size_t length, const char *path,
		   struct manifest **ret_manifest, struct error *error);

/*
 * The origin of a build that another machine made: .pulled.json beside its manifest, in the cache
 * and in M/V/K/A. There the link .pulled has the host as its target.
 */
#define PULLED_NAME ".pulled.json"

struct pulled {
	char *remote; /* as the setting names it */
	char *tag;
	char *digest;    /* "sha256:…": of its manifest at the remote */
	char *publisher; /* who signed it, for people */
	char *key_id;
	struct strv verified; /* what was found to be true, for people */
};

void pulled_free(struct pulled *pulled);
DEFINE_CLEANUP(struct pulled *, pulled_free)

/* PULLED_NAME in the directory. -ENOENT if it has none. Written unsynced. */
int pulled_write(const char *directory, const struct pulled *pulled, struct error *error);
int pulled_read(const char *directory, struct pulled **ret_pulled, struct error *error);

/*
 * The names by which other machines ask for a build:
 *
 *	b1-<64 hex>	of source, directives, kernel, its build and architecture
 *	n1-<64 hex>	of name and version instead of source and directives
 *
 * A machine that has the source asks for b1, another for n1. The compiler is in neither, so that a
 * machine without one can ask.
 *
 * Each is also kept per publisher, with "." and the publisher's key (40 hex digits) behind it.
 */

/* Owned by the caller. kernel_build is what kernel_build_identity() tells. */
char *tag_of_source(const struct build_inputs *inputs, const struct kernel_id *kernel,
		    const char *kernel_build);
char *tag_of_name(const struct module_id *id, const struct kernel_id *kernel,
		  const char *kernel_build);
char *tag_of_publisher(const char *tag, const char *key_id);

/*
 * All tags under which the key publishes a build. Tags of the key come first: whoever finds the
 * short tags finds these, too. -ENODATA if the manifest does not name the kernel's build.
 */
int tags_of_manifest(const struct manifest *manifest, const char *key_id, struct strv *tags,
		     struct error *error);
