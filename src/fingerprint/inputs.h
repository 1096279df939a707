/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The inputs of a build that are known before it runs, except the kernel: source, directives,
 * compiler. Digests, in which the kernel's own name has no part. If two kernels say the same
 * here, builds of one package for them may come out the same.
 */
#pragma once

#include "base/error.h"
#include "fingerprint/headers.h"
#include "model/identity.h"
#include "model/package.h"
#include "model/settings.h"

struct build_inputs {
	char *source;     /* the tree and what /etc/dkms/M lays over it */
	char *directives; /* the parts of dkms.conf and of the environment that affect a build */
	char *compiler;   /* the programs by which it is compiled, assembled, linked and stripped */
	char *compiler_path;   /* for people; "" if there is none */
	char *compiler_wanted; /* CONFIG_CC_VERSION_TEXT; "" if the kernel does not say */
	/* Why the compiler's own records do not tell all that the build asks the kernel; or NULL.
	 */
	char *probing;
};

/*
 * For one package and kernel. Start with {0}; release with build_inputs_free(). Fails if something
 * cannot be read. Runs nothing.
 */
int build_inputs_read(const struct settings *settings, const struct module_id *id,
		      const struct package *package, const struct headers *headers,
		      struct build_inputs *ret_inputs, struct error *error);
void build_inputs_free(struct build_inputs *inputs);

/* All that must be the same for one build to stand in for another; owned by the caller. */
char *build_inputs_key(const struct build_inputs *inputs, const char *arch);
