/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/version.h"

#include <stddef.h>
#include <string.h>

static size_t digits(const char *text)
{
	return strspn(text, "0123456789");
}

/* Compares two runs of digits of any length and moves past them. */
static int compare_numbers(const char **a, const char **b)
{
	*a += strspn(*a, "0");
	*b += strspn(*b, "0");
	size_t a_length = digits(*a), b_length = digits(*b);

	if (a_length != b_length)
		return a_length < b_length ? -1 : 1;
	int order = strncmp(*a, *b, a_length);

	*a += a_length;
	*b += b_length;
	return order;
}

int version_compare(const char *a, const char *b)
{
	while (*a && *b) {
		if (digits(a) && digits(b)) {
			int order = compare_numbers(&a, &b);

			if (order)
				return order;
		} else if (*a != *b) {
			return (unsigned char)*a - (unsigned char)*b;
		} else {
			a++;
			b++;
		}
	}
	return (unsigned char)*a - (unsigned char)*b;
}
