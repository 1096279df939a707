/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which modules a hook could not install, for those who look later: <tree>/.missing/K, a line
 * "M/V A STATUS" each, which everybody may read. From it come the lines of dkms status on stderr
 * and /run/motd.d/dkms. A module that is there meanwhile, or of which nobody knows any more, is
 * not missing.
 */
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "base/strv.h"
#include "model/identity.h"
#include "model/settings.h"

/* status: what the build or install ended with. */
int boot_notice_add(const struct settings *settings, const struct module_id *id,
		    const struct kernel_id *kernel, int status, struct error *error);

/*
 * Adds a sentence for each module that is missing; with_recorded: also where the tree has a record
 * of the failed build, of which dkms status tells anyway.
 */
void boot_notices_list(const struct settings *settings, bool with_recorded, struct strv *sentences);

/* Drops what is not true any more, and makes the message of the day of the rest. */
int boot_notices_settle(const struct settings *settings, struct error *error);
