/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Why an image could not be written. */
#pragma once

#include <stdbool.h>

#include "base/error.h"

/*
 * Adds to the error how much room is missing beside the image for another one of its size, or that
 * its file system is read-only; nothing where neither is so.
 */
void initramfs_explain_room(const char *image, struct error *error);

/* True if the disk of the image has room for a second image, a quarter larger. */
bool initramfs_has_room(const char *image);
