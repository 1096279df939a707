/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All that the evaluation of a dkms.conf depends on, as bytes that can be compared. */
#pragma once

#include <stdbool.h>

#include "base/strv.h"
#include "base/text.h"
#include "model/identity.h"
#include "model/settings.h"

/* The values of one dkms.conf for one kernel. */
struct evaluation_subject {
	const struct module_id *id;
	const struct kernel_id *kernel;
	const char *conf_file;
	const char *kernel_source_dir; /* as the conf sees them */
	const char *kernel_config;
};

/* Start with {0}. */
struct evaluation_key {
	struct buffer bytes;
	bool settled;    /* a change from now on would show */
	bool is_private; /* not everybody may read the files */
};

/* Files and directories that were looked at in this run, each once. Start with {0}. */
struct seen_files {
	struct strmap identities; /* path → what it was */
	struct strmap listings;   /* directory → the names in it */
	char *running;            /* release of the running kernel */
};

void seen_files_free(struct seen_files *files);

void evaluation_key_make(const struct settings *settings, struct seen_files *files,
			 const struct evaluation_subject *subject, struct evaluation_key *key);
void evaluation_key_free(struct evaluation_key *key);
