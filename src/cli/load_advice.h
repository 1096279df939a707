/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What people must know about modules that were just installed: will they load? */
#pragma once

#include "cli/invocation.h"

/*
 * After a run: what Secure Boot makes of what it installed (cli/sign_advice.h), then a warning for
 * each module that its kernel will not load for another reason. Without depmod nothing is foretold
 * but the first.
 */
void load_advice_after(const struct invocation *invocation, const struct plan *plan,
		       const struct job_result *results);
