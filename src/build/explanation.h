/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Chooses among the causes that show in a log, and says the cause and the next step in a sentence
 * each. Facts about kernel, cage and distribution rule causes out.
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
