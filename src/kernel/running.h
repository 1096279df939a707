/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The running kernel, and which ones are installed. */
#pragma once

#include "base/error.h"
#include "base/strv.h"
#include "model/settings.h"

/* uname -r and uname -m, owned by the caller. */
char *kernel_running_release(void);
char *kernel_running_arch(void);

/* Adds every release with a directory in the install tree, in version order. */
int kernel_list_installed(const struct settings *settings, struct strv *releases,
			  struct error *error);
