/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How an installed build compares with the kernel's directory: the suffixes of status lines. */
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "distro/distro.h"
#include "kernel/module_files.h"
#include "model/identity.h"
#include "model/package.h"
#include "model/settings.h"

/* Facts that all builds of a run share. */
struct usual_places {
	int kernels;       /* <install tree>, opened, or -1 */
	char *destination; /* of all modules, below a kernel's directory; "": each package's own */
};

struct usual_places usual_places_open(const struct settings *settings, const struct distro *distro);
void usual_places_close(struct usual_places *places);

/*
 * product is the path of M/V/K/A below the opened directory parent, release its K. True if
 * every module of the build is, by same_copy_at(), what is installed under its file name. That
 * is in the destination, or where the record (install/place.h) says that it was put. False says
 * nothing: perhaps something differs, perhaps one has to look more closely.
 */
bool is_all_in_place(const struct usual_places *places, int parent, const char *product,
		     const char *release);

struct install_difference {
	bool missing; /* a built module is not in the kernel's directory */
	bool differs; /* one is there with another content */
	bool unbuilt; /* there is no M/V/K/A/module; nothing was compared */
};

/* Shared by the questions about many builds. */
struct install_comparison {
	const struct settings *settings;
	const struct distro *distro;
	struct usual_places places;
	struct module_files files;
};

struct install_comparison install_comparison_open(const struct settings *settings,
						  const struct distro *distro);
void install_comparison_close(struct install_comparison *comparison);

struct installed_build {
	const struct module_id *id;
	const struct kernel_id *kernel;
	const struct package *package; /* NULL: not known */
	int parent;                    /* an opened directory, or AT_FDCWD */
	const char *product;           /* the path of M/V/K/A below it */
};

/*
 * Compares every file in M/V/K/A/module with its installed place. Places are tried in this
 * order. First come, if it is there as it was built, the place that install_module() recorded,
 * and the one where the distribution wants all modules. Then comes the package's destination
 * (the distribution's where package is NULL), then the recorded place. Last, for what another
 * tool installed, comes anywhere below the kernel's directory. A module that the
 * install refused is not missing.
 *
 * Two files are the same if same_copy_at() says so, as installing keeps the time of modification.
 * So a status of many modules reads no module as long as nothing was changed.
 */
int install_find_difference(struct install_comparison *comparison,
			    const struct installed_build *build,
			    struct install_difference *ret_difference, struct error *error);
