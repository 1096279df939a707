/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which places were given up in this run, known to all processes that were forked since: builds run
 * side by side, and each would wait for a dead registry anew.
 */
#pragma once

#include "base/cleanup.h"

struct graveyard;

struct graveyard *graveyard_new(void);
void graveyard_free(struct graveyard *graveyard);
DEFINE_CLEANUP(struct graveyard *, graveyard_free)

void graveyard_bury(struct graveyard *graveyard, const char *place, const char *reason);
/* Why the place was given up, owned by the caller; NULL: it was not. */
char *graveyard_reason(const struct graveyard *graveyard, const char *place);
