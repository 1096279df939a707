/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What all packages of rpm's kind have in common. */
#pragma once

#include "base/text.h"
#include "distribute/distribute.h"

/* For rpmbuild, in a script: everything stays in the workshop, and nothing tells where it was. */
#define RPMBUILD_DEFINES                                                                 \
	"--nodeps --define \"_topdir $PWD/top\" --define \"_tmppath $PWD/tmp\" "         \
	"--define \"_dbpath $PWD/top/db\" --define '_buildhost dkms' "                   \
	"--define 'use_source_date_epoch_as_buildtime 1' "                               \
	"--define 'clamp_mtime_to_source_date_epoch 1' --define '_build_id_links none' " \
	"--define 'debug_package %{nil}' --define '__os_install_post %{nil}' "           \
	"--define 'dist %{nil}' --define '_srcdefattr (-,root,root)' "                   \
	"--define '_binary_payload w9.gzdio' --define '_source_payload w9.gzdio' "       \
	"--define '_target_os linux'"

struct rpm {
	char *name, *version; /* as rpm writes them; owned */
	char *directory;      /* that a spec's tarball holds; owned */
	char *summary;        /* unless the user gives one; owned */
	const char *release;
	const char *architecture; /* "noarch", or the kernel's */
	bool is_source_wanted;    /* also the source package */
};

void rpm_release(struct rpm *rpm);

/*
 * Fills name and version; what rpm's versions may not hold becomes "_" (for a hyphen) or ".". A
 * module whose name or version could be taken for more than a name in a spec is EXIT_USAGE.
 */
int rpm_describe(const struct distribute_request *request, const char *name, struct rpm *rpm,
		 struct error *error);

/* "NAME-VERSION-RELEASE.ARCHITECTURE.rpm", owned. */
char *rpm_file(const struct rpm *rpm, const char *architecture);

/* What the fields of a spec are about. */
struct rpm_spec {
	const struct making *making;
	const struct rpm *rpm;
};

/* The values of {fields} that all specs have, owned; NULL: it is none of these. */
char *rpm_field(const void *rpm_spec, const char *field);

/* Lays a spec into the workshop. */
int rpm_add_spec(const struct making *making, const struct rpm *rpm, const char *text,
		 template_value *value, const void *context, struct error *error);

/*
 * rpmbuild makes a package of it and of the directory in the workshop that the spec's tarball
 * holds, and adds it to the publication. Lines "Provides: modalias(…)" for all modules of the
 * directory take the place of @MODALIASES@.
 */
int rpm_build(const struct making *making, const struct rpm *rpm, struct error *error);

/* The packages of mkrpm --binaries-only, in the workshop's "out"; adds their names. */
int rpm_modules_build(struct making *making, struct strv *ret_names, struct error *error);

/* Neither a macro, nor a pattern, nor a part of a shell command. */
bool rpm_is_plain(const char *text);

/* What rpm can compare: VERSION-RELEASE.ARCH. A kernel of Debian's has more hyphens. */
bool rpm_knows_kernel(const char *release);

int rpm_require_tools(struct error *error);
