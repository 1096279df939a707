/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts that all rpm packages share. */
#pragma once

#include "base/text.h"
#include "distribute/making.h"

/* Options for rpmbuild in a script. All files stay in the workshop, and no path of it is recorded.
 */
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
	char *directory;      /* in the tarball of the spec; owned */
	char *summary;        /* unless the user gives one; owned */
	const char *release;
	const char *architecture; /* "noarch", or the kernel's */
	bool is_source_wanted;    /* also the source package */
};

void rpm_release(struct rpm *rpm);

/*
 * Fills name and version. Characters that rpm's versions may not hold become "_" (for a hyphen) or
 * ".". EXIT_USAGE for a name or version that a spec could take for more than a name.
 */
int rpm_describe(const struct distribute_request *request, const char *name, struct rpm *rpm,
		 struct error *error);

/* "NAME-VERSION-RELEASE.ARCHITECTURE.rpm", owned. */
char *rpm_file(const struct rpm *rpm, const char *architecture);

/* The context of rpm_field(). */
struct rpm_spec {
	const struct making *making;
	const struct rpm *rpm;
};

/* The values of {fields} that all specs have, owned; NULL: there is no such field. */
char *rpm_field(const void *rpm_spec, const char *field);

/* Writes a spec into the workshop. */
int rpm_add_spec(const struct making *making, const struct rpm *rpm, const char *text,
		 template_value *value, const void *context, struct error *error);

/*
 * Runs rpmbuild on the spec and on rpm->directory in the workshop, which becomes the tarball. Lines
 * "Provides: modalias(…)" for all modules of the directory replace @MODALIASES@. The packages are
 * in "out".
 */
int rpm_build(const struct making *making, const struct rpm *rpm, struct error *error);

/* Makes the packages of mkrpm --binaries-only in the workshop's "out", and adds their names. */
int rpm_modules_build(struct making *making, struct strv *ret_names, struct error *error);

/* True if the text is no macro, no pattern and no part of a shell command. */
bool rpm_is_plain(const char *text);

/* True if rpm can compare the release: VERSION-RELEASE.ARCH. Debian's kernels have more hyphens. */
bool rpm_knows_kernel(const char *release);

int rpm_require_tools(struct error *error);
