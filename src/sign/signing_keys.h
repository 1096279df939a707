/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whose key pair signs, and making it where that is for dkms to do: a part of sign/signing.h. */
#pragma once

#include "base/error.h"
#include "distro/distro.h"
#include "kernel/kernel.h"
#include "model/settings.h"

/*
 * Makes what is missing of dkms's own pair, or by the distribution's own means of the
 * distribution's. Makes a pair that the user named only if both files are missing and the
 * directories of both are there. Never makes a pair that a kernel was built to trust.
 */
int signing_keys_provide(const struct settings *settings, const struct distro *distro,
			 const struct kernel *kernel, struct error *error);
