/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a package's modules may import on one kernel: what that kernel exports, and what the
 * packages that it BUILD_DEPENDS on have installed for it, as a confined worker reads that.
 */
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "base/strv.h"
#include "fingerprint/headers.h"
#include "kernel/symvers.h"
#include "model/settings.h"

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
