/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From the causes that show in a log to the one that counts, in a sentence and a next step: what is
 * known of kernel, cage and distribution decides which of them can be it.
 */
#pragma once

#include <stdbool.h>

#include "base/strv.h"
#include "build/causes.h"
#include "distro/distro.h"
#include "kernel/kernel.h"
#include "model/identity.h"
#include "model/settings.h"

struct explanation_facts {
	const struct settings *settings;
	const struct distro *distro; /* NULL: no package is named */
	const struct module_id *id;
	const struct kernel *kernel;
	bool caged;
	bool network;        /* even in the cage */
	bool network_tried;  /* and not found, with nothing wrong in the code itself */
	bool in_source;      /* the build finds its directory in place of its source, too */
	bool processes_told; /* that it had as many processes as it may */
	const char *source;  /* where its source really is; NULL: not known */
	const char *link;    /* to it, in the tree; NULL: not known */
	const char *build;   /* the build directory as this process sees it; NULL: not known */
	const char *command; /* MAKE and PRE_BUILD; NULL: not known */
	const struct strv
		*visible; /* what a build sees below its private directories; NULL: nothing */
};

struct explanation {
	const char *cause; /* its name; NULL: none was recognised */
	struct strv texts; /* that cause's first, then those of refusals of the cage */
};

/* Always fills ret_explanation, which is to be released with explanation_free(). */
void explain_causes(const struct cause_findings *findings, const struct explanation_facts *facts,
		    struct explanation *ret_explanation);
void explanation_free(struct explanation *explanation);
