/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "conf/switch_words.h"

#include <stddef.h>
#include <strings.h>

static bool is_one_of(const char *text, const char *const *words)
{
	for (; *words; words++)
		if (strcasecmp(text, *words) == 0)
			return true;
	return false;
}

bool word_is_yes(const char *text)
{
	static const char *const words[] = {"yes", "y", "true", "on", "1", NULL};

	return is_one_of(text, words);
}

bool word_is_no(const char *text)
{
	static const char *const words[] = {"no", "n", "false", "off", "0", NULL};

	return is_one_of(text, words);
}
