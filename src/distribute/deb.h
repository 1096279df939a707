/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts that all of Debian's packages share. All texts that functions return are owned. */
#pragma once

#include "base/text.h"
#include "distribute/making.h"

/*
 * P: lower case, "-" for "_", without characters that no package's name may hold; also for a kernel
 * release. EXIT_USAGE if nothing is left.
 */
int deb_name(const char *name, char **ret_name, struct error *error);

/*
 * V, or V-R if a revision is given or V holds a hyphen (then R is 1). Characters that no version
 * may hold become "." or "+", and "0+" goes before a V that begins with no digit. EXIT_USAGE for an
 * invalid revision.
 */
int deb_version(const char *version, const char *revision, char **ret_version, struct error *error);

/* Debian's name for a kernel's architecture, static. EXIT_NO_ARCH if it has none. */
int deb_architecture(const char *arch, const char **ret_name, struct error *error);

struct deb {
	const char *verb;         /* "mkdeb" */
	char *package, *version;  /* as Debian writes them; owned */
	char *file;               /* owned */
	const char *architecture; /* Debian's: "all" */
	char *relations;          /* lines of the control file: "Depends: …\n…"; owned */
	char *summary, *text;     /* the two parts of the description; owned */
};

void deb_release(struct deb *deb);

/* Adds DEBIAN/, copyright and changelog to the files of the package below root. */
int deb_add_metadata(const struct making *making, const struct deb *deb, const char *root,
		     struct error *error);

/* Makes out/FILE of a directory in the workshop. */
int deb_build(const struct making *making, const struct deb *deb, const char *root,
	      struct error *error);

/* Adds a script of the package. The values of its {fields} must be quoted for a shell. */
int deb_add_script(const char *root, const char *name, const char *text, template_value *value,
		   const void *context, struct error *error);

/* The contents of these files. */
char *deb_copyright(const struct making *making, const struct deb *deb);
char *deb_changelog(const struct making *making, const struct deb *deb);

/* Makes the packages of mkbmdeb in the workshop's "out", and adds their names. */
int deb_modules_build(struct making *making, struct strv *ret_names, struct error *error);

/* EXIT_USAGE for a missing program. */
int deb_require_tools(struct error *error);

/* "A Name <address>" of --maintainer, DEBFULLNAME and DEBEMAIL, or an address that cannot exist. */
char *deb_maintainer(const struct distribute_request *request);

/* dpkg's name for this machine's architecture, or "all". */
char *deb_own_architecture(void);

/* "Tue, 14 Nov 2023 22:13:20 +0000", as in mails. */
char *deb_date(time_t time);
