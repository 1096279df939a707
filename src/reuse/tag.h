/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The names by which other machines ask for a build:
 *
 *	b1-<64 hex>	of source, directives, kernel, its build and architecture: for whoever has
 *the source. No compiler has part in it, so that a machine without one can ask n1-<64 hex>
 *of name and version instead of source and directives: for whoever has it not
 *
 * Each is also kept per publisher, with "." and the publisher's key (40 hex digits) behind it.
 */
#pragma once

#include "base/strv.h"
#include "fingerprint/inputs.h"
#include "model/identity.h"
#include "reuse/manifest.h"

/* Owned by the caller. kernel_build is what kernel_build_identity() tells. */
char *tag_of_source(const struct build_inputs *inputs, const struct kernel_id *kernel,
		    const char *kernel_build);
char *tag_of_name(const struct module_id *id, const struct kernel_id *kernel,
		  const char *kernel_build);
char *tag_of_publisher(const char *tag, const char *key_id);

/*
 * All tags under which a build is published by the key: those of the key first, so that whoever
 * finds the short ones finds these, too. -ENODATA for a manifest that does not tell the kernel's
 * build.
 */
int tags_of_manifest(const struct manifest *manifest, const char *key_id, struct strv *tags,
		     struct error *error);
