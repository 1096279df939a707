/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Files that appear together in the output directory, or not at all: then those that they were to
 * replace are still there.
 *
 *	publication_open(directory, &publication, error)
 *	publication_add(&publication, &workshop, "out/foo.deb", "foo.deb", error)	for each
 *	publication_commit(&publication, reporter, error)
 *	publication_close(&publication)		removes what was not committed
 */
#pragma once

#include "base/error.h"
#include "base/report.h"
#include "base/strv.h"

struct workshop;

struct publication {
	char *directory, *given; /* the same: resolved, and as it was said */
	char *present;           /* what there was of it before */
	struct strv temporaries, names;
	struct strv former; /* while they take their places: what had these before, kept; or "" */
};

/* Start with {0}. Makes the directory where it is missing. */
int publication_open(const char *directory, struct publication *publication, struct error *error);
int publication_add(struct publication *publication, const struct workshop *workshop,
		    const char *made, const char *name, struct error *error);
/* A second name for what was added last. */
int publication_link(struct publication *publication, const char *name, struct error *error);
/* Also says "Wrote: PATH" for each. */
int publication_commit(struct publication *publication, struct reporter *reporter,
		       struct error *error);
void publication_close(struct publication *publication);
