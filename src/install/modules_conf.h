/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * MODULES_CONF: lines for modprobe that a package brings. They are one file for all kernels,
 * /etc/modprobe.d/dkms-M.conf, and go when no kernel has M installed any more. Staged in the
 * caller's transaction.
 */
#pragma once

#include "base/error.h"
#include "install/place.h"
#include "tree/transaction.h"

/* For an install: the file is written if the package has lines and it does not hold them yet. */
int modules_conf_put(const struct placement *placement, struct transaction *transaction,
		     struct error *error);

/* For an uninstall from placement's kernel: the file goes unless another kernel has M installed. */
int modules_conf_remove(const struct placement *placement, struct transaction *transaction,
			struct error *error);
