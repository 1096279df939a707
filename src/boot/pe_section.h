/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where a part of a program for EFI lies: a unified kernel image has its initramfs in ".initrd". */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* So much of the file's beginning is enough. */
enum { PE_HEAD_SIZE = 16 << 10 };

/*
 * Finds the section with this name, of at most eight bytes, by the file's first bytes. False if
 * there is none, or if this is no such program. The numbers are the file's own: they may be wrong.
 */
bool pe_section_find(const unsigned char *head, size_t length, const char *name,
		     uint64_t *ret_offset, uint64_t *ret_size);
