/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/cache.h"

#include <errno.h>
#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include "base/directory.h"
#include "base/json.h"
#include "base/path.h"
#include "base/text.h"
#include "base/walk.h"
#include "cli/actions.h"
#include "reuse/cache.h"
#include "reuse/manifest.h"

static void show_entry(const struct cache_entry *entry, struct reporter *reporter)
{
	cleanup(free_string) char *path = path_join(entry->path, MANIFEST_NAME, NULL);
	cleanup(manifest_free_handler) struct manifest *manifest = NULL;
	cleanup(error_clear) struct error error = {0};
	struct tm when;
	char date[sizeof "2026-11-23 11:30"] = "";

	if (manifest_read(path, &manifest, &error) < 0) {
		report(reporter, REPORT_WARNING, "A damaged entry: %s", error.message);
		return;
	}
	if (localtime_r(&entry->used.tv_sec, &when))
		(void)strftime(date, sizeof(date), "%Y-%m-%d %H:%M", &when);
	cleanup(free_string) char *size = text_size(entry->size);

	report(reporter, REPORT_LINE, "%s/%s, %s, %s: %s, used %s", manifest->id.name,
	       manifest->id.version, manifest->kernel.release, manifest->kernel.arch, size, date);
}

static const char *builds(size_t count)
{
	return count == 1 ? "build" : "builds";
}

static int add_size(const struct walk_step *step)
{
	*(uint64_t *)step->context += (uint64_t)step->info->st_blocks * 512;
	return 0;
}

uint64_t tree_size(const struct settings *settings)
{
	uint64_t size = 0;
	const struct walk walk = {.file = add_size, .context = &size};
	cleanup(strv_free) struct strv names = {0};
	const char *name;

	directory_list_if_possible(settings->dkms_tree, &names);
	STRV_FOREACH (name, &names) {
		cleanup(free_string) char *path = path_join(settings->dkms_tree, name, NULL);

		(void)walk_tree(&walk, AT_FDCWD, path, -1, NULL);
	}
	return size;
}

static struct json_object *new_entry(const struct cache_entry *entry)
{
	cleanup(free_string) char *path = path_join(entry->path, MANIFEST_NAME, NULL);
	cleanup(manifest_free_handler) struct manifest *manifest = NULL;
	struct json_object *object = json_checked(json_object_new_object());
	cleanup(error_clear) struct error damaged = {0};

	json_set_text(object, "path", entry->path);
	json_set(object, "bytes", json_checked(json_object_new_int64((int64_t)entry->size)));
	json_set(object, "used", json_checked(json_object_new_int64(entry->used.tv_sec)));
	if (manifest_read(path, &manifest, &damaged) < 0)
		return object;
	json_set_text(object, "module", manifest->id.name);
	json_set_text(object, "version", manifest->id.version);
	json_set_text(object, "kernel", manifest->kernel.release);
	json_set_text(object, "arch", manifest->kernel.arch);
	return object;
}

static void list_as_json(const struct settings *settings, const struct cache_entries *entries,
			 uint64_t size, struct reporter *reporter)
{
	struct json_object *root = json_checked(json_object_new_object());
	struct json_object *builds = json_checked(json_object_new_array());

	for (size_t i = 0; i < entries->count; i++)
		json_append(builds, new_entry(&entries->items[i]));
	json_set(root, "builds", builds);
	json_set(root, "bytes", json_checked(json_object_new_int64((int64_t)size)));
	json_set(root, "limit", json_checked(json_object_new_int64((int64_t)settings->cache_size)));
	json_set(root, "tree_bytes",
		 json_checked(json_object_new_int64((int64_t)tree_size(settings))));
	cleanup(free_string) char *text = json_print(root);

	report_text(reporter, REPORT_OUTPUT, text);
}

static void list_as_text(const struct settings *settings, const struct cache_entries *entries,
			 uint64_t size, struct reporter *reporter)
{
	cleanup(free_string) char *used = text_size(size);
	cleanup(free_string) char *most = text_size(settings->cache_size);
	cleanup(free_string) char *tree = text_size(tree_size(settings));

	for (size_t i = 0; i < entries->count; i++)
		show_entry(&entries->items[i], reporter);
	report(reporter, REPORT_LINE, "%zu %s, %s of at most %s.", entries->count,
	       builds(entries->count), used, most);
	report(reporter, REPORT_LINE, "The tree %s holds %s.", settings->dkms_tree, tree);
}

/* The cache is root's alone: others see what the tree holds. */
static int list(const struct invocation *invocation, struct error *error)
{
	const struct settings *settings = &invocation->settings;
	struct reporter *reporter = &invocation->ui->reporter;
	struct cache_entries entries = {0};
	uint64_t size = 0;
	int code = cache_list(settings, &entries, error);

	if (code == -EACCES && geteuid() != 0) {
		report(reporter, REPORT_WARNING, "Only root can see the cache of builds.");
		error_clear(error);
		code = 0;
	}
	for (size_t i = 0; i < entries.count; i++)
		size += entries.items[i].size;
	if (!code)
		(invocation->options->json ? list_as_json : list_as_text)(settings, &entries, size,
									  reporter);
	cache_entries_free(&entries);
	return code;
}

static int shrink(const struct invocation *invocation, uint64_t size, struct error *error)
{
	bool dry_run = invocation->options->dry_run;
	size_t removed = 0;

	if (geteuid() != 0 && !dry_run)
		return error_set(error, -EPERM, EXIT_USAGE,
				 "Only root can empty the cache. Try: sudo dkms cache clear");

	if (cache_shrink(&invocation->settings, size, dry_run, &removed, error) < 0)
		return error->code;
	report(&invocation->ui->reporter, REPORT_LINE,
	       dry_run ? "remove %zu %s from the cache" : "%zu %s removed from the cache.", removed,
	       builds(removed));
	return 0;
}

/* The word beside the action's own; "list" without one. */
static const char *what_to_do(const struct invocation *invocation)
{
	const char *word;

	STRV_FOREACH (word, &invocation->options->words)
		if (!text_equal(word, invocation->action->name))
			return word;
	return "list";
}

int action_cache(struct invocation *invocation, int *ret_status, struct error *error)
{
	const struct settings *settings = &invocation->settings;
	const char *what = what_to_do(invocation);
	int code;

	if (text_equal(what, "list"))
		code = list(invocation, error);
	else if (text_equal(what, "prune"))
		code = shrink(invocation, settings->cache_size, error);
	else if (text_equal(what, "clear"))
		code = shrink(invocation, 0, error);
	else
		return error_set(error, -EINVAL, EXIT_NOT_FOUND,
				 "Unknown: dkms cache %s\n"
				 "There are: dkms cache list, dkms cache prune, dkms cache clear.",
				 what);
	if (!code)
		*ret_status = 0;
	return code;
}
