/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The boot gate: while a critical module is missing for a kernel, the default entry of the boot
 * loader is that of another kernel. <tree>/.dkms/boot-gate names the new default, the old default
 * and the missing modules. It is written before the default changes, so a later run can finish the
 * work of a run that died.
 */
#pragma once

#include "base/error.h"
#include "base/report.h"
#include "base/strv.h"
#include "model/identity.h"
#include "model/settings.h"

/*
 * Makes kernel `works` the default, because these modules ("M A") are missing for kernel `fails`.
 * -ENOTSUP with a remedy if the boot loader does not allow that.
 */
int boot_gate_hold(const struct settings *settings, const char *works, const char *fails,
		   const struct strv *modules, struct reporter *reporter, struct error *error);

/*
 * Restores the old default when the modules are there, or the kernel is gone. A default that
 * somebody else has set meanwhile stays.
 */
int boot_gate_settle(const struct settings *settings, struct reporter *reporter,
		     struct error *error);
