/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What people must know, and do, where Secure Boot decides which modules load. */
#pragma once

#include "inspect/loading.h"
#include "inspect/trust.h"
#include "cli/invocation.h"

/*
 * After a run: whether what it installed will load, said once for all of it and with the exact
 * next step; nothing where signatures are not enforced, or nothing was installed.
 */
void sign_advice_after(struct loading *loading, const struct plan *plan,
		       const struct job_result *results);

/* What to do next, lines owned by the caller; NULL if there is nothing to do. */
char *sign_advice_next_step(enum signature_verdict verdict, const struct signing_trust *trust);
