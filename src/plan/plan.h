/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A plan: the graph of jobs for an action. Plans are data: the planner makes them without
 * changing anything, the engine runs them, --dry-run prints them, tests compare them.
 *
 * Jobs stand in the order in which a serial run would do them; an edge always points backwards.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "fleet/fleet.h"
#include "kernel/kernel.h"
#include "model/identity.h"
#include "model/package.h"
#include "reuse/reuse.h"

struct evaluations;
struct tarball;

enum job_kind {
	JOB_NOTICE,           /* nothing to do but to say so: text is a line for stdout */
	JOB_FAILURE,          /* cannot be done, found out while planning: error says why */
	JOB_IMPORT,           /* copy a source directory (text) into the source tree */
	JOB_UNPACK,           /* tarball → source tree and <tree>/M/V/K/A */
	JOB_ADD,              /* register M/V with the tree */
	JOB_BUILD,            /* source → <tree>/M/V/K/A */
	JOB_TRY,              /* the same, for the cache alone */
	JOB_SIGN,             /* new signatures for <tree>/M/V/K/A */
	JOB_INSTALL,          /* <tree>/M/V/K/A → kernel directory */
	JOB_UNINSTALL,        /* and back */
	JOB_RESTORE,          /* originals of M, of which no version is installed, go back */
	JOB_UNBUILD,          /* remove <tree>/M/V/K/A */
	JOB_FORGET,           /* drop M/V from the tree */
	JOB_DISCARD,          /* remove what a cut off run left in the tree (text: its path) */
	JOB_DEPMOD,           /* depmod for K, then commit (or undo) what was installed for K */
	JOB_INITRAMFS,        /* make the initramfs of K again, if it needs what has changed */
	JOB_LOAD,             /* load the new modules on the running kernel */
	JOB_POST_TRANSACTION, /* the administrator's command after a change */
};

struct job_edge {
	size_t job;
	bool required; /* true: that job must succeed; false: it must have ended */
};

struct job {
	enum job_kind kind;
	struct module_id id;               /* empty for DEPMOD and POST_TRANSACTION */
	const struct kernel *kernel;       /* owned by the plan; NULL for ADD, FORGET … */
	const struct package *package;     /* owned by the plan; NULL where it could not be read */
	char *text;                        /* see the kinds; owned */
	struct reuse_candidate *candidate; /* JOB_BUILD: taken from there; NULL: compiled. Owned */
	const struct tarball *tarball;     /* JOB_UNPACK; the caller's, as long as the plan */
	bool pulled;       /* JOB_BUILD: remotes are asked before anything is compiled … */
	bool pulled_only;  /* … and nothing is */
	int failed_before; /* JOB_BUILD: status of the last trial, after which nothing is compiled;
			      0 */
	bool loaded;       /* JOB_ADD: a JOB_UNPACK has made the link */
	bool force;
	bool force_version_override;
	bool again;           /* JOB_INSTALL: this version is installed, and is replaced */
	bool no_depmod;       /* JOB_DEPMOD: only commit */
	bool undo_on_failure; /* JOB_DEPMOD: a failing depmod takes the installs back */
	bool follows_success; /* skipped unless something it waits for has succeeded */
	struct error error;   /* JOB_FAILURE */

	struct job_edge *edges;
	size_t edge_count;
};

enum job_outcome { JOB_NOT_RUN, JOB_SUCCEEDED, JOB_FAILED, JOB_SKIPPED };

/* The result of a job. */
struct job_result {
	enum job_outcome outcome; /* skipped: something it requires failed */
	int exit_status;          /* of a failed job */
};

struct plan {
	struct job *jobs;
	size_t count;
	/* The objects that jobs point to. */
	struct kernel **kernels;
	size_t kernel_count;
	struct package **packages;
	size_t package_count;
	struct reuse_context reuse;
	struct fleet *fleet;             /* NULL: no job asks a remote */
	struct evaluations *evaluations; /* recorded and new ones; NULL: none was asked for */
};

/* Appends a job and returns its index. id and kernel may be NULL. */
size_t plan_add_job(struct plan *plan, enum job_kind kind, const struct module_id *id,
		    const struct kernel *kernel);
/* from waits for to, once; required: and is skipped unless to succeeds. */
void plan_add_edge(struct plan *plan, size_t from, size_t to, bool required);
/* Takes ownership of a package or kernel and returns it. */
const struct package *plan_keep_package(struct plan *plan, struct package *package);
const struct kernel *plan_keep_kernel(struct plan *plan, struct kernel *kernel);
/* The kernel with this identity that the plan keeps already, or NULL. */
const struct kernel *plan_find_kernel(const struct plan *plan, const struct kernel_id *id);

/* True if the plan has a job that changes anything. */
bool plan_changes_anything(const struct plan *plan);

/* "build", "depmod": one word for programs. Static. */
const char *job_kind_name(enum job_kind kind);

/* It compiles, or finds that it need not. */
bool job_is_build(const struct job *job);

/* One line for people: "build foo/1.0 for 6.1.0-1 (x86_64)", owned by the caller. */
char *job_describe(const struct job *job);

void plan_free(struct plan *plan);
