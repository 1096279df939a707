/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a failed build leaves for people to look at. */
#pragma once

#include "base/error.h"

/*
 * Gives a directory and all in it to root, writable by nobody else and without set-id bits. Links
 * stay as they are. No command of the build may be running.
 */
int leftover_secure(const char *directory, struct error *error);
