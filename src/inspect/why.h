/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Why modules are not installed, and all that is known of them, read once: for dkms why, status
 * --json, report and metrics. Only reads.
 */
#pragma once

#include "inspect/loading.h"
#include "inspect/status.h"
#include "tree/runs.h"

struct why_entry {
	struct module_id id;
	struct kernel_id kernel;
	enum status_state state; /* STATUS_ADDED: neither built nor installed */
	bool wanted;             /* autoinstall is to put it there */
	/* One word for programs: "installed", "excluded", "build-failed" … (docs/json.md). */
	const char *cause;
	char *reason;                  /* in a sentence */
	char *next;                    /* a command, or NULL */
	char *log;                     /* of the last build that failed, or NULL */
	const struct run_job *attempt; /* the last one, in runs; NULL: none is known */
	const struct run *run;         /* that it was a part of */
};

struct why {
	struct why_entry *items; /* by kernel, then in the order of dkms status */
	size_t count;
	struct runs runs;
};

/*
 * Explains all modules or those that the filter selects, for its kernels, else for every kernel
 * that has headers. Start with {0}.
 */
int why_collect(const struct settings *settings, const struct distro *distro,
		const struct status_filter *filter, struct why *why, struct error *error);
/*
 * One sentence: "bad/1.0 is not installed for kernel K: its build failed …". Owned by the caller;
 * NULL for a module that is installed, or that nobody expects to be.
 */
char *why_warning(const struct why_entry *entry);

void why_free(struct why *why);

/* Start with {0}, release with overview_free() in any case. */
struct overview {
	struct status_list states;
	struct loading loading; /* judged, and classified if that was asked for */
	struct why why;
	struct runs runs;
};

enum overview_parts {
	OVERVIEW_CLASSES = 1 << 0, /* whether the next boot needs what is installed */
	OVERVIEW_REASONS = 1 << 1, /* why modules are not installed */
};

int overview_collect(const struct settings *settings, const struct distro *distro,
		     const struct status_filter *filter, unsigned parts, struct overview *overview,
		     struct error *error);
void overview_free(struct overview *overview);

/*
 * The last attempt, if it failed: for the entry's kernel, or for any where it has none. NULL: there
 * is none, or it went well.
 */
const struct run_job *overview_failure(const struct overview *overview,
				       const struct status_entry *entry,
				       const struct run **ret_run);
