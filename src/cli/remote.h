/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the parts of dkms remote share: the places that are asked, and what each has. */
#pragma once

#include "base/json.h"
#include "base/strv.h"
#include "cli/invocation.h"
#include "remote/remote.h"

/* One build in one place, under all its tags. */
struct found_build {
	const char *place;                /* borrowed */
	char *module;                     /* that was asked for */
	const struct remote_entry *about; /* borrowed, of its first tag */
	struct strv tags;
};

struct found_builds {
	struct found_build *items;
	size_t count;
	struct remote_entries *lists; /* that own what is borrowed */
	size_t list_count;
};

struct remote_call {
	struct invocation *invocation;
	struct remote_session *session;
	struct strv places;
	struct json_object *list; /* with --json; NULL: without */
	int status;               /* to end with */
};

/* "hello/1.0, 6.1.0-57-amd64, x86_64", owned by the caller. */
char *found_build_name(const struct found_build *build);
/* What --json has of it, to which more may be added. */
struct json_object *found_build_json(const struct found_build *build);

/*
 * What the places have of the modules that the command line names, or else of all that are
 * registered. A place that does not answer is an error that is reported; the others are asked.
 * EXIT_NOT_PUBLISHED where there is nothing.
 */
int remote_call_find(struct remote_call *call, struct found_builds *builds, struct error *error);
void found_builds_free(struct found_builds *builds);

/* Reports an error that does not end the run, and remembers its status. */
void remote_call_failed(struct remote_call *call, struct error *failure);

int remote_verify(struct remote_call *call, struct error *error);
int remote_prune(struct remote_call *call, struct error *error);
