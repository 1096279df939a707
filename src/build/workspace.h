/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The directories of one build. While it runs, everything is in one directory with a name of its
 * own, which is laid out like M/V itself:
 *
 *	<tree>/M/V/.dkms-build-<random>/	the view
 *		source				as in M/V
 *		make.log
 *		build/				where the package is built
 *		K/A/{module,log}		the stage: what will be M/V/K/A
 *
 * Where mount namespaces work, commands see the view in place of <tree>/M/V. So builds of one
 * module for several kernels do not collide, although all use <tree>/M/V/build. Elsewhere
 * workspace_use_conventional() waits until no other build is there, and moves the build directory
 * there.
 *
 * The view is locked by its owner; a view whose owner died is removed by the next build of M/V.
 */
#pragma once

#include "base/error.h"
#include "model/identity.h"
#include "model/settings.h"

struct workspace {
	const struct settings *settings;
	char *home; /* <tree>/M/V */
	char *view;
	char *log;

	char *build;       /* the build directory as this process sees it */
	char *shown_build; /* as commands see it: <tree>/M/V/build */

	char *stage;
	char *product; /* <tree>/M/V/K/A, where the stage goes; commands see the stage there */

	int lock; /* on the view */
	int turn; /* on M/V (tree/lock.h), while the build is in the conventional place, or -1 */
};

/* Makes them, with an empty build directory. */
int workspace_open(const struct settings *settings, const struct module_id *id,
		   const struct kernel_id *kernel, struct workspace **ret_workspace,
		   struct error *error);

/* Removes the failed build in the conventional place, unless a build is at work there. */
int workspace_remove_old_build(const struct workspace *workspace, struct error *error);

int workspace_use_conventional(struct workspace *workspace, struct error *error);

/*
 * After a failed build: the build directory, all root's, with make.log in it, becomes
 * <tree>/M/V/build. No command of the build may be running.
 */
int workspace_keep_build(struct workspace *workspace, struct error *error);

/* Removes what is left of it: all, unless the stage was published or the build kept. */
void workspace_close(struct workspace *workspace);

/* Where commands see a file of the build directory, owned by the caller; others stay as they are.
 */
char *workspace_shown_path(const struct workspace *workspace, const char *path);
