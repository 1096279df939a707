/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How people write the values of settings: numbers, yes and no in any case, and build_limits. Its
 * value is a list as "memory=50% processes=1000 tmp=2G disk=10G time=3600", each word on top of
 * what was there. Sizes are in bytes or have K, M, G or T behind. Those of memory and tmp may
 * be a percentage of the machine's memory. "no" is no limit. "no" alone takes all limits away.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/*
 * Digits, and with_unit perhaps one of K, M, G and T in either case behind them, for powers of
 * 1024. False, and nothing set, for anything else and for more than limit.
 */
bool amount_read(const char *text, bool with_unit, uint64_t limit, uint64_t *ret);

bool word_is_yes(const char *text); /* yes, y, true, on, 1 */
bool word_is_no(const char *text);  /* no, n, false, off, 0 */

/* member is a struct build_limits. False, and nothing changed, if the text makes no sense. */
bool read_limits(const char *text, void *member);
