/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which of several files of one name depmod takes: the one in the directory that comes first in the
 * search lines of depmod.d(5), by default "updates built-in", where built-in is every other place.
 */
#pragma once

#include <stdbool.h>

#include "model/settings.h"

/*
 * True if depmod certainly prefers the first of two files below a module directory. Where both
 * places rank the same, or an override line names the module, nothing is certain.
 */
bool depmod_prefers(const struct settings *settings, const char *module_directory, const char *path,
		    const char *other);
