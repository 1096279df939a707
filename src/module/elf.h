/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether bytes are a whole kernel module, of any architecture. Format: elf(5). */
#pragma once

#include <stddef.h>

#include "base/error.h"

/*
 * -ENOEXEC unless data is a relocatable ELF object whose section headers and sections all lie
 * within length: a file cut short anywhere is found out. The message says what is wrong with "it".
 */
int elf_check_module(const void *data, size_t length, struct error *error);
