/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The environment of everything that a build runs. In the order in which the later one wins:
 *
 *   what dkms was started with, without compiler and linker settings, the PIN of the signing key,
 *   shell start files, and what an outer make or kernel build leaves behind; messages in English
 *   CC and KERNEL_CC, LD and KERNEL_LD as the kernel was built with
 *   whatever the shell file build_environment exports or unsets
 *   --directive NAME=VALUE
 *
 * kernelver, arch, dkms_tree and the other variables of a dkms.conf are not exported: the commands
 * see them as shell variables (build/step.h).
 */
#pragma once

#include "base/error.h"
#include "base/report.h"
#include "base/strv.h"
#include "kernel/kernel.h"
#include "model/settings.h"

/* Adds NAME=VALUE items. A build_environment that cannot be used is a warning. */
int environment_make(const struct settings *settings, const struct kernel_toolchain *toolchain,
		     struct strv *environment, struct reporter *reporter, struct error *error);

/* The value of name, or NULL. Points into the vector. */
const char *environment_get(const struct strv *environment, const char *name);
void environment_set(struct strv *environment, const char *name, const char *value);
void environment_unset(struct strv *environment, const char *name);
