/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A private directory in which packaging programs work on an untrusted source.
 *
 *	workshop_open(settings, &workshop, error)
 *	lay everything below workshop.tree
 *	workshop_run(&workshop, &job, error)
 *	workshop_take(&workshop, "out/foo.deb", path, error)
 *	workshop_close(&workshop)
 *
 * If dkms is root, the programs run with an id of their own, and in a cage (cage/cage.h) if the
 * system allows one. They own the whole tree then. After the first run, dkms adds no file to the
 * tree, and workshop_take() is the only way out.
 */
#pragma once

#include <time.h>

#include "base/error.h"
#include "base/staging.h"
#include "model/settings.h"

struct workshop {
	const struct settings *settings;
	struct staging staging;
	char *tree; /* the directory of the programs, with an empty "out" and "tmp" */
};

/* Start with {0}. */
int workshop_open(const struct settings *settings, struct workshop *workshop, struct error *error);
void workshop_close(struct workshop *workshop);

/* EXIT_USAGE for the first missing program (NULL ends the list), with the name of its package. */
int workshop_require(const char *const *programs, struct error *error);

struct workshop_job {
	const char *purpose;          /* for messages: "making foo.deb" */
	const char *script;           /* for sh, in the tree, … */
	const char *const *arguments; /* … with these as $1 …; a NULL ends them */
	time_t time;                  /* SOURCE_DATE_EPOCH */
};

/*
 * Runs the script. EXIT_NO_PRODUCT with the end of its output if it fails. A signal that asks dkms
 * to stop ends it.
 */
int workshop_run(const struct workshop *workshop, const struct workshop_job *job,
		 struct error *error);

/* Copies a regular file from the tree to a new file of mode 0644, synced. EXIT_NO_PRODUCT. */
int workshop_take(const struct workshop *workshop, const char *name, const char *path,
		  struct error *error);

/* Adds the names in the tree's "out", sorted. */
int workshop_list(const struct workshop *workshop, struct strv *names, struct error *error);
