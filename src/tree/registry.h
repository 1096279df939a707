/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The content of the tree: modules, versions, kernels and their states. Only reads, and needs no
 * lock: an answer about a tree that changes meanwhile was true at some instant. Entries of a wrong
 * kind (files for directories, dangling links) are skipped. A directory that cannot be read is an
 * error that names it.
 */
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "base/strv.h"
#include "model/identity.h"
#include "model/settings.h"

enum version_state {
	VERSION_UNKNOWN, /* not in the tree */
	VERSION_ADDED,   /* the source link resolves */
	VERSION_BROKEN,  /* known, but the link or what it points to is missing */
};

enum version_state registry_version_state(const struct settings *settings,
					  const struct module_id *id);

/* M/V/K/A/module is a directory. */
bool registry_is_built(const struct settings *settings, const struct module_id *id,
		       const struct kernel_id *kernel);
/* The source of a build was replaced, by dkms itself, after it was built. */
bool registry_is_stale(const struct settings *settings, const struct module_id *id,
		       const struct kernel_id *kernel);
/* The build command installed modules itself, and no install has taken them over since. */
bool registry_has_strays(const struct settings *settings, const struct module_id *id,
			 const struct kernel_id *kernel);
/* Built, and the active link of K/A is its. */
bool registry_is_installed(const struct settings *settings, const struct module_id *id,
			   const struct kernel_id *kernel);
/* The version whose link kernel-K-A is there and leads to a build, owned by the caller, or NULL. */
char *registry_active_version(const struct settings *settings, const char *name,
			      const struct kernel_id *kernel);
/* The same, also where the linked build is missing. */
char *registry_linked_version(const struct settings *settings, const char *name,
			      const struct kernel_id *kernel);
/* The kernel whose build of M/V is reused for this one, owned by the caller, or NULL. */
char *registry_reused_from(const struct settings *settings, const struct module_id *id,
			   const struct kernel_id *kernel);
/* If not, registry_has_originals() is false for every kernel. */
bool registry_keeps_originals(const struct settings *settings, const char *name);
bool registry_has_originals(const struct settings *settings, const char *name,
			    const struct kernel_id *kernel);

/* The version of DEP that M/V was built against (.dep_DEP), owned by the caller, or NULL. */
char *registry_dependency_version(const struct settings *settings, const struct module_id *id,
				  const struct kernel_id *kernel, const char *dependency);

/*
 * Added in the order in which a shell glob sorts paths, by bytes: module foo-bar comes before foo,
 * as "foo-bar/1.0" comes before "foo/1.0". A missing tree, module or version is empty.
 */
int registry_list_modules(const struct settings *settings, struct strv *names, struct error *error);
int registry_list_versions(const struct settings *settings, const char *name, struct strv *versions,
			   struct error *error);
/* The same; a module without a version is not in the tree: EXIT_TREE. */
int registry_require_versions(const struct settings *settings, const char *name,
			      struct strv *versions, struct error *error);
/* The kernels that M/V is built for, in byte order of K/A. */
int registry_list_kernels(const struct settings *settings, const struct module_id *id,
			  struct kernel_ids *kernels, struct error *error);

/*
 * All builds of M/V, read from opened directories. A status asks the functions above a
 * thousand times, and path lookup takes most of their time.
 */

/* A directory M/V/K/A that may be a build, while it is being visited. */
struct visited_build {
	const struct settings *settings;
	const struct module_id *id;
	struct kernel_id kernel;
	int module;  /* M, opened */
	int release; /* M/V/K, opened */
};

/* 0 or a negative errno, with which the visit ends. */
typedef int registry_visitor(const struct visited_build *build, void *context, struct error *error);

/*
 * Visits every directory M/V/K/A in the order in which the directories have them. A version that is
 * not there has none.
 */
int registry_visit_builds(const struct settings *settings, const struct module_id *id,
			  registry_visitor *visit, void *context, struct error *error);

/* It is one: M/V/K/A/module is a directory. */
bool visited_is_built(const struct visited_build *build);
/* A module that it was made with is not in it any more; without a record: none is. */
bool visited_lacks_modules(const struct visited_build *build);
/* The active link of K/A points to it. */
bool visited_is_active(const struct visited_build *build);
/* Like registry_reused_from(). */
char *visited_reused_from(const struct visited_build *build);
/* The host that it was pulled from, owned by the caller; NULL: it was made here. */
char *visited_pulled_from(const struct visited_build *build);

/* Adds the kernels that have weak-updates, in byte order: none but on RHEL and its kin. */
int registry_list_weak_releases(const struct settings *settings, struct strv *releases,
				struct error *error);
/*
 * RHEL's weak-updates: those of these kernels for which M/V was not built. Every module of its
 * active build for another kernel is linked into them. In the order of releases, then byte
 * order of the origin.
 */
struct weak_link {
	struct kernel_id kernel; /* where it is linked */
	char *from_release;      /* whose build it is */
};
int registry_list_weak(const struct settings *settings, const struct module_id *id,
		       const struct strv *releases, struct weak_link **ret_links, size_t *ret_count,
		       struct error *error);
void weak_links_free(struct weak_link *links, size_t count);

/* EXIT_INSTALL with a message and a way out unless M/V is built for the kernel. */
int registry_require_built(const struct settings *settings, const struct module_id *id,
			   const struct kernel_id *kernel, struct error *error);

/* EXIT_TREE with a message and a way out unless M/V is in the tree; EXIT_BROKEN if it is broken. */
int registry_require_usable(const struct settings *settings, const struct module_id *id,
			    struct error *error);
