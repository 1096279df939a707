/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where a build was installed: M/V/K/A/.installed, a path below the kernel's directory a line.
 * With it a status need not search the kernel's directory and an uninstall finds the files although
 * the conf, or the distribution's destination, says something else by now. It is a hint: what is at
 * such a path is looked at before anything is done to it, and without the file the kernel's
 * directory is searched.
 */
#pragma once

#include "base/error.h"
#include "base/strv.h"
#include "install/place.h"
#include "tree/transaction.h"

/* Tells the transaction that the file will be staged. */
void installed_record_expect(const struct placement *placement, struct transaction *transaction);

/* Stages the file for these targets (absolute paths). */
int installed_record_put(const struct placement *placement, const struct strv *targets,
			 struct transaction *transaction, struct error *error);

/* Stages its removal. */
int installed_record_remove(const struct placement *placement, struct transaction *transaction,
			    struct error *error);

/* Adds the absolute paths; what is not below the kernel's directory is passed over. */
void installed_record_read(const struct placement *placement, struct strv *targets);
