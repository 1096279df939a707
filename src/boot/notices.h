/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The modules that a hook could not install: <tree>/.missing/K, a line "M/V A STATUS" for each
 * module. Everybody may read it. dkms status prints it on stderr, and /run/motd.d/dkms holds it. A
 * module that was installed or removed meanwhile is not missing.
 */
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "base/strv.h"
#include "model/identity.h"
#include "model/settings.h"

/* status: the exit status of the build or install. */
int boot_notice_add(const struct settings *settings, const struct module_id *id,
		    const struct kernel_id *kernel, int status, struct error *error);

/*
 * Adds a sentence for each missing module. with_recorded: also if the tree has a record of the
 * failed build, which dkms status prints anyway.
 */
void boot_notices_list(const struct settings *settings, bool with_recorded, struct strv *sentences);

/* Removes modules that are not missing any more, and writes the message of the day. */
int boot_notices_settle(const struct settings *settings, struct error *error);
