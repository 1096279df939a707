/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "install/load.h"

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <fts.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/strv.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/process.h"
#include "base/text.h"
#include "install/step.h"
#include "kernel/kernel.h"

#define ALIASES_LIMIT ((size_t)256 * 1024 * 1024)

static void free_set(struct strmap *set)
{
	strmap_free(set, NULL);
}

/* The first line of a file in /sys, whose size stat does not tell. */
static char *read_modalias(const char *path)
{
	cleanup(close_fd) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	char text[PATH_MAX];
	ssize_t length = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	if (length <= 0)
		return NULL;
	text[length] = '\0';
	return text_trimmed(text);
}

/* Collects what the hardware answers to. Devices come and go: what cannot be read is passed over.
 */
static int collect_modaliases(const struct settings *settings, struct strmap *aliases,
			      struct error *error)
{
	cleanup(free_string) char *devices = settings_path(settings, "/sys/devices");
	char *const roots[] = {devices, NULL};
	FTS *walk = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR | FTS_NOSTAT, NULL);
	const FTSENT *entry;

	if (!walk)
		return error_errno(error, -errno, 0, "Cannot read %s", devices);
	while ((entry = fts_read(walk))) {
		if (entry->fts_info == FTS_D || entry->fts_info == FTS_DP ||
		    !text_equal(entry->fts_name, "modalias"))
			continue;
		cleanup(free_string) char *alias = read_modalias(entry->fts_path);

		if (!text_empty(alias))
			strmap_set(aliases, alias, aliases);
	}
	(void)fts_close(walk);
	return 0;
}

/* A name as the kernel has it: with underscores. */
static char *kernel_name(const char *file_name)
{
	char *name = xstrdup(file_name);

	for (char *c = name; *c; c++)
		if (*c == '-')
			*c = '_';
	return name;
}

static bool fits_any(const char *pattern, const struct strmap *aliases)
{
	STRMAP_FOREACH (entry, aliases)
		if (fnmatch(pattern, entry->key, 0) == 0)
			return true;
	return false;
}

/* "alias PATTERN NAME": NAME if it is one of ours and the pattern fits. */
static const char *wanted_by_line(char *line, const struct strmap *ours,
				  const struct strmap *aliases)
{
	char *rest = line;
	const char *word = strsep(&rest, " ");
	const char *pattern = strsep(&rest, " ");
	const char *name = rest;

	if (!text_equal(word, "alias") || !pattern || !name || !strmap_get(ours, name) ||
	    !fits_any(pattern, aliases))
		return NULL;
	return name;
}

static int match_aliases(const struct install_request *request, const struct strmap *ours,
			 struct strmap *wanted, struct error *error)
{
	cleanup(free_string) char *path = path_join(request->kernel->module_directory,
						    "modules.alias", NULL);
	cleanup(free_set) struct strmap aliases = {0};
	cleanup(free_string) char *text = NULL;
	int code = file_read(path, ALIASES_LIMIT, &text, NULL, error);

	if (!code)
		code = collect_modaliases(request->settings, &aliases, error);
	if (code < 0)
		return code;
	char *rest = text;
	char *line;

	while ((line = strsep(&rest, "\n"))) {
		const char *name = wanted_by_line(line, ours, &aliases);

		if (name)
			strmap_set(wanted, name, wanted);
	}
	return 0;
}

int install_find_wanted_modules(const struct install_request *request, struct strv *names,
				struct error *error)
{
	const struct package *package = request->package;
	cleanup(free_set) struct strmap ours = {0};
	cleanup(free_set) struct strmap wanted = {0};

	for (size_t i = 0; i < package->module_count; i++) {
		cleanup(free_string) char *name = kernel_name(package->modules[i].dest_name);

		if (!package->modules[i].excluded)
			strmap_set(&ours, name, &ours);
	}
	int code = match_aliases(request, &ours, &wanted, error);

	if (code < 0)
		return code;
	STRMAP_FOREACH (entry, &ours)
		if (strmap_get(&wanted, entry->key))
			strv_add(names, entry->key);
	return 0;
}

static void load(const struct strv *names, struct reporter *reporter)
{
	cleanup(strv_free) struct strv argv = {0};

	if (!names->count)
		return;
	strv_add(&argv, "modprobe");
	strv_add(&argv, "--all");
	strv_add(&argv, "--use-blacklist");
	strv_add(&argv, "--quiet");
	strv_add(&argv, "--");
	strv_add_all(&argv, names);
	system_tool_run(&argv, NULL, "The modules are installed, but not all of them are loaded.",
			reporter);
}

static void restart_modules_load(const struct settings *settings, struct reporter *reporter)
{
	cleanup(free_string) char *systemd = settings_path(settings, "/run/systemd/system");
	cleanup(strv_free) struct strv argv = {0};

	if (!file_is_directory(systemd))
		return;
	strv_add(&argv, "systemctl");
	strv_add(&argv, "restart");
	strv_add(&argv, "systemd-modules-load.service");
	system_tool_run(&argv, NULL, "Modules that are to be loaded by name may not be loaded yet.",
			reporter);
}

int install_load_modules(const struct install_request *request, struct error *error)
{
	cleanup(free_string) char *running = kernel_running_release();
	cleanup(strv_free) struct strv names = {0};

	if (!text_equal(running, request->kernel->id.release))
		return 0;
	int code = install_find_wanted_modules(request, &names, error);

	if (code < 0)
		return code;
	load(&names, request->reporter);
	restart_modules_load(request->settings, request->reporter);
	return 0;
}
