/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Built modules → one kernel's directory, and back. Both leave an applied transaction (group: the
 * kernel release) that the engine commits after depmod, or rolls back; until then every file that
 * was replaced can be had back.
 */
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "base/report.h"
#include "distro/distro.h"
#include "kernel/kernel.h"
#include "model/identity.h"
#include "model/package.h"
#include "model/settings.h"

struct install_request {
	const struct settings *settings;
	const struct distro *distro;
	const struct module_id *id;
	const struct package *package; /* exclusions applied */
	const struct kernel *kernel;
	bool force;                  /* --force: over version checks and failing PRE_INSTALL */
	bool force_version_override; /* skip the version check */
	struct reporter *reporter;
};

/*
 * Installs what is built. PRE_INSTALL (EXIT_PRE_INSTALL), version check and originals, files,
 * active link, MODULES_CONF, weak modules, POST_INSTALL. EXIT_INSTALL for an incomplete build, a
 * missing kernel directory, or when every module was refused. Another version of M that is active
 * on this kernel is uninstalled in the same transaction.
 */
int install_module(const struct install_request *request, struct error *error);

/*
 * Takes the files away where they are of this build, restores originals, removes the active link,
 * POST_REMOVE. An inactive version is only said to be so (no error).
 */
int uninstall_module(const struct install_request *request, struct error *error);
