/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One run of dkms: the command line, resolved against the system, as the actions get it. */
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "cli/options.h"
#include "distro/distro.h"
#include "model/identity.h"
#include "model/settings.h"
#include "engine/engine.h"
#include "plan/autoinstall.h"
#include "cli/text_reporter.h"

struct invocation;
struct tarball;

enum action_needs {
	NEEDS_ROOT = 1 << 0,         /* changes something */
	NEEDS_MODULE = 1 << 1,       /* M and V must be known */
	DEFAULTS_KERNEL = 1 << 2,    /* without -k: the running kernel */
	ALLOWS_ALL = 1 << 3,         /* --all */
	ONE_KERNEL = 1 << 4,         /* several are EXIT_BROKEN (4) */
	SPELLS_KERNEL = 1 << 5,      /* -k must be given */
	TAKES_SOURCE = 1 << 6,       /* a source directory or archive may stand for the module */
	ALLOWS_KERNELS = 1 << 7,     /* --all-kernels */
	PRINTS_OBJECT = 1 << 9,      /* --json is one object, not a line for each event */
	TAKES_PART = 1 << 10,        /* the word behind the action says what of it is meant */
	UNKNOWN_IS_NOTHING = 1 << 8, /* what cannot be a module is no error, only not there */
};

typedef int action_runner(struct invocation *invocation, int *ret_status, struct error *error);
/* Says what to do; the rest is the same for all that change something: invocation_run_plan(). */
typedef int plan_filler(struct invocation *invocation, struct planner *planner,
			struct error *error);

/* Prints the last words after the plan has run. May change the exit status. */
typedef void plan_ender(struct invocation *invocation, const struct plan *plan,
			const struct job_result *results, int *status);

struct action {
	const char *name;
	const char *arguments; /* for the help: "M/V [-k K]" */
	const char *summary;
	unsigned needs;
	plan_ender *end;   /* with fill; NULL: nothing */
	plan_filler *fill; /* one of the two */
	action_runner *run;
};

struct invocation {
	const struct action *action;
	struct options *options;
	struct settings settings;
	struct distro *distro;
	struct text_ui *ui;

	struct module_id id;       /* name and version may each be NULL unless NEEDS_MODULE */
	const char *part;          /* with TAKES_PART; NULL: not said */
	char *source_directory;    /* given in the module's place, or NULL */
	char *archive;             /* given in the module's place, or by --archive, or NULL */
	struct tarball *tarball;   /* the archive once it is opened; NULL: none */
	const char *unknown_word;  /* perhaps a mistyped action; NULL: none */
	const char *useless_path;  /* no source or archive; NULL: none */
	struct strv surplus_words; /* modules besides the module of the run */
	struct autoinstall *autoinstalls; /* what autoinstall planned, one per kernel */
	size_t autoinstall_count;
	struct kernel_ids kernels; /* from -k and -a, or the default; empty with --all, status */
};

/*
 * Resolves options and words for their action: settings, module, kernels, root. Fills invocation,
 * which must be released in any case.
 */
int invocation_prepare(struct invocation *invocation, struct options *options, struct text_ui *ui,
		       struct error *error);
void invocation_release(struct invocation *invocation);

/*
 * The common course of everything that changes something: take the lock, recover, let fill() plan,
 * run the plan. *ret_status is what to exit with.
 */
int invocation_run_plan(struct invocation *invocation, int *ret_status, struct error *error);

/* EXIT_TREE for a module that is not registered. Succeeds if no module is named. */
int invocation_require_known(const struct invocation *invocation, struct error *error);

/* Prints the plan, for --dry-run. */
void invocation_print_plan(const struct plan *plan, struct reporter *reporter);

/* The kernels an action on a known module is about: those given, or with --all all it is built for.
 */
int invocation_kernels(const struct invocation *invocation, struct kernel_ids *kernels,
		       struct error *error);
