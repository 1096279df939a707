/* SPDX-License-Identifier: GPL-2.0-or-later */
/* POSIX extended regular expressions, as bash's =~ uses them: unanchored, case matters. */
#pragma once

#include <stdbool.h>

#include "base/error.h"

/* Sets *ret_matches. -EINVAL with the pattern and the reason for a malformed pattern. */
int regex_matches(const char *pattern, const char *text, bool *ret_matches, struct error *error);
