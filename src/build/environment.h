/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The environment of everything that a build runs. In the order in which the later one wins:
 *
 *   what dkms was started with: the few variables that a caged build may have; with
 *   build_sandbox="no" all, except compiler settings, what tells kbuild how to build, the PIN of
 *   the signing key, and what shells, an outer make or a kernel build leave behind
 *   messages in English
 *   CC and KERNEL_CC, LD and KERNEL_LD as the kernel was built with
 *   variables that the shell file build_environment exports or unsets
 *   --directive NAME=VALUE
 *   kernelver, arch, module, module_version
 *   LLVM=1 for a kernel that clang built, unless any of these or the command sets LLVM or CC
 *
 * dkms_tree and the other variables of a dkms.conf are not exported: the commands see them as shell
 * variables (commands.c).
 */
#pragma once

#include "base/error.h"
#include "base/report.h"
#include "base/strv.h"
#include "kernel/kernel.h"
#include "model/policy.h"
#include "model/settings.h"

struct environment_request {
	const struct settings *settings;
	const struct policy *policy;
	const struct kernel_toolchain *toolchain;
	const struct module_id *id;
	const struct kernel_id *kernel;
	const char *command; /* MAKE; NULL: the default */
};

/* Adds NAME=VALUE items. A build_environment that cannot be used is a warning. */
int environment_make(const struct environment_request *request, struct strv *environment,
		     struct reporter *reporter, struct error *error);

/* The value of name, or NULL. Points into the vector. */
const char *environment_get(const struct strv *environment, const char *name);
void environment_set(struct strv *environment, const char *name, const char *value);
void environment_unset(struct strv *environment, const char *name);
