/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Builds of other machines: asked for at the remotes, believed if a trusted publisher has signed
 * them, and kept in the cache of builds. They are installed from there like any other build.
 * docs/fleet.md tells the whole.
 *
 * A build is checked in four ways. Its signature is a trusted one (trust/trust.h). Its manifest
 * names the same module, version, kernel, build of the kernel, architecture, source and directives
 * as the request. Each module has its digest. The kernel exports the symbols that the modules
 * import, as far as its headers are here.
 */
#pragma once

#include "base/cleanup.h"
#include "base/error.h"
#include "base/report.h"
#include "reuse/reuse.h"

/* The remotes of one run. Forked processes share them as far as they can. */
struct fleet;

/* Borrows all three. */
struct fleet *fleet_open(const struct settings *settings, struct reuse_context *context,
			 struct reporter *reporter);
void fleet_free(struct fleet *fleet);

/* Whether a build of a package may, or must, come from other machines. */
bool fleet_may_serve(const struct settings *settings, const struct package *package);
bool fleet_must_serve(const struct settings *settings, const struct package *package);

struct fleet_request {
	struct fleet *fleet;
	const struct settings *settings;
	const struct module_id *id;
	const struct package *package; /* for the kernel, exclusions applied */
	const struct kernel *kernel;
	struct reporter *reporter;
	struct glimpse *glimpse; /* shows how much has come (base/report.h); NULL: nobody watches */
};

/*
 * Finds a build of another machine for this very kernel, in the cache or at the remotes. The
 * caller owns it. The errors are those of remote_fetch() and trust_verify(): EXIT_NOT_PUBLISHED,
 * EXIT_NOT_TRUSTED, EXIT_UNREACHABLE, with what was asked where.
 */
int fleet_find(const struct fleet_request *request, struct reuse_candidate **ret_candidate,
	       struct error *error);

/*
 * Asks for M/V by name, without a source here. Lays a source that names the modules and their
 * places (fleet/sourceless.h). The build is in the cache then. Errors are those of fleet_find().
 * watched: the reporter is told how much has come.
 */
int fleet_lay_source(const struct settings *settings, const struct module_id *id,
		     const struct kernel *kernel, bool watched, struct reporter *reporter,
		     struct error *error);
