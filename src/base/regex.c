/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/regex.h"

#include <errno.h>
#include <regex.h>
#include <stddef.h>

int regex_matches(const char *pattern, const char *text, bool *ret_matches, struct error *error)
{
	regex_t compiled;
	int code = regcomp(&compiled, pattern, REG_EXTENDED | REG_NOSUB);

	if (code) {
		char reason[128];

		(void)regerror(code, &compiled, reason, sizeof(reason));
		return error_set(error, -EINVAL, 0, "Bad regular expression \"%s\": %s", pattern,
				 reason);
	}
	*ret_matches = regexec(&compiled, text, 0, NULL, 0) == 0;
	regfree(&compiled);
	return 0;
}
