/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Builds that failed, so that autoinstall does not try them again at every boot. Beside the builds
 * of a version, where no glob of the reference dkms looks:
 *
 *	M/V/.failed/K-A		"1", the digest of what the build depended on, its exit status;
 *				a line each
 *	M/V/.failed/K-A.log	its make.log
 *
 * It depended on all that is known before a build: source, directives, compiler, policy,
 * configuration, and the programs that kbuild runs. The state of the kernel's headers, of the
 * package's dependencies and of each program on PATH counts, too. If any of that differs, the build
 * is tried again.
 */
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "reuse/reuse.h"

/* log: of the failed build; it stays where it is. */
int failed_remember(const struct reuse_request *request, int status, const char *log,
		    struct error *error);

/* True if the build failed with what it depends on now. *ret_log is owned by the caller. */
bool failed_recall(const struct reuse_request *request, int *ret_status, char **ret_log);

/* Best effort. */
void failed_forget(const struct settings *settings, const struct module_id *id,
		   const struct kernel_id *kernel);
