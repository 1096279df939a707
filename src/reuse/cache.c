/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "reuse/cache.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/directory.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/text.h"
#include "model/compression.h"
#include "module/content.h"
#include "module/ko.h"
#include "tree/layout.h"

/*
 * The modules of a build as they were before they were signed and compressed. A directory like
 * M/V/K/A/module holds them in some form; nothing is kept twice. They are always checked against
 * the manifest.
 */

enum { SYMVERS_LIMIT = 64 << 20 };

/* The file that holds the module, whatever its compression; NULL: there is none. */
static char *find_file(const char *directory, const char *name)
{
	static const enum compression all[] = {COMPRESSION_NONE, COMPRESSION_GZIP, COMPRESSION_XZ,
					       COMPRESSION_ZSTD};

	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
		cleanup(free_string) char *path = text_format("%s/%s%s", directory, name,
							      compression_suffix(all[i]));

		if (file_is_regular(path) && !file_is_symlink(path))
			return TAKE(path);
	}
	return NULL;
}

static int write_checked(const char *data, size_t length, const char *digest, const char *from,
			 const char *target, struct error *error)
{
	cleanup(free_string) char *found = digest_of(data, length);

	if (!text_equal(found, digest))
		return error_set(error, -EBADMSG, 0, "%s is not what was built.", from);
	return file_create_unsynced(target, data, length, 0644, error);
}

static int extract_module(const char *directory, const struct manifest_module *module,
			  const char *target, struct error *error)
{
	cleanup(free_string) char *path = find_file(directory, module->name);
	cleanup(free_string) char *to = path_join(target, module->name, NULL);
	cleanup(free_string) char *data = NULL;
	size_t length;

	if (!path)
		return error_set(error, -ENOENT, 0, "%s/%s is missing.", directory, module->name);
	if (ko_read(path, &data, &length, error) < 0 ||
	    signature_find_start(data, length, &length, error) < 0)
		return error->code;
	return write_checked(data, length, module->digest, path, to, error);
}

int artifact_extract(const char *directory, const struct manifest *manifest, const char *target,
		     struct error *error)
{
	cleanup(free_string) char *symvers = path_join(directory, "Module.symvers", NULL);
	cleanup(free_string) char *to = path_join(target, "Module.symvers", NULL);
	cleanup(free_string) char *data = NULL;
	size_t length;

	for (size_t i = 0; i < manifest->module_count; i++)
		if (extract_module(directory, &manifest->modules[i], target, error) < 0)
			return error->code;
	if (!manifest->symvers)
		return 0;
	if (file_read(symvers, SYMVERS_LIMIT, &data, &length, error) < 0)
		return error->code;
	return write_checked(data, length, manifest->symvers, symvers, to, error);
}

char *cache_directory(const struct settings *settings)
{
	return layout_cache(settings, "builds");
}

/* -EPERM for a directory that somebody else might have put something into. */
static int require_private(const char *directory, struct error *error)
{
	struct stat status;

	if (lstat(directory, &status) < 0)
		return error_errno(error, -errno, 0, "Cannot use the cache %s", directory);
	if (!S_ISDIR(status.st_mode) || status.st_uid != geteuid() || (status.st_mode & 0022))
		return error_set(error, -EPERM, 0,
				 "The cache %s is not used: others may write to it.", directory);
	return 0;
}

static uint64_t size_of(const char *directory)
{
	cleanup(strv_free) struct strv names = {0};
	const char *name;
	struct stat status;
	uint64_t size = 0;

	directory_list_if_possible(directory, &names);
	STRV_FOREACH (name, &names) {
		cleanup(free_string) char *path = path_join(directory, name, NULL);

		if (lstat(path, &status) == 0 && S_ISREG(status.st_mode))
			size += (uint64_t)status.st_size;
	}
	return size;
}

static void add_entry(struct cache_entries *entries, const char *path)
{
	cleanup(free_string) char *modules = path_join(path, "module", NULL);
	cleanup(free_string) char *manifest = path_join(path, MANIFEST_NAME, NULL);
	struct stat directory, file;

	if (lstat(path, &directory) < 0 || !S_ISDIR(directory.st_mode))
		return;
	*ARRAY_ADD(entries->items, entries->count) = (struct cache_entry){
		.path = xstrdup(path),
		.size = size_of(modules) +
			(lstat(manifest, &file) == 0 ? (uint64_t)file.st_size : 0),
		.used = directory.st_mtim,
	};
}

static int compare_use(const void *a, const void *b)
{
	const struct timespec *left = &((const struct cache_entry *)a)->used;
	const struct timespec *right = &((const struct cache_entry *)b)->used;

	if (left->tv_sec != right->tv_sec)
		return left->tv_sec < right->tv_sec ? 1 : -1;
	return (left->tv_nsec < right->tv_nsec) - (left->tv_nsec > right->tv_nsec);
}

static int add_entries_of(const char *directory, const char *key, struct cache_entries *entries,
			  struct error *error)
{
	cleanup(free_string) char *place = path_join(directory, key, NULL);
	cleanup(strv_free) struct strv names = {0};
	const char *name;

	if (!file_is_directory(place))
		return 0;
	if (directory_list(place, &names, error) < 0)
		return error->code;
	STRV_FOREACH (name, &names) {
		cleanup(free_string) char *path = path_join(place, name, NULL);

		add_entry(entries, path);
	}
	return 0;
}

static void sort_entries(struct cache_entries *entries)
{
	if (entries->count > 1)
		qsort(entries->items, entries->count, sizeof(*entries->items), compare_use);
}

void cache_entries_free(struct cache_entries *entries)
{
	for (size_t i = 0; i < entries->count; i++)
		free(entries->items[i].path);
	free(entries->items);
	*entries = (struct cache_entries){0};
}

int cache_list(const struct settings *settings, struct cache_entries *entries, struct error *error)
{
	cleanup(free_string) char *directory = cache_directory(settings);
	cleanup(strv_free) struct strv keys = {0};
	const char *key;

	if (!file_exists_nofollow(directory))
		return 0;
	if (require_private(directory, error) < 0 || directory_list(directory, &keys, error) < 0)
		return error->code;
	STRV_FOREACH (key, &keys)
		if (add_entries_of(directory, key, entries, error) < 0)
			return error->code;
	sort_entries(entries);
	return 0;
}

void cache_find_key(const struct settings *settings, const char *key, struct strv *entries,
		    struct reporter *reporter)
{
	cleanup(free_string) char *directory = cache_directory(settings);
	struct cache_entries found = {0};
	cleanup(error_clear) struct error error = {0};

	if (!settings->cache_size || !file_exists_nofollow(directory))
		return;
	if (require_private(directory, &error) < 0 ||
	    add_entries_of(directory, key, &found, &error) < 0) {
		report_text(reporter, REPORT_VERBOSE, error.message);
	}
	sort_entries(&found);
	for (size_t i = 0; i < found.count; i++)
		strv_add(entries, found.items[i].path);
	cache_entries_free(&found);
}

void cache_find(const struct settings *settings, const struct build_inputs *inputs,
		const char *arch, struct strv *entries, struct reporter *reporter)
{
	cleanup(free_string) char *key = build_inputs_key(inputs, arch);

	cache_find_key(settings, key, entries, reporter);
}

void cache_touch(const char *entry)
{
	(void)utimensat(AT_FDCWD, entry, NULL, 0);
}

int cache_drop(const char *entry, struct error *error)
{
	cleanup(free_string) char *key = path_parent(entry);

	if (directory_remove(entry, error) < 0)
		return error->code;
	(void)rmdir(key); /* it may well hold others */
	return 0;
}

/* The entry is made whole in the staging directory and moved from there. */
static int make_entry(const char *staging, const struct manifest *manifest, const char *text,
		      const char *modules, const char *entry, struct error *error)
{
	cleanup(free_string) char *made = path_join(staging, "entry", NULL);
	cleanup(free_string) char *made_modules = path_join(made, "module", NULL);
	cleanup(free_string) char *path = path_join(made, MANIFEST_NAME, NULL);
	cleanup(free_string) char *key = path_parent(entry);

	if (file_make_directories(made_modules, error) < 0 ||
	    artifact_extract(modules, manifest, made_modules, error) < 0 ||
	    file_create_unsynced(path, text, strlen(text), 0644, error) < 0 ||
	    directory_sync(made, error) < 0 || file_make_directories(key, error) < 0 ||
	    file_rename(made, entry, error) < 0)
		return error->code;
	return file_sync_directory(key, error);
}

static int open_cache(const char *directory, struct error *error)
{
	if (file_exists_nofollow(directory) && require_private(directory, error) < 0)
		return error->code;
	return directory_make_private(directory, error);
}

int cache_stage(const struct settings *settings, struct staging *ret_staging, struct error *error)
{
	cleanup(free_string) char *directory = cache_directory(settings);

	return open_cache(directory, error) < 0
		       ? error->code
		       : staging_open(directory, "cache", ret_staging, error);
}

int cache_take(const struct settings *settings, const char *key, const char *made, char **ret_entry,
	       struct error *error)
{
	cleanup(free_string) char *directory = cache_directory(settings);
	cleanup(free_string) char *manifest = path_join(made, MANIFEST_NAME, NULL);
	cleanup(free_string) char *place = path_join(directory, key, NULL);
	cleanup(free_string) char *digest = NULL;

	if (digest_of_file(manifest, &digest, error) < 0)
		return error->code;
	cleanup(free_string) char *entry = path_join(place, digest, NULL);

	if (directory_sync(made, error) < 0 || directory_remove(entry, error) < 0 ||
	    file_make_directories(place, error) < 0 || file_rename(made, entry, error) < 0 ||
	    file_sync_directory(place, error) < 0)
		return error->code;
	*ret_entry = TAKE(entry);
	return 0;
}

int cache_put(const struct settings *settings, const struct manifest *manifest, const char *modules,
	      struct error *error)
{
	cleanup(free_string) char *directory = cache_directory(settings);
	cleanup(free_string) char *text = manifest_print(manifest);
	cleanup(free_string) char *key = build_inputs_key(&manifest->inputs, manifest->kernel.arch);
	cleanup(free_string) char *digest = digest_of(text, strlen(text));
	cleanup(free_string) char *entry = path_join(directory, key, digest, NULL);
	struct staging staging = {.lock = -1};
	size_t removed;

	if (!settings->cache_size || manifest->unfit)
		return 0;
	if (file_is_directory(entry)) {
		cache_touch(entry);
		return 0;
	}
	if (open_cache(directory, error) < 0 ||
	    staging_open(directory, "cache", &staging, error) < 0)
		return error->code;
	int code = make_entry(staging.path, manifest, text, modules, entry, error);

	staging_close(&staging);
	return code < 0 ? code
			: cache_shrink(settings, settings->cache_size, false, &removed, error);
}

int cache_shrink(const struct settings *settings, uint64_t size, bool only_count,
		 size_t *ret_removed, struct error *error)
{
	struct cache_entries entries = {0};
	uint64_t kept = 0;
	size_t removed = 0;
	int code = cache_list(settings, &entries, error);

	for (size_t i = 0; i < entries.count && !code; i++) {
		kept += entries.items[i].size;
		if (kept <= size)
			continue;
		kept -= entries.items[i].size;
		if (!only_count)
			code = cache_drop(entries.items[i].path, error);
		removed += code == 0;
	}
	cache_entries_free(&entries);
	if (!code)
		*ret_removed = removed;
	return code;
}
