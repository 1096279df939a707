/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Decides the exit status of a failure where a package's hook runs dkms (DKMS_KERNEL_HOOK says
 * which). A package manager must not be left half done for a module that nothing depends on.
 */
#pragma once

#include "cli/invocation.h"

/*
 * By the setting kernel_hook_failure: makes the status 0 where the modules that failed are not
 * critical, says what is missing, and leaves a notice (boot/notices.h). A critical module's failure
 * stays one, and is explained. Without a hook, only notices that are not true any more go.
 */
void hook_conclude(const struct invocation *invocation, const struct plan *plan,
		   const struct job_result *results, int *status);
