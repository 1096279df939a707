/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Links that dkms makes in the tree and in kernels' directories. The system inside --root reads
 * them, too, and there DIR is no part of a path: below a root they are relative.
 */
#pragma once

#include <stdbool.h>

#include "model/settings.h"

/* What a link at this place is to hold so that it leads to target. Owned by the caller. */
char *tree_link_text(const struct settings *settings, const char *link, const char *target);

/* True for a link that holds this, or target itself as earlier versions wrote it. */
bool tree_link_leads_to(const struct settings *settings, const char *link, const char *target);
