/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What an install did: M/V/K/A/.installed, a line for each module:
 *
 *	updates/dkms/foo.ko	it was put there, below the kernel's directory
 *	refused bar		it was not installed: the kernel's own module of that name stays
 *
 * With this record, a status need not search the kernel's directory. A file at such a path is
 * dkms's own, even if POST_INSTALL, a signer or a compressor changed it (install/ownership.h).
 * Without the file, the reference installed the build, or nobody did. It is written after the
 * active link, so that a link that is newer tells of another tool.
 */
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "base/strv.h"
#include "install/place.h"
#include "journal/transaction.h"

/* Start with {0}. */
struct installed_record {
	bool found;
	bool overtaken; /* the active link is newer: the reference has installed this version since
			 */
	struct strv
		targets; /* absolute paths; what is not below the kernel's directory is left out */
	struct strv refused; /* names of modules */
	struct strv strays;  /* what the build command itself installed, until the first install */
};

/* Tells the transaction that the file will be staged. */
void installed_record_expect(const struct placement *placement, struct transaction *transaction);

/* Stages the file for these targets (absolute paths) and refused modules. */
int installed_record_put(const struct placement *placement, const struct strv *targets,
			 const struct strv *refused, struct transaction *transaction,
			 struct error *error);

/* Stages the removal of the note of what the build command installed. */
int installed_strays_forget(const struct placement *placement, struct transaction *transaction,
			    struct error *error);

/* Stages its removal. */
int installed_record_remove(const struct placement *placement, struct transaction *transaction,
			    struct error *error);

void installed_record_read(const struct placement *placement, struct installed_record *record);
void installed_record_free(struct installed_record *record);
