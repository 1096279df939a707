/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * While a format makes its files. A format lays out the files of a package in the workshop, runs
 * programs there and publishes their products. User, place and time do not change the bytes of the
 * files that are laid out.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>
#include <time.h>

#include "base/error.h"
#include "base/strv.h"
#include "base/text.h"
#include "distribute/distribute.h"
#include "distribute/publication.h"
#include "distribute/workshop.h"

struct making {
	const struct distribute_request *request;
	struct workshop workshop;
	struct publication publication;
	bool plain_modules; /* uncompressed, for installers */
	char *license;      /* of the packed modules; NULL: not known */
	time_t time;        /* of all packed files; set after the files are laid out */
};

/* EXIT_USAGE unless the value of an option is one line of text, not empty, or NULL. */
int making_require_line(const char *option, const char *value, struct error *error);

/*
 * Copies the module's source to a new directory, checked as for a build. Files of version control,
 * editors and earlier builds stay out.
 */
int payload_add_source(const struct making *making, const char *path, struct error *error);

/* A new file, with the directories above it. */
int payload_add_text(const char *root, const char *name, const char *text, mode_t mode,
		     struct error *error);

/* A new executable file: a text with {fields}. */
int payload_add_filled(const char *root, const char *name, const char *text, template_value *value,
		       const void *context, struct error *error);

/*
 * Gives every file mode 0644, or 0755 if somebody may execute it, every directory 0755, and all of
 * them this time. *ret_size is in KiB, as Debian's Installed-Size counts. EXIT_BAD_CONF for a name
 * with a line break, because no list of a package's files can hold it.
 */
int payload_finish(const char *root, time_t time, size_t *ret_size, struct error *error);

/* Adds these files of the workshop's "out" to the publication. */
int making_publish(struct making *making, const struct strv *names, struct error *error);

/* Adds all files of "out", which a template or a spec has made. EXIT_NO_PRODUCT if there is none.
 */
int making_publish_all(struct making *making, const char *template, struct error *error);

/* The license that the user gives, or else that of the packed modules; NULL: not known. */
const char *making_license(const struct making *making);

/* Sets making->time: SOURCE_DATE_EPOCH, or else the newest time below root. */
int making_set_time(struct making *making, const char *root, struct error *error);

/* The formats of the table in distribute.c. */
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
