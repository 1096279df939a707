/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Evaluated directives: name → sparse array of strings, each with the place it came from. An
 * element 0 and the scalar of that name are one and the same. This is what the
 * evaluation gives and what the schema reads.
 */
#pragma once

#include <stddef.h>

#include "base/strv.h"

struct conf_value {
	long index;
	char *text;
	char *origin; /* "FILE:LINE", "FILE", "--directive"; NULL: unknown */
};

struct conf_array {
	struct conf_value *values; /* ascending index */
	size_t count;
	size_t capacity;
};

struct conf_values {
	struct strmap arrays; /* name → struct conf_array * */
};

/* The text, or NULL where nothing was set. Valid until that element is set again. */
const char *conf_values_get(const struct conf_values *values, const char *name, long index);
/* The same with its origin. Valid until anything is set or unset under that name. */
const struct conf_value *conf_values_find(const struct conf_values *values, const char *name,
					  long index);
const struct conf_array *conf_values_array(const struct conf_values *values, const char *name);
/* text and origin are copied; origin may be NULL. */
void conf_values_set(struct conf_values *values, const char *name, long index, const char *text,
		     const char *origin);
/* Forgets every element of the name. A name that was never set is no error. */
void conf_values_unset(struct conf_values *values, const char *name);
/* Releases what it holds and leaves it empty; serves as cleanup(conf_values_free). */
void conf_values_free(struct conf_values *values);

/* Takes an origin apart: *ret_line is 0 where there is none. Returns the length of FILE. */
size_t conf_origin_split(const char *origin, long *ret_line);
