/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Results of builds that outlive the builds, unsigned and uncompressed:
 *
 *	<cache>/KEY/DIGEST/.build.json		the manifest
 *	<cache>/KEY/DIGEST/module/NAME.ko	and Module.symvers
 *
 * KEY is the digest of source, directives, compiler and architecture (build_inputs_key()), DIGEST
 * that of the manifest. An entry appears by one rename; its directory's time is when it was used
 * last. cache_size in framework.conf bounds the whole: what was not used for longest goes.
 *
 * Its files get signed, so the cache is root's alone. A cache that others may write to is not used.
 * It is layout_cache("builds").
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "base/error.h"
#include "base/report.h"
#include "base/staging.h"
#include "base/strv.h"
#include "fingerprint/inputs.h"
#include "model/settings.h"
#include "reuse/manifest.h"

/*
 * Writes NAME.ko for every module of the manifest, and Module.symvers, to the directory target,
 * unsynced. -ENOENT if one is missing, -EBADMSG if one is not what was built.
 */
int artifact_extract(const char *directory, const struct manifest *manifest, const char *target,
		     struct error *error);

/* Returns the directory of the cache of the tree in use. The caller frees it. */
char *cache_directory(const struct settings *settings);

/* Adds the paths of entries that may do, those used last first. */
void cache_find(const struct settings *settings, const struct build_inputs *inputs,
		const char *arch, struct strv *entries, struct reporter *reporter);

/* The same of those that were taken over under this key (cache_take()). */
void cache_find_key(const struct settings *settings, const char *key, struct strv *entries,
		    struct reporter *reporter);

/* Keeps what another machine built: a directory is laid out in one that cache_stage() opened, and
 * cache_take() moves it to KEY/DIGEST. It replaces a like one. *ret_entry is owned by the caller.
 */
int cache_stage(const struct settings *settings, struct staging *ret_staging, struct error *error);
int cache_take(const struct settings *settings, const char *key, const char *made, char **ret_entry,
	       struct error *error);

/*
 * Keeps the modules that the manifest describes; `modules` is a directory like M/V/K/A/module.
 * Skips builds that are unfit or already there. Then shrinks the cache to its size.
 */
int cache_put(const struct settings *settings, const struct manifest *manifest, const char *modules,
	      struct error *error);

/* An entry was used now. Best effort. */
void cache_touch(const char *entry);
/* A damaged entry goes. */
int cache_drop(const char *entry, struct error *error);

struct cache_entry {
	char *path;
	uint64_t size; /* bytes */
	struct timespec used;
};

struct cache_entries {
	struct cache_entry *items; /* used last first */
	size_t count;
};

/* Start with {0}. A cache that is not there is empty. */
int cache_list(const struct settings *settings, struct cache_entries *entries, struct error *error);
void cache_entries_free(struct cache_entries *entries);

/*
 * Removes entries, those not used for longest first, until at most size bytes are left. With
 * only_count it tells how many that would be.
 */
int cache_shrink(const struct settings *settings, uint64_t size, bool only_count,
		 size_t *ret_removed, struct error *error);
