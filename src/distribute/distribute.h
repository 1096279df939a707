/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Packages of other systems made of a module: what goes in, and one file per format. A further
 * format is a row of the table in distribute.c and a file with its make().
 */
#pragma once

#include <stdbool.h>
#include <time.h>

#include "base/error.h"
#include "base/report.h"
#include "distribute/publication.h"
#include "distribute/workshop.h"
#include "model/identity.h"
#include "model/package.h"
#include "model/settings.h"

/* What the command line says of a package; NULL: nothing. */
struct distribute_options {
	const char *package_name; /* in place of the one that is made of M */
	const char *revision;
	const char *maintainer, *license, *homepage, *summary;
	const char *disk, *disk_release, *media, *label; /* of driver disks */
	const char *spec;                                /* the name of one in the source */
	const char *distribution;                        /* of Debian's, in its changelog */
	const char *legacy_postinst; /* "0": template packages get no common.postinst */
	bool compatible_names;       /* files called as dkms 2 called them */
	bool kabi;                   /* bound to the kernel's symbols, not to its release */
	bool coinstallable;          /* no conflict with the package of the source */
	bool initramfs;              /* refresh it when modules come and go */
	bool with_certificate;       /* bring the one that the modules are signed with */
};

struct distribute_request {
	const struct settings *settings;
	const struct module_id *id; /* literally */
	const struct package *package;
	const char *source;    /* its directory, or a link to it */
	const char *conf_file; /* in place of the source's dkms.conf; NULL: that one */
	const struct kernel_ids *kernels;
	const char *output; /* directory */
	bool source_only;   /* a template's package is for all architectures */
	struct distribute_options options;
	struct reporter *reporter;
};

/* While a format makes its files. */
struct making {
	const struct distribute_request *request;
	struct workshop workshop;
	struct publication publication;
	bool plain_modules; /* uncompressed, for installers */
	char *license;      /* that the packed modules name; NULL: not known */
	time_t time;        /* of everything that is packed; known once the payload is there */
};

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

/* NULL: there is none. */
const struct format *format_find(const char *name, bool binaries_only);

/*
 * Makes the files of the format in the output directory: all, or none. EXIT_USAGE for a program
 * that is missing, or an option that cannot be; EXIT_NO_PRODUCT where a file cannot be made.
 */
int distribute(const struct format *format, const struct distribute_request *request,
	       struct error *error);

/* Adds these files of the workshop's "out" to the publication. */
int making_publish(struct making *making, const struct strv *names, struct error *error);

/* The same of all that is there, which a template or a spec has made: at least one file. */
int making_publish_all(struct making *making, const char *template, struct error *error);

/* What the user says it is, or else the packed modules; NULL: not known. */
const char *making_license(const struct making *making);

/* SOURCE_DATE_EPOCH, or else the newest time below root, becomes the time of all that is made. */
int making_set_time(struct making *making, const char *root, struct error *error);

/* EXIT_USAGE unless the value of an option is one line of text, not empty, or NULL. */
int distribute_require_line(const char *option, const char *value, struct error *error);

/* The formats. */
int deb_modules_make(struct making *making, struct error *error);
int deb_modules_names(const struct distribute_request *request, struct strv *names,
		      struct error *error);
int kmp_make(struct making *making, struct error *error);
int kmp_names(const struct distribute_request *request, struct strv *names, struct error *error);
int rpm_source_make(struct making *making, struct error *error);
int rpm_source_names(const struct distribute_request *request, struct strv *names,
		     struct error *error);
int rpm_modules_make(struct making *making, struct error *error);
int rpm_modules_names(const struct distribute_request *request, struct strv *names,
		      struct error *error);
int disk_make(struct making *making, struct error *error);
int disk_names(const struct distribute_request *request, struct strv *names, struct error *error);
int dsc_make(struct making *making, struct error *error);
int dsc_names(const struct distribute_request *request, struct strv *names, struct error *error);
int deb_source_make(struct making *making, struct error *error);
int deb_source_names(const struct distribute_request *request, struct strv *names,
		     struct error *error);
