/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Headers that a compiler would find now before those that it read then. kbuild hands it the
 * directories in this order (LINUXINCLUDE in the kernel's Makefile): arch/A/include, its
 * generated, include, generated, and the same again with uapi.
 */
#pragma once

#include "base/strv.h"
#include "fingerprint/headers.h"

/*
 * Adds those that are there already while a build is recorded, as SHADOW_PASSED_OVER: the sources
 * asked for the later one by another name, or from beside it.
 */
#define SHADOW_PASSED_OVER "passed over"
void shadow_note(const struct headers *headers, struct strmap *read);

/*
 * The first of such a header's names in a sentence, owned by the caller; NULL if there is none.
 * read: what was read then, by name.
 */
char *shadow_find(const struct headers *headers, const struct strmap *read);
