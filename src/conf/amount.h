/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Numbers in configuration files. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/*
 * Digits, and with_unit perhaps one of K, M, G and T in either case behind them, for powers of
 * 1024. False, and nothing set, for anything else and for more than limit.
 */
bool amount_read(const char *text, bool with_unit, uint64_t limit, uint64_t *ret);
