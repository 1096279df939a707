/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where the shell itself is when shell-front has its place. */
#pragma once

#define FRONT_REAL_SHELL "/dev/.real/sh"
