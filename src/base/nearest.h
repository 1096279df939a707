/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finds the name that a mistyped word probably stands for. */
#pragma once

#include <stddef.h>

/*
 * How many letters must be added, taken away, replaced or swapped with their neighbour to make one
 * word of the other, whatever their case. A word of 40 letters or more is far from everything.
 */
size_t text_distance(const char *a, const char *b);

/*
 * The nearest of a NULL-terminated list: at most two letters from a name that is longer than six,
 * one from a shorter name. NULL: none is as near.
 */
const char *nearest_name(const char *typed, const char *const *names);
