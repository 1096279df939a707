/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dkms cache: the results of builds that are kept for later ones. */
#include "reuse/cache.h"

#include <errno.h>
#include <time.h>

#include "base/path.h"
#include "base/text.h"
#include "cli/actions.h"
#include "reuse/manifest.h"

static void show_entry(const struct cache_entry *entry, struct reporter *reporter)
{
	cleanup(free_string) char *path = path_join(entry->path, MANIFEST_NAME, NULL);
	cleanup(manifest_free_handler) struct manifest *manifest = NULL;
	struct error error = {0};
	struct tm when;
	char date[sizeof "2026-11-23 11:30"] = "";

	if (manifest_read(path, &manifest, &error) < 0) {
		report(reporter, REPORT_WARNING, "A damaged entry: %s", error.message);
		error_clear(&error);
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

static int list(const struct settings *settings, struct reporter *reporter, struct error *error)
{
	struct cache_entries entries = {0};
	uint64_t size = 0;
	int code = cache_list(settings, &entries, error);

	for (size_t i = 0; i < entries.count && !code; i++) {
		show_entry(&entries.items[i], reporter);
		size += entries.items[i].size;
	}
	cleanup(free_string) char *used = text_size(size);
	cleanup(free_string) char *most = text_size(settings->cache_size);

	if (!code)
		report(reporter, REPORT_LINE, "%zu %s, %s of at most %s.", entries.count,
		       builds(entries.count), used, most);
	cache_entries_free(&entries);
	return code;
}

static int shrink(const struct invocation *invocation, uint64_t size, struct error *error)
{
	bool dry_run = invocation->options->dry_run;
	size_t removed = 0;

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
	struct reporter *reporter = &invocation->ui->reporter;
	const char *what = what_to_do(invocation);
	int code;

	if (text_equal(what, "list"))
		code = list(settings, reporter, error);
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
