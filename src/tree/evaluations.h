/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Values of dkms.conf files, kept in M/V/.evaluated so that runs that build nothing need not
 * evaluate them again:
 *
 *	struct evaluation_subject subject = {&id, &kernel, conf_file, ...};
 *	cleanup(evaluation_key_free) struct evaluation_key key = {0};
 *	evaluations_key(evaluations, &subject, &key);		// before the evaluation
 *	package = evaluations_find(evaluations, &subject, &key);
 *	if (!package) {
 *		package = …;
 *		evaluations_add(evaluations, &subject, &key, package);
 *	}
 *	evaluations_write(evaluations);				// once, with the lock, at the end
 *
 * A record is valid while everything that matters is the same. That is the conf, its directory,
 * each override file and those that are missing, the kernel's configuration and headers. The
 * settings that a conf sees, --directive, the running kernel and this version of dkms count, too.
 * Files are known by inode, size and times. A file that was changed just now is not recorded, as
 * its times would not show another change.
 *
 * Nothing depends on a record. Without a record, or with a damaged record, dkms evaluates.
 */
#pragma once

#include <stdbool.h>

#include "model/identity.h"
#include "model/package.h"
#include "model/settings.h"
#include "tree/evaluation_key.h"

/* The records that one run reads and adds, and the files that it has looked at. */
struct evaluations;

struct evaluations *evaluations_open(const struct settings *settings);
void evaluations_free(struct evaluations *evaluations);

void evaluations_key(struct evaluations *evaluations, const struct evaluation_subject *subject,
		     struct evaluation_key *key);

/* The recorded package, exclusions applied, owned by the caller; NULL: evaluate. */
struct package *evaluations_find(struct evaluations *evaluations,
				 const struct evaluation_subject *subject,
				 const struct evaluation_key *key);

/* Remembers a package, exclusions applied, for evaluations_write(). */
void evaluations_add(struct evaluations *evaluations, const struct evaluation_subject *subject,
		     const struct evaluation_key *key, const struct package *package);

/*
 * Writes what was added, for modules that are in the tree, beside what is recorded for other
 * kernels that still exist. Not synced, as a lost record is only an evaluation; what cannot be
 * written is not recorded.
 */
void evaluations_write(struct evaluations *evaluations);
