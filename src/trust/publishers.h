/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The files of /etc/dkms/trusted.d, read and not yet parsed. */
#pragma once

#include <stddef.h>

#include "base/error.h"
#include "base/report.h"
#include "model/settings.h"
#include "trust/binding.h"

struct trust_file {
	char *path;
	char *data;
	size_t length;
	struct trust_binding binding; /* of a certificate */
};

struct trust_files {
	struct trust_file *items;
	size_t count;
};

struct trust {
	char *directory;
	struct trust_files certificates, lists;
};

/* EXIT_NOT_TRUSTED if others may write to the directory, or to one above it. */
int publishers_read(const struct settings *settings, struct trust *trust, struct reporter *reporter,
		    struct error *error);
void trust_files_free(struct trust_files *files);
