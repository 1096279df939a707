/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What sign-status shows, and its form for programs. */
#pragma once

#include "inspect/trust.h"
#include "inspect/status.h"

struct sign_status {
	const struct signing_trust *trust;
	const struct status_entry *modules;     /* those that are built */
	const enum signature_verdict *verdicts; /* one for each */
	size_t count;
};

/* The whole output, owned by the caller (sign_status_json.c). */
char *sign_status_json(const struct sign_status *status);
