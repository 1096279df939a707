/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>

/*
 * Does a symbolic link stay inside the directory that name is relative to, whatever other links
 * of this kind are in there? Its target must be relative and may climb ("..") only at its
 * beginning: after a name it would climb from where that name leads. name holds no "." or "..",
 * and no directory on its way is a link.
 */
bool link_stays_inside(const char *name, const char *target);
