/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where a caged build finds the jobserver of all builds, a fifo, if there is one; and the shell
 * itself while shell-front has its place.
 */
#pragma once

#define FRONT_JOBSERVER "/dev/.dkms-fifo"

#define FRONT_REAL_SHELL "/dev/.real/sh"
