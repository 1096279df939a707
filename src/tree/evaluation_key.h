/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the evaluation of a dkms.conf depends on, as bytes that can be compared. For evaluations.c.
 */
#pragma once

#include "base/strv.h"
#include "tree/evaluations.h"

/* Files and directories that were looked at in this run, each once. Start with {0}. */
struct seen_files {
	struct strmap identities; /* path → what it was */
	struct strmap listings;   /* directory → the names in it */
	char *running;            /* release of the running kernel */
};

void seen_files_free(struct seen_files *files);

void evaluation_key_make(const struct settings *settings, struct seen_files *files,
			 const struct evaluation_subject *subject, struct evaluation_key *key);
