/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A build's modules and their places in a kernel's directory. Whose a file there is:
 * install/ownership.h. Only reads.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/strv.h"
#include "distro/distro.h"
#include "journal/transaction.h"
#include "kernel/module_files.h"
#include "model/identity.h"
#include "model/package.h"
#include "model/settings.h"

struct placed_module {
	char *name;      /* DEST_MODULE_NAME */
	char *built;     /* <tree>/M/V/K/A/module/NAME.ko…; NULL: the build does not have it */
	char *directory; /* where it goes; NULL: only the package's conf could tell */
	char *recorded;  /* the file it was installed as (below); NULL: no record */
	bool refused;    /* it was not installed, as the kernel has one of that name */
};

/* Start with {0}. */
struct placed_modules {
	struct placed_module *items;
	size_t count;
	bool is_recorded; /* there is a record of their install */
};

/* Who built what for which kernel, and what is known of it. */
struct placement {
	const struct settings *settings;
	const struct distro *distro;
	const struct module_id *id;
	const struct package *package; /* exclusions applied; NULL: its conf cannot be read */
	const struct kernel_id *kernel;
	struct module_files *files; /* what was found before; NULL: each search is a new one */
};

/*
 * The modules of a build: those its package expects (in the package's order, excluded ones left
 * out), then those that were built besides. EXIT_INSTALL for a destination outside the kernel's
 * directory.
 */
int placed_modules_list(const struct placement *placement, struct placed_modules *modules,
			struct error *error);
/* Adds those that the record names and nothing else does, as the conf had other names then. */
void placed_modules_add_recorded(const struct placement *placement, struct placed_modules *modules);
void placed_modules_free(struct placed_modules *modules);

/* <install tree>/K, owned by the caller. */
char *place_kernel_directory(const struct settings *settings, const struct kernel_id *kernel);

/*
 * True if the kernel's package has gone, whatever dkms and depmod have left of the directory. As
 * many of its modules as `replaced` may be missing for another reason.
 */
bool place_kernel_is_gone(const struct settings *settings, const struct kernel_id *kernel,
			  size_t replaced);

/* Resolves what exists of path, so that neither ".." nor a link leads out of base. */
bool place_is_really_below(const char *path, const char *base);

/* Adds every NAME.ko[.gz|.xz|.zst] in one directory, dangling links too. */
void place_find_files(const char *directory, const char *name, struct strv *paths);

/*
 * Adds every NAME.ko[.gz|.xz|.zst] that module_files_find_once() finds, and those in `directory`
 * (which may be reached through a link; NULL: nowhere else).
 */
int place_find_everywhere(const struct placement *placement, const char *name,
			  const char *directory, struct strv *paths, struct error *error);

/* A link to <tree>/M/…, as symlink_modules makes them; where it points to may be gone. */
bool place_is_link_into_tree(const struct placement *placement, const char *file);

/* The same bytes, or ko_same_module(); what cannot be read is not the same. */
bool place_same_module(const char *built, const char *file);

/* Start with {0}. */
struct installed_record {
	bool found;
	bool overtaken; /* the active link is newer: the reference has installed this version since
			 */
	struct strv
		targets; /* absolute paths; what is not below the kernel's directory is left out */
	struct strv refused; /* names of modules */
	struct strv strays;  /* what the build command itself installed, until the first install */
};

/* Stages the file for these targets (absolute paths) and refused modules. */
int installed_record_put(const struct placement *placement, const struct strv *targets,
			 const struct strv *refused, struct transaction *transaction,
			 struct error *error);

/* Stages the removal of the note about files that the build command installed. */
int installed_strays_forget(const struct placement *placement, struct transaction *transaction,
			    struct error *error);

/* Stages its removal. */
int installed_record_remove(const struct placement *placement, struct transaction *transaction,
			    struct error *error);

void installed_record_read(const struct placement *placement, struct installed_record *record);
void installed_record_free(struct installed_record *record);
