/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is asked for, and what may be believed of an answer. */
#pragma once

#include "fingerprint/inputs.h"
#include "fleet/fleet.h"
#include "trust/trust.h"

struct asked {
	const struct fleet_request *request;
	struct reuse_context *context;
	struct trust *trust;
	struct build_inputs inputs; /* of the source here */
	bool by_name; /* there is no source here: whatever source it was built of will do */
	char *kernel_build;
	char *tag;
};

/* Start with {0}; release with asked_close() in any case. */
int asked_open(const struct fleet_request *request, struct reuse_context *context,
	       struct asked *asked, struct error *error);
void asked_close(struct asked *asked);

/* What an answer is found to be. Start with {0}. */
struct belief {
	struct manifest *manifest;
	struct publisher publisher;
	bool checked_imports; /* with this kernel's headers */
};

void belief_free(struct belief *belief);

/*
 * The signature, then what the manifest says. -EACCES (EXIT_NOT_TRUSTED) with the reason. config
 * and signature are paths.
 */
int asked_believe(const struct asked *asked, const char *remote, const char *config,
		  const char *signature, struct belief *ret_belief, struct error *error);
