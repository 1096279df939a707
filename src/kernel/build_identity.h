/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which build of a kernel a release is. A rebuilt kernel bears the same release and may have
 * another interface; UTS_VERSION tells the two apart: "#1 SMP PREEMPT_DYNAMIC Debian 6.1.192-3
 * (2026-11-26)". Its headers, its image and the running kernel all say it.
 */
#pragma once

#include "base/error.h"
#include "kernel/kernel.h"
#include "model/settings.h"

/* What the headers say, owned by the caller; NULL: nothing. */
char *kernel_headers_identity(const char *headers);

/*
 * The identity of a kernel: from its headers, else from the running kernel if that is it, else from
 * its image, compressed or not (kernel/packed_image.h), which a confined worker reads. Owned by the
 * caller. -ENOENT if nothing tells it.
 */
int kernel_build_identity(const struct settings *settings, const struct kernel *kernel,
			  char **ret_identity, struct error *error);
