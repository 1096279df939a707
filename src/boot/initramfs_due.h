/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The modules of a kernel that have changed since its initramfs was looked at:
 * <tree>/.dkms/initramfs/K, a line each, "NAME" or,
 * where an image is to be made whatever it holds, "NAME SETTING", with the setting that says so.
 * The file is written before a change is final, and goes when the image is as it should be: who
 * dies between, or whose tool fails, leaves it to the next run for that kernel.
 */
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "base/strv.h"
#include "model/settings.h"

bool initramfs_due_exists(const struct settings *settings, const char *release);
/* Adds lines to those that are there. */
int initramfs_due_add(const struct settings *settings, const char *release,
		      const struct strv *lines, struct error *error);
/* Names alone; *ret_setting: the setting that asks for a new image, owned by the caller, or NULL.
 */
int initramfs_due_read(const struct settings *settings, const char *release, struct strv *names,
		       char **ret_setting, struct error *error);
int initramfs_due_clear(const struct settings *settings, const char *release, struct error *error);
