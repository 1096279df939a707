/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "conf/amount.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

bool amount_read(const char *text, bool with_unit, uint64_t limit, uint64_t *ret)
{
	static const char units[] = "KMGT";
	int shift = 0;
	char *end;

	if (!isdigit((unsigned char)*text))
		return false;
	errno = 0;
	unsigned long long number = strtoull(text, &end, 10);

	if (errno)
		return false;
	if (*end) {
		const char *unit = strchr(units, toupper((unsigned char)*end));

		if (!with_unit || !unit || end[1])
			return false;
		shift = 10 * (int)(unit - units + 1);
	}
	if (number > limit >> shift)
		return false;
	*ret = (uint64_t)number << shift;
	return true;
}
