/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * dkms sign-status and generate_mok, and what to do where Secure Boot decides which modules load.
 */
#pragma once

#include "engine/engine.h"
#include "inspect/why.h"
#include "plan/plan.h"

/*
 * After a run: says once whether what it installed will load, with the exact next step. Says
 * nothing where signatures are not enforced, or nothing was installed.
 */
void sign_advice_after(struct loading *loading, const struct plan *plan,
		       const struct job_result *results);
