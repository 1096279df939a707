/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Source → built modules in the tree, for one module version and one kernel. The steps: copy,
 * patch, PRE_BUILD, make (untrusted, caged) → check, strip, sign, compress (ours) → POST_BUILD
 * → one rename to <tree>/M/V/K/A. Nothing half-built is ever visible as built.
 */
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "base/report.h"
#include "build/make.h"
#include "cage/cage.h"
#include "distro/distro.h"
#include "fleet/fleet.h"
#include "kernel/kernel.h"
#include "model/identity.h"
#include "model/package.h"
#include "model/settings.h"
#include "reuse/reuse.h"
#include "sign/signing.h"

struct glimpse;

struct build_request {
	const struct settings *settings;
	const struct module_id *id;
	const struct package *package; /* exclusions applied */
	const struct kernel *kernel;
	struct signing *signing;     /* NULL: not signed */
	const struct distro *distro; /* for what to install where something is missing; or NULL */
	const struct digest_memo *digests; /* of this run; NULL: none */
	bool learn_probes; /* this run builds more for the kernel: see build/probes.h */
	int jobs;          /* make -jN; 0: make decides without limit (-j) */
	bool replace;      /* there is a build already and it is to be replaced (--force) */
	const struct cage_support *cage_support; /* what this machine can do */
	unsigned int number;                     /* of this build in its run */
	struct make_jobserver jobserver;         /* the engine's */
	/* A build to take the modules from if it still fits; NULL: compile. */
	const struct reuse_candidate *candidate;
	struct glimpse *glimpse; /* shows what the build prints last; NULL: nobody watches */
	bool only_cache;         /* keep the result in the cache and publish nothing */
	/* This build failed with that status, and would again: only remotes can help. 0: it did
	 * not. */
	int failed_before;
	struct fleet *fleet; /* to be asked where there is no candidate; NULL: nobody is */
	struct reporter *reporter;
};

/*
 * Builds and publishes. Messages and exit statuses: EXIT_NO_HEADERS, EXIT_BAD_CONF (a source with
 * fewer than two entries, or that everybody may write to: tree/safety.h), EXIT_PATCH_MISSING,
 * EXIT_NOT_PUBLISHED, EXIT_NOT_TRUSTED and EXIT_UNREACHABLE (fleet/fleet.h),
 * EXIT_INSTALL (patch fails), EXIT_BUILD_FAILED, EXIT_NO_PRODUCT, a script's own status. After a
 * failure <tree>/M/V/build/make.log stays.
 *
 * With only_cache a build ends before POST_BUILD and changes nothing in the tree, where it leaves
 * not even its log. That needs mount namespaces, and no lock on the tree.
 */
int build_module(const struct build_request *request, struct error *error);

/* Removes the build for K/A (EXIT_TREE if there is none) and then empty directories up to M/V. */
int build_remove(const struct settings *settings, const struct module_id *id,
		 const struct kernel_id *kernel, struct error *error);

/*
 * Removes what builds of dead runs left, in all modules. The build directory of a failed build,
 * which has its make.log, is no leftover. The caller holds the tree's lock.
 */
int build_remove_leftovers(const struct settings *settings, struct error *error);
