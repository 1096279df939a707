/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Moving what a transaction replaces. An overlay renames files, but no directory that lies in a
 * lower layer, as what an image of a container brought along (EXDEV; the kernel's
 * Documentation/filesystems/overlayfs.rst, "redirect_dir"). There a new directory takes what the
 * old one holds, entry by entry. Others may see a part of it meanwhile.
 *
 * The new directory holds an empty file .dkms-half until it has all. So the way back, after a death
 * or a failure, knows that both directories belong together.
 */
#pragma once

/*
 * Renames a file, or moves a directory: with owners and modes, and times unless a death came in
 * between. What an earlier call moved in part can be moved back. Returns 0 or a negative errno.
 */
int move_path(const char *from, const char *to);
