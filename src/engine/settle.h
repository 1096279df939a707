/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Putting things in order: after an interrupt, and at the start of a run after a dead one. */
#pragma once

#include "engine/engine.h"

/* Rolls back every install that is not committed and repeats a depmod that was cut short. */
void engine_undo_unfinished(const struct engine_options *options);

/*
 * For whoever has just taken the tree's lock: finishes or undoes what dead runs left, removes
 * their leftovers and runs the depmods they still owed.
 */
int engine_recover(const struct engine_options *options, struct error *error);
