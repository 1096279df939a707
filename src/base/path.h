/* SPDX-License-Identifier: GPL-2.0-or-later */
/* File names as text; nothing here looks at the disk. */
#pragma once

#include <stdbool.h>

#include "base/strv.h"

/*
 * Joins the parts (up to the final NULL) with one slash between each; empty parts are skipped,
 * double slashes at the seams folded. The result is owned by the caller.
 */
char *path_join(const char *first, ...) __attribute__((sentinel));

/* The part after the last slash. Points into path. */
const char *path_basename(const char *path);

/* The directory part, owned by the caller: "a/b" → "a", "/a" → "/", "a" → ".". */
char *path_parent(const char *path);
/* Replaces an owned path by its directory part. */
void path_ascend(char **path);

/*
 * Resolves ".", ".." and double slashes as text, owned by the caller. A relative path that climbs
 * above its start, or an absolute one above "/", gives NULL.
 */
char *path_normalize(const char *path);

/* True if path is directory itself or below it, as text. */
bool path_is_within(const char *path, const char *directory);

/* Usable as the name of one file by everybody: not empty, no slash, no leading '.' or '-', no
 * control character. */
bool path_is_plain_name(const char *name);

/* Adds what looks like an absolute path in a shell command, normalized: after a blank, quote … */
void path_list_named(const char *command, struct strv *paths);

/*
 * True if a symbolic link stays inside the directory that name is relative to, whatever other links
 * of this kind it holds. Its target must be relative. It may climb ("..") only at its beginning,
 * because after a name it would climb from where that name leads. name has no "." or "..", and no
 * directory on its way is a link.
 */
bool link_stays_inside(const char *name, const char *target);
