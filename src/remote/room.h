/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A full disk, on whichever side: what would have to fit, and what does. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

/* The error is about a disk, or a user's share of it, that is full. */
bool room_is_short(const struct error *error);

/*
 * Adds to such an error that what, of so many bytes, had to go into the file system of an opened
 * file. Returns the error's code.
 */
int room_explain(int fd, const char *what, uint64_t bytes, struct error *error);
