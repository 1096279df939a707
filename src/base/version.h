/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Order of version strings: each run of digits compared as a number, the rest as text. */
#pragma once

/* Less than, equal to or greater than 0, as strcmp. "5.9" < "5.10"; numbers may have any length. */
int version_compare(const char *a, const char *b);
