/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The files in /etc/dkms that may change what one dkms.conf says. */
#pragma once

#include "base/strv.h"
#include "model/identity.h"

/*
 * Adds the names of M/V's override files for a kernel, whether they exist or not, from the general
 * to the particular: the later one wins.
 */
void overrides_names(const struct module_id *id, const struct kernel_id *kernel,
		     struct strv *names);
