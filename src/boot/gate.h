/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The boot gate: while a critical module is missing for a kernel, the default entry of the boot
 * loader is that of another kernel. <tree>/.dkms/boot-gate says what was set in place of what, and
 * for whose sake. It is written first, so that whoever dies can be followed.
 */
#pragma once

#include "base/error.h"
#include "base/report.h"
#include "base/strv.h"
#include "model/identity.h"
#include "model/settings.h"

/*
 * Holds the default at the kernel `works`, as these modules ("M A") are missing for kernel `fails`.
 * -ENOTSUP with what to do where that cannot be done.
 */
int boot_gate_hold(const struct settings *settings, const char *works, const char *fails,
		   const struct strv *modules, struct reporter *reporter, struct error *error);

/*
 * Gives the default back as soon as the modules are there, or the kernel is gone. A default that
 * somebody else has set since is left alone.
 */
int boot_gate_settle(const struct settings *settings, struct reporter *reporter,
		     struct error *error);
