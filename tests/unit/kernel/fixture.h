/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A kernel in a scratch root: SCRATCH/lib/modules/6.1.0-test. */
#pragma once

#include "base/memory.h"
#include "scratch.h"
#include "kernel/kernel.h"

#define RELEASE "6.1.0-test"
#define MODULES "lib/modules/" RELEASE "/"

/* Opens the kernel RELEASE with the install tree below scratch. */
static inline struct kernel *open_kernel(const char *scratch)
{
	cleanup(settings_free) struct settings settings;
	struct kernel_id id = {(char *)RELEASE, (char *)"x86_64"};
	struct kernel *kernel = NULL;
	struct error error = {0};

	settings_init(&settings, scratch);
	assert_int_equal(kernel_open(&settings, &id, &kernel, &error), 0);
	return kernel;
}
