/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a kernel exports, where its headers are not here. */
#pragma once

#include "fingerprint/headers.h"
#include "model/settings.h"

/*
 * Takes the file that some distributions put beside the kernel, /lib/modules/K/symvers or
 * /boot/symvers-K with a suffix of its compression, if the headers have none. Best effort.
 */
void exported_find(const struct settings *settings, struct headers *headers);
