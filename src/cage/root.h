/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The root directory of a mount namespace, for cage/mounts.c. */
#pragma once

#include "base/error.h"

/*
 * In a new mount namespace: sets how mounts propagate (MS_PRIVATE or MS_SLAVE). The root directory
 * of a chroot is no mount, and lies below mounts that no name reaches. There the namespace first
 * drops everything outside the chroot.
 */
int root_detach(unsigned long propagation, struct error *error);
