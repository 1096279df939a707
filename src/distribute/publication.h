/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Files that appear together in the output directory, or not at all. After a failure, the former
 * files of the same names are still there.
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
	char *directory, *given; /* the directory, resolved and as given */
	char *present;           /* the part of its path that existed before */
	struct strv temporaries, names;
	struct strv former; /* the kept former files during the commit; "" for no file */
};

/* Start with {0}. Makes a missing directory. */
int publication_open(const char *directory, struct publication *publication, struct error *error);
int publication_add(struct publication *publication, const struct workshop *workshop,
		    const char *made, const char *name, struct error *error);
/* Adds a second name for the last file. */
int publication_link(struct publication *publication, const char *name, struct error *error);
/* Reports each file as REPORT_WROTE. */
int publication_commit(struct publication *publication, struct reporter *reporter,
		       struct error *error);
void publication_close(struct publication *publication);
