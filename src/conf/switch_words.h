/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How people write yes and no in framework.conf, in any case. */
#pragma once

#include <stdbool.h>

bool word_is_yes(const char *text); /* yes, y, true, on, 1 */
bool word_is_no(const char *text);  /* no, n, false, off, 0 */
