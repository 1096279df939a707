/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * dkms.conf → struct package: evaluation (both passes, overrides from /etc/dkms, --directive),
 * then the schema's defaults and checks.
 *
 *	struct conf_request request = {.settings = &settings, .conf_file = path, .module = "foo",
 *				       .module_version = "1.0", .kernel_release = "6.1.0-56-amd64",
 *				       .arch = "x86_64"};
 *	package_load(&request, &package, reporter, error);
 *	package_apply_exclusions(package, release, arch, config_value, kernel, error);
 *
 * A bash without rights evaluates the files (conf/evaluate.h). It takes about 10 ms for the first
 * kernel, and 4 ms for each further one if shells are kept.
 */
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "base/report.h"
#include "base/strv.h"
#include "conf/evaluate.h"
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
	const char *kernel_release;    /* also the variable kernelver; NULL: "" */
	const char *arch;              /* also a variable; NULL: "" */
	const char *kernel_source_dir; /* also a variable; NULL: <install tree>/K/build */
	const char *kernel_config;     /* also a variable; NULL: "" */
	/* Says nothing, and drops what is bad (a module without a name, …) instead of failing. */
	bool for_status;
	/* add, build, install: same built or destination name twice is an error. */
	bool check_duplicates;
	/* Reports "DIRECTIVE: NAME="VALUE"" for each --directive. For one request of a run, the
	 * first, so that each is said once; never for status. */
	bool announce_directives;
	/* Keeps the values of the first pass, for a lint. */
	bool keep_first_pass;
	/* Keeps the bash that evaluates this file for the next kernel; NULL: it ends. */
	struct conf_shells *shells;
};

/* The directives, and how they came about. */
struct conf_evaluation {
	struct conf_values values;
	struct conf_values first_pass; /* if asked for */
	struct conf_values overriding; /* what the overrides say of the policy */
	struct policy policy;          /* what comes of it, on top of the settings' */
	struct strv files;             /* the conf and those overrides that exist, in order */
};

/*
 * Evaluates only. -ENOENT with EXIT_BROKEN (4) for a missing file, EXIT_BAD_CONF for a bad one,
 * EXIT_NOT_FOUND (2) for a --directive that is no assignment.
 */
int conf_evaluate(const struct conf_request *request, struct conf_evaluation *ret,
		  struct reporter *reporter, struct error *error);
/* Releases what it holds. */
void conf_evaluation_free(struct conf_evaluation *evaluation);

/*
 * Checks what was evaluated and applies the defaults. Every problem is reported
 * (REPORT_CONF_ERROR, REPORT_CONF_WARNING, REPORT_DEPRECATED); a bad conf then fails with
 * EXIT_BAD_CONF. *ret_package is owned by the caller. Its name and version are the conf's own,
 * which need not be those of the request (that is a warning): the tree goes by the request.
 */
int package_from_values(const struct conf_request *request, const struct conf_values *values,
			struct package **ret_package, struct reporter *reporter,
			struct error *error);

/* Both in one, and the policy. */
int package_load(const struct conf_request *request, struct package **ret_package,
		 struct reporter *reporter, struct error *error);

/*
 * Applies BUILD_EXCLUSIVE_* (and OBSOLETE_BY as upper bound): marks modules and, if all are ruled
 * out, the package. config_value gives a kernel configuration symbol's value ("y", "m", a string)
 * or NULL; it is not called for packages without BUILD_EXCLUSIVE_CONFIG. A NULL config_value
 * means that there is no configuration: then BUILD_EXCLUSIVE_CONFIG rules nothing out.
 */
int package_apply_exclusions(struct package *package, const char *kernel_release, const char *arch,
			     const char *(*config_value)(void *context, const char *symbol),
			     void *context, struct error *error);
