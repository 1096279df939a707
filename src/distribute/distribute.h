/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Makes packages of a module for other package systems. A further format is a row of the table in
 * distribute.c and a file with its make().
 */
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "base/report.h"
#include "base/strv.h"
#include "model/identity.h"
#include "model/package.h"
#include "model/settings.h"

/* The options of the command line; NULL: not given. */
struct distribute_options {
	const char *package_name; /* instead of the name that M gives */
	const char *revision;
	const char *maintainer, *license, *homepage, *summary;
	const char *disk, *disk_release, *media, *label; /* of driver disks */
	const char *spec;                                /* the name of a spec in the source */
	const char *distribution;                        /* in the changelog of a Debian package */
	const char *legacy_postinst; /* "0": template packages get no common.postinst */
	bool compatible_names;       /* names of files as in dkms 2 */
	bool kabi;                   /* bound to the kernel's symbols, not to its release */
	bool coinstallable;          /* no conflict with the package of the source */
	bool initramfs;              /* the package refreshes it */
	bool with_certificate;       /* with the certificate of the signing key */
};

struct distribute_request {
	const struct settings *settings;
	const struct module_id *id; /* literally */
	const struct package *package;
	const char *source;    /* its directory, or a link to it */
	const char *conf_file; /* instead of the source's dkms.conf, or NULL */
	const struct kernel_ids *kernels;
	const char *output; /* directory */
	bool source_only;   /* a template's package is for all architectures */
	struct distribute_options options;
	struct reporter *reporter;
};

struct making; /* distribute/making.h */

struct format {
	const char *name;         /* the action: "mkdeb" */
	bool binaries_only;       /* with this option */
	const char *directory;    /* where files go unless --output says: <tree>/M/V/deb */
	const char *announcement; /* before the path of the file, at the end; NULL: none */
	int (*make)(struct making *making, struct error *error);
	/* The names of the files, for a dry run. */
	int (*name_files)(const struct distribute_request *request, struct strv *names,
			  struct error *error);
};

/* The row of an action; NULL: there is none. */
const struct format *format_find(const char *name, bool binaries_only);

/*
 * Makes the files of the format in the output directory: all, or none. EXIT_USAGE for a
 * missing program or an invalid option, EXIT_NO_PRODUCT for a file that cannot be made.
 */
int distribute(const struct format *format, const struct distribute_request *request,
	       struct error *error);
