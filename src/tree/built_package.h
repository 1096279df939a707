/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What M/V/K/A was built for: its package as it was evaluated then, in M/V/K/A/.package. The
 * dkms.conf may have changed since. So this record says what a build holds and where it was
 * installed to. The file goes with the build.
 */
#pragma once

#include "base/error.h"
#include "model/identity.h"
#include "model/package.h"
#include "model/settings.h"

#define BUILT_PACKAGE_NAME ".package"

/* In M/V/K/A, too: modules that the build command has installed itself (build/strays.c), a path
 * below the kernel's directory a line. */
#define BUILT_STRAYS_NAME ".strays"

/* Writes the record into a directory that is to become M/V/K/A. Not synced. */
int built_package_write(const char *product, const struct package *package, struct error *error);

/*
 * The package with names, places and exclusions of that time, owned by the caller. NULL where
 * nothing is recorded (a build of another dkms), or nothing that can be believed.
 */
struct package *built_package_read(const struct settings *settings, const struct module_id *id,
				   const struct kernel_id *kernel);
