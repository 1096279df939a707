/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Makes packages of a module for other package systems. A further format is a row of the table in
 * distribute.c and a file with its make().
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

/* While a format makes its files. */
struct making {
	const struct distribute_request *request;
	struct workshop workshop;
	struct publication publication;
	bool plain_modules; /* uncompressed, for installers */
	char *license;      /* of the packed modules; NULL: not known */
	time_t time;        /* of all packed files; set after the payload is laid out */
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

/* Adds all files of "out", which a template or a spec has made. EXIT_NO_PRODUCT if there is none.
 */
int making_publish_all(struct making *making, const char *template, struct error *error);

/* The license that the user gives, or else that of the packed modules; NULL: not known. */
const char *making_license(const struct making *making);

/* Sets making->time: SOURCE_DATE_EPOCH, or else the newest time below root. */
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
