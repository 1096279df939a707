/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From the causes that show in a log to the one that counts, in a sentence and a next step: what is
 * known of kernel, cage and distribution decides which of them can be it.
 */
#pragma once

#include "base/strv.h"
#include "build/causes.h"
#include "build/hidden.h"

struct explanation {
	const char *cause; /* its name; NULL: none was recognised */
	struct strv texts; /* that cause's first, then those of refusals of the cage */
};

/* Always fills ret_explanation, which is to be released with explanation_free(). */
void explain_causes(const struct cause_findings *findings, const struct explanation_facts *facts,
		    struct explanation *ret_explanation);
void explanation_free(struct explanation *explanation);
