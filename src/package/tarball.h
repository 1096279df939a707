/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A module's source and what was built of it as one tar file, for another machine. Those that
 * dkms makes hold
 *
 *	dkms_main_tree/K/A/...		builds, as <tree>/M/V/K/A
 *	dkms_main_tree/.registered/M/V/	directories that name M/V, as which it was registered
 *	dkms_source_tree/...		the source; or, without it,
 *	dkms_binaries_only/		PACKAGE_NAME, PACKAGE_VERSION, dkms.conf
 *
 * and any other tar with a dkms.conf in it is a source. Order of calls to load one:
 *
 *	tarball_open()		unpacked into a private directory, and looked at
 *	...			the caller decides by registered or conf_file which M/V it is
 *	tarball_load()		source and builds go to their places, all or nothing
 *	tarball_close()		the private directory goes
 *
 * Nobody trusts the file's maker. A tarball is refused as a whole if it holds anything but
 * directories, files and links that stay inside. Owners, extended attributes and
 * set-id bits are not taken over.
 */
#pragma once

#include <stdbool.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/report.h"
#include "base/staging.h"
#include "model/identity.h"
#include "model/settings.h"

enum tarball_kind {
	TARBALL_SOURCE,   /* not one of dkms' own: only a source */
	TARBALL_FULL,     /* source and builds */
	TARBALL_BINARIES, /* builds for a source that is there already */
};

struct tarball {
	char *file;
	enum tarball_kind kind;
	struct staging staging; /* all that is below is in there */
	char *content;          /* what the file holds */
	char *source;           /* the directory that holds conf_file */
	char *conf_file;
	struct module_id registered; /* as what it was packed; empty if the file does not say */
	struct kernel_ids kernels;   /* of the builds, sorted */
};

/*
 * Unpacks beside directory, which need not exist: on the file system where it is or would be.
 * EXIT_NOT_FOUND for a missing file, EXIT_TREE if it holds no dkms.conf, EXIT_INSTALL if it cannot
 * be unpacked here, EXIT_NO_PRODUCT for all other faults.
 */
int tarball_open(const char *file, const char *directory, struct tarball **ret_tarball,
		 struct error *error);
void tarball_close(struct tarball *tarball);
DEFINE_CLEANUP(struct tarball *, tarball_close)

/* Finds out that what its builds call modules are some: EXIT_NO_PRODUCT, by a confined worker. */
int tarball_check_modules(const struct tarball *tarball, struct error *error);

/* Builds without a source, and none on this system: M/V would have nothing but a dkms.conf. */
bool tarball_needs_stub(const struct settings *settings, const struct tarball *tarball,
			const struct module_id *id);

struct tarball_load_request {
	const struct settings *settings;
	const struct module_id *id;
	const struct tarball *tarball;
	bool force; /* replace builds that are there already; otherwise that is a warning */
	struct reporter *reporter;
};

/*
 * The source replaces <source tree>/M-V, the builds go to <tree>/M/V: left built. M/V/source leads
 * to the source then, or is, as a stub, a directory with the dkms.conf alone. POST_ADD is the
 * caller's to run (package_post_add()).
 */
int tarball_load(const struct tarball_load_request *request, struct error *error);

struct tarball_make_request {
	const struct settings *settings;
	const struct module_id *id;
	const struct kernel_ids *kernels; /* whose builds to pack; each must be there */
	bool binaries_only;
	const char *conf_file; /* instead of the source's in a binaries_only tarball; NULL: none */
	/* Where to: a path, a directory, or a name in <tree>/M/V/tarball. The suffix picks the
	 * compression (.gz, .bz2, .xz, .zst … and their short forms). NULL: the name that says what
	 * is in it, gzip. */
	const char *archive;
	bool unsafe; /* what everybody may write to is packed, too: allow_writable_sources */
	struct reporter *reporter;
};

/* The path that tarball_make() would write, owned by the caller. */
char *tarball_place(const struct tarball_make_request *request);

/*
 * Packs what the tree has now. The same content gives the same bytes: sorted, owned by 0, with the
 * files' own times. What everybody may write to is refused (tree/safety.h). EXIT_NO_CONF if the
 * directory cannot be written, EXIT_INSTALL for any other failure; there is no file then, and one
 * that was there stays. *ret_path is owned by the caller.
 */
int tarball_make(const struct tarball_make_request *request, char **ret_path, struct error *error);
