/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Why a module is, or is not, installed for a kernel: what autoinstall would do now, what the last
 * attempt came to, and what to do next. Only reads, and needs no lock.
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
 * Of all modules or those that the filter selects, for its kernels, else for every kernel that has
 * headers. Start with {0}.
 */
int why_collect(const struct settings *settings, const struct distro *distro,
		const struct status_filter *filter, struct why *why, struct error *error);
/*
 * The sentence for who only wonders: "bad/1.0 is not installed for kernel K: its build failed …".
 * Owned by the caller; NULL for what is installed, or nobody expects to be.
 */
char *why_warning(const struct why_entry *entry);

void why_free(struct why *why);
