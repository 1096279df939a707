/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Templates of dkms 2, which a module's source or the administrator brings.
 *
 * A template for Debian's packages is a directory with "debian/". dkms replaces the words
 * DEBIAN_PACKAGE, DEBIAN_BUILD_ARCH, KERNEL_VERSION, MODULE_NAME, MODULE_VERSION and DATE_STAMP in
 * its files, and runs dpkg-buildpackage.
 *
 * A template for rpms is a spec. rpmbuild gets the macros module_name, version, kernel_versions and
 * mktarball_line, and the source in %_sourcedir/M-V.
 */
#pragma once

#include "distribute/making.h"

/* <source>/M-dkms-VERB or /etc/dkms/template-dkms-VERB, owned; NULL: there is none. */
char *template_deb_find(const struct distribute_request *request, const char *verb);

enum template_kind {
	TEMPLATE_DEB,    /* mkdeb */
	TEMPLATE_SOURCE, /* mkdsc */
	TEMPLATE_MODULES /* mkbmdeb: once for each kernel, with the modules in M-V.dkms.tar.gz */
};

/* Adds every package, or source package, of the template to the publication. */
int template_deb_make(struct making *making, const char *template, enum template_kind kind,
		      struct error *error);

/* <source>/M-dkms-mkrpm.spec or /etc/dkms/template-dkms-mkrpm.spec, owned; NULL: there is none. */
char *template_rpm_find(const struct distribute_request *request);

/* Adds every package of the spec to the publication. */
int template_rpm_make(struct making *making, const char *template, struct error *error);
