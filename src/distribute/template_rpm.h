/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Specs of dkms 2: a file that a module's source or the administrator brings. rpmbuild makes the
 * packages of it, with the macros module_name, version, kernel_versions and mktarball_line, and
 * with the source in %_sourcedir/M-V.
 */
#pragma once

#include "distribute/distribute.h"

/* <source>/M-dkms-mkrpm.spec or /etc/dkms/template-dkms-mkrpm.spec, owned; NULL: there is none. */
char *template_rpm_find(const struct distribute_request *request);

/* Adds every package that comes of it to the publication. */
int template_rpm_make(struct making *making, const char *template, struct error *error);
