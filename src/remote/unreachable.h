/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which places were given up in this run, known to all processes that were forked since: builds run
 * side by side, and each would wait for a dead registry anew.
 */
#pragma once

#include "base/cleanup.h"

struct unreachable_places;

struct unreachable_places *unreachable_new(void);
void unreachable_free(struct unreachable_places *unreachable);
DEFINE_CLEANUP(struct unreachable_places *, unreachable_free)

void unreachable_add(struct unreachable_places *unreachable, const char *place, const char *reason);
/* Why the place was given up, owned by the caller; NULL: it was not. */
char *unreachable_reason(const struct unreachable_places *unreachable, const char *place);
