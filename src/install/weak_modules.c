/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "install/weak_modules.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "install/system_tool.h"

#define RHEL_TOOL "/usr/sbin/weak-modules"
#define SUSE_TOOL "/usr/lib/module-init-tools/weak-modules2"

static void add_rhel_words(struct strv *argv, bool added)
{
	strv_add(argv, "--no-initramfs");
	strv_add(argv, added ? "--add-modules" : "--remove-modules");
}

static void add_suse_words(struct strv *argv, bool added, const char *release)
{
	strv_add(argv, added ? "--add-kernel-modules" : "--remove-kernel-modules");
	strv_add(argv, release);
}

void weak_modules_update(const struct placement *placement, bool added, const struct strv *paths,
			 struct reporter *reporter)
{
	enum weak_modules_kind kind = placement->distro->weak_modules;
	cleanup(free_string) char *program = settings_path(
		placement->settings, kind == WEAK_MODULES_SUSE ? SUSE_TOOL : RHEL_TOOL);
	cleanup(strv_free) struct strv argv = {0};

	if (kind == WEAK_MODULES_NONE || !paths->count || !file_is_executable(program) ||
	    (placement->package && placement->package->no_weak_modules))
		return;
	strv_add(&argv, program);
	if (kind == WEAK_MODULES_SUSE)
		add_suse_words(&argv, added, placement->kernel->release);
	else
		add_rhel_words(&argv, added);
	system_tool_run(
		&argv, paths,
		"The links in the weak-updates directories of other kernels may be out of date.",
		reporter);
}
