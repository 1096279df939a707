/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The root directory of a mount namespace, for cage/mounts.c. */
#pragma once

#include "base/error.h"

/*
 * In a new mount namespace: sets how mounts propagate (MS_PRIVATE or MS_SLAVE). In a chroot, whose
 * root directory is no mount and lies below mounts that cannot be reached by name, the namespace
 * first loses all that lies outside the chroot.
 */
int root_detach(unsigned long propagation, struct error *error);
