/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * New signatures for what is built, after the key has changed. Nothing is compiled, and
 * everything of the build but the signatures stays as it is.
 */
#pragma once

#include "base/error.h"
#include "base/report.h"
#include "model/identity.h"
#include "sign/signing.h"

/*
 * Signs every module of M/V/K/A anew, compressed as it was, and swaps them all in one step; on
 * failure the build is untouched. EXIT_TREE if it is not built. signing must have a hash.
 */
int resign_modules(struct signing *signing, const struct module_id *id, struct reporter *reporter,
		   struct error *error);
