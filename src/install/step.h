/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Steps that installing and uninstalling share. */
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "base/report.h"
#include "base/strv.h"
#include "install/install.h"
#include "install/place.h"
#include "journal/transaction.h"

/*
 * Runs a program with its output reported (REPORT_OUTPUT) as it comes. input, if not NULL,
 * goes to its stdin, an item a line. A program that cannot be started or fails is a warning that
 * names it and says `consequence`.
 */
void system_tool_run(const struct strv *argv, const struct strv *input, const char *consequence,
		     struct reporter *reporter);

/*
 * Tells the distribution's tool, if there is one, that the modules came or went. Nothing is done
 * for no paths or with NO_WEAK_MODULES. A failure is a warning.
 */
void weak_modules_update(const struct placement *placement, bool added, const struct strv *paths,
			 struct reporter *reporter);

/* Looks up the module's places in the request. Borrows from it, and from files. */
struct placement step_placement(const struct install_request *request, struct module_files *files);

/*
 * Runs one of the package's scripts in the source directory. kind is its word in "Running the KIND
 * script:", command the directive's value or NULL.
 */
int step_run_script(const struct install_request *request, const char *kind, const char *command,
		    int *ret_status, struct error *error);

/* The same for scripts after the deed: a failure is a warning. */
void step_run_late_script(const struct install_request *request, const char *kind,
			  const char *command);

/* Stages the removal of every path. */
int step_remove_files(struct transaction *transaction, const struct strv *paths,
		      struct error *error);

/*
 * Lets the commit remove the directories of these files below the kernel's directory if they are
 * empty then. Directories that a package of the system owns stay.
 */
int step_prune_parents(const struct install_request *request, struct transaction *transaction,
		       const struct strv *files, struct error *error);

/* Marks depmod as pending for the kernel, then makes the transaction visible. */
int step_apply(const struct install_request *request, struct transaction *transaction,
	       struct error *error);
