/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Built modules, as they go into packages: never changed, so that signatures stay valid. */
#pragma once

#include <time.h>

#include "base/strv.h"
#include "distribute/distribute.h"

/*
 * Adds the names of M/V's module files for a kernel, sorted. EXIT_INSTALL if it is not built for
 * it, if a module is missing, or if one was made for another kernel.
 */
int builds_list(const struct distribute_request *request, const struct kernel_id *kernel,
		struct strv *names, struct error *error);

/* "foo.ko" of "foo.ko.xz", owned. */
char *builds_plain_name(const char *name);

/* Copies them to a directory, which is made, uncompressed if that is asked for. Warns of those that
 * are not signed. */
int builds_add(const struct making *making, const struct kernel_id *kernel,
	       const struct strv *names, const char *directory, struct error *error);

/* The certificate to check their signatures with, as DER and without any key, as a new file. */
int builds_add_certificate(const struct distribute_request *request, const struct kernel_id *kernel,
			   const char *root, const char *name, struct error *error);

/* What the first module names as its license becomes the package's, unless the user says one. */
int builds_set_license(struct making *making, struct error *error);

/* The time of the newest file of the source, or SOURCE_DATE_EPOCH. */
int builds_set_time(struct making *making, struct error *error);
