/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads from a kernel image how the kernel was made. */
#pragma once

#include <stdbool.h>

/*
 * True if path is an ELF file (32 or 64 bit, either byte order; see elf(5)) whose .comment section
 * holds "clang version". Anything else, and anything malformed, is false.
 */
bool vmlinux_is_built_by_clang(const char *path);

/*
 * The value of a variable with blanks trimmed, owned by the caller. NULL if there is no such file
 * or variable, if it is empty, or if its value needs more of make than is understood here.
 */
char *kernelvariables_value(const char *path, const char *variable);
