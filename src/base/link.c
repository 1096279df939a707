/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/link.h"

#include <stddef.h>

#include "base/cleanup.h"
#include "base/strv.h"
#include "base/text.h"

bool link_stays_inside(const char *name, const char *target)
{
	cleanup(strv_free) struct strv parts = {0};
	size_t depth = 0;
	bool climbing = true;
	const char *part;

	if (text_empty(target) || *target == '/')
		return false;
	for (const char *c = name; *c; c++)
		depth += *c == '/';
	strv_split(&parts, target, "/");
	STRV_FOREACH (part, &parts) {
		if (text_equal(part, "."))
			continue;
		if (!text_equal(part, "..")) {
			climbing = false;
			continue;
		}
		if (!climbing || !depth)
			return false;
		depth--;
	}
	return true;
}
