/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Putting things in order: after an interrupt, and at the start of a run after a dead one. */
#pragma once

#include "base/error.h"
#include "base/report.h"
#include "model/settings.h"

/* Rolls back every install that is not committed and repeats a depmod that was cut short. */
void settle_unfinished(const struct settings *settings, struct reporter *reporter);

/*
 * Finishes or undoes what dead runs left, removes their leftovers and runs the depmods they still
 * owed. The caller holds the tree's lock.
 */
int settle_dead_runs(const struct settings *settings, struct reporter *reporter,
		     struct error *error);
