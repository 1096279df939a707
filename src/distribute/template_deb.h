/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Templates of dkms 2: a directory with "debian/" that a module's source or the administrator
 * brings. Its files have the words DEBIAN_PACKAGE, DEBIAN_BUILD_ARCH, KERNEL_VERSION, MODULE_NAME,
 * MODULE_VERSION and DATE_STAMP replaced, and dpkg-buildpackage does the rest.
 */
#pragma once

#include "distribute/distribute.h"

/* <source>/M-dkms-VERB or /etc/dkms/template-dkms-VERB, owned; NULL: there is none. */
char *template_deb_find(const struct distribute_request *request, const char *verb);

enum template_kind {
	TEMPLATE_DEB,    /* mkdeb */
	TEMPLATE_SOURCE, /* mkdsc */
	TEMPLATE_MODULES /* mkbmdeb: once for each kernel, with M-V.dkms.tar.gz of what was built */
};

/* Adds every package, or source package, that comes of it to the publication. */
int template_deb_make(struct making *making, const char *template, enum template_kind kind,
		      struct error *error);
