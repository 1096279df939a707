/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * dkms.conf → struct package: evaluation (both passes, overrides from /etc/dkms, --directive),
 * then the schema's defaults and checks (CONTRACT sections 1 and 5 in the manual's words).
 */
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "base/report.h"
#include "conf/values.h"
#include "model/identity.h"
#include "model/package.h"
#include "model/settings.h"

struct conf_request {
	const struct settings *settings;
	const char *conf_file; /* the module's dkms.conf */
	/* NULL while a tree is being added by path: the conf then sees empty names, and no
	 * override is read until they are known. */
	const char *module;
	const char *module_version;
	const char *kernel_release; /* also the variable kernelver */
	const char *arch;
	const char *kernel_source_dir; /* also a variable; NULL: <install tree>/K/build */
	const char *kernel_config;     /* also a variable; NULL: "" */
	bool for_status; /* no messages about the module list, nothing refused that status can live
			    with */
	bool check_duplicates; /* add, build, install: same built or destination name twice is an
				  error */
};

/* Evaluates only. -ENOENT with EXIT_BROKEN (4) for a missing file, EXIT_BAD_CONF for others. */
int conf_evaluate(const struct conf_request *request, struct conf_values *ret_values,
		  struct reporter *reporter, struct error *error);

/*
 * Evaluates and checks. Every problem is reported (REPORT_CONF_ERROR, REPORT_CONF_WARNING,
 * REPORT_DEPRECATED); a bad conf then fails with EXIT_BAD_CONF. *ret_package is owned by the
 * caller.
 */
int package_load(const struct conf_request *request, struct package **ret_package,
		 struct reporter *reporter, struct error *error);

/*
 * Applies BUILD_EXCLUSIVE_* (and OBSOLETE_BY as upper bound): marks modules and, if all are ruled
 * out, the package. config_value gives a kernel configuration symbol's value ("y", "m", a string)
 * or NULL; it is not called for packages without BUILD_EXCLUSIVE_CONFIG.
 */
int package_apply_exclusions(struct package *package, const char *kernel_release, const char *arch,
			     const char *(*config_value)(void *context, const char *symbol),
			     void *context, struct error *error);
