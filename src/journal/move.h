/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Moving what a transaction replaces. An overlay renames files, but no directory that lies in a
 * lower layer, as what an image of a container brought along (EXDEV; the kernel's
 * Documentation/filesystems/overlayfs.rst, "redirect_dir"). There a new directory takes what the
 * old one holds, entry by entry. Others may see a part of it meanwhile.
 *
 * Until it has all, an empty file .dkms-half<N>-ID lies beside the backup. So the way back, after a
 * death or a failure, knows that target and backup belong together. A replaced source may be a
 * stranger's: nothing in it is believed, and no link in it is followed.
 */
#pragma once

#include "base/error.h"
#include "journal/journal.h"

/*
 * Renames a file, or moves a directory, among the target, the backup and the staged path of an
 * operation. Owners and modes stay, and times unless a death came in between; access control lists
 * of directories that cannot be renamed are lost. What was moved in part can be moved back.
 * Returns 0 or a negative errno.
 */
int move_path(const struct operation *operation, const char *from, const char *to);

/* The path of the mark, owned by the caller. Whoever settles an operation removes it. */
char *move_mark(const struct operation *operation);
