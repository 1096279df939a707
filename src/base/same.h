/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether two files are the same, with as little reading as proves it. Paths are relative to opened
 * directories, or AT_FDCWD; links are followed.
 */
#pragma once

#include <stdbool.h>

/* One inode, or both can be read and hold the same bytes. */
bool same_content_at(int parent_a, const char *a, int parent_b, const char *b);

/*
 * The same, or a copy that nobody has changed: the same size and the same time of modification to
 * the nanosecond. A time of whole seconds, as tar and some file systems leave it, proves nothing.
 */
bool same_copy_at(int parent_a, const char *a, int parent_b, const char *b);
