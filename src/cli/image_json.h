/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The config of an OCI image: what it runs on, and of which layer it is made. */
#pragma once

#include <time.h>

#include "model/identity.h"

/* diff_id: SHA-256 of the unpacked layer. Owned by the caller. */
char *image_config(const struct module_id *id, const struct kernel_id *kernel, const char *diff_id,
		   time_t created);
