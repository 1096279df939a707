/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The content of a dkms.conf for one kernel, after evaluation, defaults and checks: plain data,
 * made by conf/package_conf, read by everyone above. Strings are never NULL unless it says so.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/cleanup.h"
#include "base/strv.h"
#include "model/policy.h"

/* BUILD_EXCLUSIVE_* of the whole package or of one module; NULL: no such rule. */
struct exclusive_rule {
	char *kernel;     /* ERE over the release */
	char *kernel_min; /* inclusive bounds of version_compare() */
	char *kernel_max;
	char *arch;   /* ERE over the architecture */
	char *config; /* blank-separated symbols, "!" in front: must not be set */
};

struct built_module {
	char *built_name;     /* without .ko */
	char *built_location; /* below the build directory: "" or ends with "/" */
	char *dest_name;
	char *dest_location; /* below the kernel's directory, ".." resolved: "/updates" */
	bool strip;
	struct exclusive_rule exclusive;
	bool excluded; /* set by package_apply_exclusions() */
};

struct package {
	char *name;
	char *version;

	char *make_command; /* chosen by MAKE_MATCH, not yet rewritten for -j or LLVM; NULL: default
			     */
	char *clean_command; /* CLEAN, deprecated and unused; NULL if not given */
	struct strv patches; /* those whose PATCH_MATCH fits, in index order */
	struct strv build_depends;

	/* "SCRIPT args…"; NULL if not given */
	char *post_add, *pre_build, *post_build, *pre_install, *post_install, *post_remove;

	struct built_module *modules;
	size_t module_count;

	bool distinct; /* modules that a kernel gets may not have the same name */

	struct exclusive_rule exclusive; /* of the whole package */
	bool excluded;                   /* set by package_apply_exclusions() */
	char *exclusion_reason;          /* a sentence; NULL unless excluded */

	bool autoinstall;
	bool no_weak_modules;
	bool build_depends_rebuild;
	char *obsolete_by;        /* NULL if not given */
	struct strv modules_conf; /* lines for /etc/modprobe.d/dkms-M.conf */

	struct policy policy; /* the administrator's, never the dkms.conf's */
	bool is_private;      /* not everybody may read the files that it comes from */
};

void package_free(struct package *package);
DEFINE_CLEANUP(struct package *, package_free)
