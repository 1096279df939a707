/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * A copy of text, owned by the caller, in which every byte that is not part of well-formed UTF-8
 * (RFC 3629) is replaced by U+FFFD: for formats such as JSON that allow nothing else.
 */
char *utf8_repaired(const char *text);
