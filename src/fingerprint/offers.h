/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The offers of one kernel to a build: symbols that its modules may import, and headers that a
 * compiler finds first.
 */
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "base/strv.h"
#include "fingerprint/headers.h"
#include "kernel/symvers.h"
#include "model/settings.h"

/*
 * The symbols that a package's modules may import on one kernel: those of the kernel, and those of
 * the packages that it BUILD_DEPENDS on. A confined worker reads the latter.
 */
struct exports {
	const struct symvers *kernel; /* of the headers */
	struct strmap dependencies;   /* name → description */
};

/*
 * -ENOENT without Module.symvers in the headers, -EINVAL if it has no CRCs or the kernel no
 * CONFIG_MODVERSIONS. Start with {0}; release with exports_close(). Borrows the headers.
 */
int exports_open(const struct settings *settings, struct headers *headers,
		 const struct strv *dependencies, struct exports *ret_exports, struct error *error);
void exports_close(struct exports *exports);

/*
 * Everything about a symbol that must be the same for an importer, "0x92997ed8 vmlinux all": CRC,
 * exporting module, "gpl" or "all", namespace. Owned by the caller; NULL if nobody exports it.
 */
char *exports_describe(const struct exports *exports, const char *symbol);

/*
 * A header shadows a header that a build read if the compiler would find it first now. kbuild hands
 * the compiler the directories in this order (LINUXINCLUDE in the kernel's Makefile):
 * arch/A/include, its generated, include, generated, and the same again with uapi.
 */

/*
 * Adds the shadows that are there already while a build is recorded, as SHADOW_PASSED_OVER. The
 * sources asked for the later header by another name, or from beside it.
 */
#define SHADOW_PASSED_OVER "passed over"
void shadow_note(const struct headers *headers, struct strmap *read);

/*
 * Names the first shadow in a sentence, owned by the caller; NULL if there is none. read: the
 * headers that were read then, by name.
 */
char *shadow_find(const struct headers *headers, const struct strmap *read);
