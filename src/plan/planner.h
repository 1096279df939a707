/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From what was asked to a plan. A planner reads the tree, configuration files and kernels, and
 * changes nothing. Order of calls:
 *
 *	struct planner planner = {...settings, distro, reporter, plan, options};
 *	planner_add() … planner_remove()	any number of them, one per module and kernel
 *	planner_finish()			depmod, loading, post-transaction
 *	planner_free()				the plan stays
 *
 * A job that cannot be planned becomes a JOB_FAILURE in its place, so that the rest goes on.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/strv.h"
#include "base/report.h"
#include "conf/package_conf.h"
#include "distro/distro.h"
#include "model/identity.h"
#include "model/settings.h"
#include "plan/plan.h"

struct planner {
	const struct settings *settings;
	const struct distro *distro;
	struct reporter *reporter;
	struct plan *plan;

	/* options of the command line */
	const struct kernel_ids *kernels; /* that the run is about; NULL: none is named */
	const char *conf_file;            /* -c: in place of the source's dkms.conf; NULL: none */
	bool force;
	bool force_version_override;
	bool no_depmod;
	bool clears_kernel; /* the kernel goes, or is installed again: so is its initramfs */

	/* Jobs that are already planned: enum planned, module and kernel → job index + 1. */
	struct strmap planned;
	/* Configuration files evaluated already (plan/facts.h). */
	struct strmap evaluated;
	/* Packages read already: whether checked, M/V, K A → const struct package *. */
	struct strmap packages;
	struct put_off *put_off; /* removals that come after depmod */
	size_t put_off_count;
	bool directives_announced; /* each --directive is said once a run */
	struct conf_shells shells; /* evaluate the same dkms.conf for another kernel */
	struct modules_dep *dep;   /* of the kernel looked at last; NULL: none yet */
	const struct kernel *dep_of;
	char *imported_conf; /* dkms.conf of the directory that is being imported; NULL: none */
};

/* Registers M/V. An already added one is EXIT_TREE, a missing source EXIT_NOT_FOUND. */
void planner_add(struct planner *planner, const struct module_id *id);

/*
 * If M/V is unknown, M-V may be a source whose conf splits the name at another dash. Then that
 * module and version is meant.
 */
void planner_split_as_conf(struct planner *planner, struct module_id *id);

/*
 * The same for a source directory somewhere: its dkms.conf says what it is, ret_id (owned by the
 * caller). It is copied to the source tree unless what is there is the same. If M/V is added
 * already with the same source, nothing is planned. Another source is EXIT_TREE. With force it
 * replaces the former source, and the builds of that are stale.
 */
int planner_add_directory(struct planner *planner, const char *directory, struct module_id *ret_id,
			  struct error *error);

/*
 * The same for a tarball (which lives as long as the plan): what it holds is loaded, and M/V added.
 * Kernels that it has builds for count as built from here on. One that is added already is
 * EXIT_BAD_CONF if it must be new, otherwise a notice, and nothing is loaded. With force it is
 * loaded over what is there. EXIT_NOT_FOUND for builds without a source, without force. A failure
 * has planned nothing that may run.
 */
int planner_load_tarball(struct planner *planner, const struct tarball *tarball, bool must_be_new,
			 struct module_id *ret_id, struct error *error);

void planner_build(struct planner *planner, const struct module_id *id,
		   const struct kernel_id *kernel);
void planner_install(struct planner *planner, const struct module_id *id,
		     const struct kernel_id *kernel);
/*
 * Takes an installed module out and puts it in again. *ret_job is the job that installs, or
 * PLAN_NONE (plan/facts.h).
 */
int planner_reinstall(struct planner *planner, const struct module_id *id,
		      const struct kernel_id *kernel_id, size_t *ret_job, struct error *error);
/* Signs a build again, and installs it again where it is installed. */
void planner_sign(struct planner *planner, const struct module_id *id,
		  const struct kernel_id *kernel);
void planner_uninstall(struct planner *planner, const struct module_id *id,
		       const struct kernel_id *kernel);
/* Uninstalls where it is installed, and removes the build. */
void planner_unbuild(struct planner *planner, const struct module_id *id,
		     const struct kernel_ids *kernels);
/* Unbuilds for these kernels, and forgets M/V when no other kernel has it built. */
void planner_remove(struct planner *planner, const struct module_id *id,
		    const struct kernel_ids *kernels);

/* Installs on a kernel what is installed on the template kernel: one module, or with NULL all. */
int planner_match(struct planner *planner, const struct kernel_id *template_kernel,
		  const struct kernel_id *kernel, const char *name, struct error *error);

/*
 * Before a kernel goes (or is installed again): unbuilds everything that is built for it, or only
 * modules with AUTOINSTALL. No module is forgotten.
 */
int planner_clear_kernel(struct planner *planner, const struct kernel_id *kernel,
			 bool only_autoinstall, struct error *error);

/* Adds one depmod per kernel (where it is due), loading and the post-transaction command. */
void planner_finish(struct planner *planner);
void planner_free(struct planner *planner);
