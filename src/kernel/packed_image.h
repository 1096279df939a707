/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The bytes of a kernel image as they are after unpacking. Some architectures compress the whole
 * image (Image.gz), or put it into an EFI program that unpacks it (CONFIG_EFI_ZBOOT): arm64,
 * riscv, loongarch. gzip, zstd, xz and lzma are understood; everything else is read as it is.
 *
 * The image is a stranger's: call this in a confined worker.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Takes the next bytes; false: no more are wanted. */
typedef bool image_taker(void *context, const char *data, size_t length);

/* At most limit bytes. What is damaged ends there. */
void packed_image_read(int fd, uint64_t limit, image_taker *take, void *context);
