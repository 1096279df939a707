/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The administrator's command after a run that changed something (post_transaction). */
#pragma once

#include "base/error.h"
#include "base/report.h"
#include "model/settings.h"

/* Runs it in a shell, output to <tree>/post_transaction.log; its failure is a warning. */
int post_transaction_run(const struct settings *settings, struct reporter *reporter,
			 struct error *error);
