/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dkms cache, and the space that the tree takes. */
#pragma once

#include <stdint.h>

#include "model/settings.h"

/* The size of all modules. Directories closed to the caller are not counted. */
uint64_t tree_size(const struct settings *settings);
