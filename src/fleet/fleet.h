/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Builds of other machines: asked for at the remotes, believed if a trusted publisher has signed
 * them, and kept in the cache of builds from where they are installed like any other. docs/fleet.md
 * tells the whole.
 *
 * What is believed: the signature (trust/trust.h); that the manifest speaks of what was asked for,
 * module, version, kernel, its build, architecture, source and directives; the digest of each
 * module; and, as far as headers are here, that the kernel offers what the modules import.
 */
#pragma once

#include "base/cleanup.h"
#include "base/error.h"
#include "base/report.h"
#include "reuse/reuse.h"

/* Of one run: the talk with remotes, which forked processes share as far as they can. */
struct fleet;

/* Borrows all three. */
struct fleet *fleet_open(const struct settings *settings, struct reuse_context *context,
			 struct reporter *reporter);
void fleet_free(struct fleet *fleet);

/* Whether a build of a package with this policy may come from elsewhere, and nowhere else. */
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
 * A build by somebody else for this very kernel, from the cache or the remotes; owned by the
 * caller. The errors are those of remote_fetch() and trust_verify(): EXIT_NOT_PUBLISHED,
 * EXIT_NOT_TRUSTED, EXIT_UNREACHABLE, with what was asked where.
 */
int fleet_find(const struct fleet_request *request, struct reuse_candidate **ret_candidate,
	       struct error *error);

/*
 * For M/V of which there is no source here: asks for it by name, and lays a source that says what
 * was built and where it goes (fleet/sourceless.h). The build is in the cache then. Errors are
 * those of fleet_find(). watched: the reporter is told how much has come.
 */
int fleet_lay_source(const struct settings *settings, const struct module_id *id,
		     const struct kernel *kernel, bool watched, struct reporter *reporter,
		     struct error *error);
