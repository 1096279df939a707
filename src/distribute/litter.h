/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What lies in a source but is no part of it. */
#pragma once

#include "base/error.h"

/*
 * Removes from a copy of a source the files of version control and editors, and what kbuild left
 * where it ran. An object without a source beside it stays: packages ship such.
 */
int litter_remove(const char *directory, struct error *error);
