/* SPDX-License-Identifier: GPL-2.0-or-later */
/* For inspect/check*.c alone: what each part of dkms check works with. */
#pragma once

#include "inspect/check.h"

struct check {
	const struct settings *settings;
	const struct distro *distro;
	const struct status_filter *filter;
	struct check_findings *findings;
};

/* A new finding; kind must outlive it. */
struct check_finding *check_find(struct check *check, const char *kind, enum check_repair repair,
				 const char *path, const char *format, ...)
	__attribute__((format(printf, 5, 6)));
/* Sets the module and kernel of a finding; kernel may be NULL. */
void check_about(struct check_finding *finding, const struct module_id *id,
		 const struct kernel_id *kernel);

/* Each M/V/K/A: whether the build was cut off. */
int check_builds(struct check *check, const struct module_id *id, struct error *error);

/* Builds that were pulled: whether their publishers are still trusted. */
int check_publishers(struct check *check, const struct module_id *id, struct error *error);

/* Checks the archive <tree>/M/original_module. */
int check_originals(struct check *check, const char *name, struct error *error);

/* Originals that are kept apart (install/originals.h), of modules that may be gone from the tree.
 */
int check_kept(struct check *check, struct error *error);

/* Lines for modprobe of modules that are installed nowhere. */
int check_modprobe(struct check *check, struct error *error);

/* The files that an interrupted dkms left below the kernels' directories and in the tree. */
int check_leftovers(struct check *check, struct error *error);

/* The kernels' directories: modules where only dkms puts them, and whether depmod knows them. */
int check_kernels(struct check *check, struct error *error);
