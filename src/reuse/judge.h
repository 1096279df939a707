/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether what a manifest describes would come out the same if it were compiled for another kernel
 * now. Never guesses: what is not known to be the same is a reason to compile.
 */
#pragma once

#include <stdbool.h>

#include "model/package.h"
#include "model/settings.h"
#include "fingerprint/headers.h"
#include "fingerprint/inputs.h"
#include "reuse/manifest.h"

struct judge_request {
	const struct settings *settings;
	const struct package *package; /* for the kernel asked about; its policy decides */
	const struct build_inputs *inputs;
	struct headers *headers; /* of the kernel asked about */
	/* Packages that this one depends on are still to be built for the kernel: what they will
	 * export is not known yet and not looked at. */
	bool dependencies_to_come;
};

/*
 * The same of a build for this very kernel by a publisher who is trusted: whatever compiler it was
 * made with, as far as headers are here to look into. *ret_checked: what it imports was compared.
 */
char *judge_published(const struct judge_request *request, const struct manifest *manifest,
		      bool *ret_checked);

/* NULL: the same. Otherwise the first difference, for people; owned by the caller. */
char *judge_manifest(const struct judge_request *request, const struct manifest *manifest);
