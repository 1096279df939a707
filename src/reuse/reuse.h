/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Finds a finished build that can stand in for a requested build. It is of the same source for
 * another kernel, in the tree (M/V/K/A) or in the cache (reuse/cache.h).
 *
 *	reuse_find()		while planning
 *	reuse_recheck()		when the time has come: NULL if it is still so
 */
#pragma once

#include <stdbool.h>

#include "base/cleanup.h"
#include "base/report.h"
#include "model/package.h"
#include "model/settings.h"
#include "fingerprint/headers.h"
#include "fingerprint/inputs.h"
#include "reuse/manifest.h"

/* Facts about kernels that one run has collected. Start with {0}. */
struct reuse_context {
	struct digest_memo memo;
	struct strmap headers; /* "K A" → struct headers */
	char *programs; /* the state of all on PATH, for reuse/record.h; NULL: not asked for */
};

void reuse_context_free(struct reuse_context *context);

/* The kernel's headers, opened once a run; the kernel stays as long as the context. */
struct headers *reuse_headers(struct reuse_context *context, const struct kernel *kernel);

struct reuse_request {
	struct reuse_context *context;
	const struct settings *settings;
	const struct module_id *id;
	const struct package *package; /* for the kernel, exclusions applied */
	const struct kernel *kernel;   /* as long as the context */
	bool dependencies_to_come;     /* see struct judge_request */
};

struct reuse_candidate {
	struct reuse_context *context;
	struct manifest *manifest;
	char *product; /* laid out like M/V/K/A */
	bool cached;
	struct pulled *pulled; /* where it was pulled from; NULL: this machine made it */
};

void reuse_candidate_free(struct reuse_candidate *candidate);
DEFINE_CLEANUP(struct reuse_candidate *, reuse_candidate_free)

/*
 * The candidate, owned by the caller, or NULL. The reporter is told in verbose mode why builds
 * that there are will not do.
 */
struct reuse_candidate *reuse_find(const struct reuse_request *request, struct reporter *reporter);

/* Why a candidate will not do (any more), owned by the caller; NULL: it does. */
char *reuse_recheck(const struct reuse_request *request, const struct reuse_candidate *candidate);

/*
 * Judges whether the build of a manifest would come out the same if it were compiled for another
 * kernel now. Never guesses: an unknown fact is a reason to compile.
 */
struct judge_request {
	const struct settings *settings;
	const struct package *package; /* for the kernel asked about; its policy decides */
	const struct build_inputs *inputs;
	struct headers *headers; /* of the kernel asked about */
	/*
	 * Packages that this one depends on are still to be built for the kernel. What they
	 * will export is not known yet and not looked at.
	 */
	bool dependencies_to_come;
};

/*
 * The same for a build for this very kernel by a trusted publisher. The compiler does not matter.
 * Headers are compared as far as they are here. *ret_checked: what it imports was compared.
 */
char *judge_published(const struct judge_request *request, const struct manifest *manifest,
		      bool *ret_checked);

/* NULL: the same. Otherwise the first difference, for people; owned by the caller. */
char *judge_manifest(const struct judge_request *request, const struct manifest *manifest);
