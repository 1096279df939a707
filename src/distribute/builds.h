/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Built modules for packages. Their bytes never change, so signatures stay valid. */
#pragma once

#include <time.h>

#include "base/strv.h"
#include "distribute/making.h"

/*
 * Adds the names of M/V's module files for a kernel, sorted. EXIT_INSTALL if M/V is not built for
 * the kernel, if a module is missing, or if a module was made for another kernel.
 */
int builds_list(const struct distribute_request *request, const struct kernel_id *kernel,
		struct strv *names, struct error *error);

/* "foo.ko" for "foo.ko.xz", owned. */
char *builds_plain_name(const char *name);

/*
 * Copies these modules to a new directory, uncompressed if making->plain_modules says so. Warns of
 * modules without a signature.
 */
int builds_add(const struct making *making, const struct kernel_id *kernel,
	       const struct strv *names, const char *directory, struct error *error);

/* Writes the certificate of the signing key, as DER and without any key, to a new file. */
int builds_add_certificate(const struct distribute_request *request, const struct kernel_id *kernel,
			   const char *root, const char *name, struct error *error);

/* The license of the first module becomes the package's, unless the user gives another. */
int builds_set_license(struct making *making, struct error *error);

/* Sets making->time: SOURCE_DATE_EPOCH, or the time of the newest file of the source. */
int builds_set_time(struct making *making, struct error *error);
