/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/nearest.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum { NAME_LIMIT = 40, SHORT_NAME = 6 };

static size_t smallest(size_t a, size_t b, size_t c)
{
	size_t smaller = a < b ? a : b;

	return smaller < c ? smaller : c;
}

static bool same_letter(char a, char b)
{
	return toupper((unsigned char)a) == toupper((unsigned char)b);
}

/* The restricted Damerau-Levenshtein distance. */
size_t text_distance(const char *a, const char *b)
{
	size_t rows[3][NAME_LIMIT + 1], a_length = strlen(a), b_length = strlen(b);

	if (a_length >= NAME_LIMIT || b_length >= NAME_LIMIT)
		return SIZE_MAX;
	for (size_t j = 0; j <= b_length; j++)
		rows[0][j] = j;
	for (size_t i = 1; i <= a_length; i++) {
		size_t *row = rows[i % 3], *above = rows[(i + 2) % 3],
		       *two_above = rows[(i + 1) % 3];

		row[0] = i;
		for (size_t j = 1; j <= b_length; j++) {
			bool same = same_letter(a[i - 1], b[j - 1]);

			row[j] = smallest(above[j] + 1, row[j - 1] + 1, above[j - 1] + !same);
			if (i > 1 && j > 1 && same_letter(a[i - 1], b[j - 2]) &&
			    same_letter(a[i - 2], b[j - 1]))
				row[j] = smallest(row[j], two_above[j - 2] + 1, row[j]);
		}
	}
	return rows[a_length % 3][b_length];
}

const char *nearest_name(const char *typed, const char *const *names)
{
	const char *nearest = NULL;
	size_t best = SIZE_MAX;

	for (; *names; names++) {
		size_t distance = text_distance(typed, *names);
		size_t tolerated = strlen(*names) > SHORT_NAME ? 2 : 1;

		if (distance <= tolerated && distance < best) {
			best = distance;
			nearest = *names;
		}
	}
	return nearest;
}
