/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether this process sees another system than the one that runs the machine. */
#pragma once

#include <stdbool.h>

/*
 * True if the root directory or the mounts that this process sees differ from those of process 1,
 * or if the environment says FAKECHROOT. proc is where procfs is ("/proc"). Where process 1 cannot
 * be looked at (no procfs, no right to), nothing speaks for a chroot: false.
 */
bool in_chroot(const char *proc);
