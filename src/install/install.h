/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Built modules → one kernel's directory, and back. Both leave an applied transaction (group: the
 * kernel release) that the engine commits after depmod, or rolls back. Until then every file that
 * was replaced can be had back. Both mark the kernel's depmod as pending before anything is
 * visible.
 *
 *	install_module() or uninstall_module()
 *	modules_conf_settle()		the engine's: for each of them, before the kernel's end
 *	kernel_depmod()			the engine's: once per kernel
 *	transactions_finish()		the engine's: commit, or roll back if depmod failed
 *	install_load_modules()		modprobe.h, for the running kernel
 */
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "base/report.h"
#include "distro/distro.h"
#include "kernel/kernel.h"
#include "kernel/module_files.h"
#include "model/identity.h"
#include "model/package.h"
#include "model/settings.h"

struct install_request {
	const struct settings *settings;
	const struct distro *distro;
	const struct module_id *id;
	/* Exclusions applied. NULL only for uninstalling a module whose conf cannot be read: its
	 * modules are then what was built, and it has no scripts. */
	const struct package *package;
	const struct kernel *kernel;
	bool force;                  /* --force: over version checks and failing PRE_INSTALL */
	bool again;                  /* although this version is installed */
	bool force_version_override; /* skip the version check */
	const struct module_files *known_files; /* of the kernel, from before; may be NULL */
	struct reporter *reporter;
};

/*
 * Installs what is built: PRE_INSTALL (EXIT_PRE_INSTALL), version check and originals, files,
 * active link, weak modules, POST_INSTALL (its failure is a warning).
 *
 * EXIT_INSTALL for an incomplete build, a missing kernel directory, or when every module was
 * refused; 5 if this version is installed already (unless force or again). The version of M that is
 * active on this kernel leaves in the same transaction, so that a failure leaves it as it was. Its
 * originals stay archived, except those of modules that the new version does not bring. Where it is
 * this very version, that is an uninstall: POST_REMOVE runs, before POST_INSTALL.
 */
int install_module(const struct install_request *request, struct error *error);

/*
 * Takes away the files that the install recorded (install/ownership.h), restores originals, removes
 * the active link, tells weak modules, runs POST_REMOVE (its failure is a warning). A file in the
 * destination that is somebody's is a warning and stays. Directories that are empty after the
 * commit go, but none that a package of the system owns. An inactive version is only said to be so
 * (no error, nothing changed).
 */
int uninstall_module(const struct install_request *request, struct error *error);

/*
 * Puts back what a module replaced of which no version is installed any more (install/originals.h);
 * the version of the request's id and its package may be NULL.
 */
int restore_originals(const struct install_request *request, struct error *error);
