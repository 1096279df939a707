/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "install/modprobe.h"

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <fts.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/directory.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/process.h"
#include "base/strv.h"
#include "base/text.h"
#include "install/step.h"
#include "journal/transaction.h"
#include "kernel/kernel.h"
#include "tree/layout.h"
#include "tree/registry.h"

#define FILE_LIMIT 1048576 /* bytes */
#define MARK       "# From MODULES_CONF of %s; dkms uninstall removes this file.\n"

static char *conf_path(const struct placement *placement)
{
	cleanup(free_string) char *file = text_format("dkms-%s.conf", placement->id->name);
	cleanup(free_string) char *directory = settings_path(placement->settings,
							     "/etc/modprobe.d");

	return path_join(directory, file, NULL);
}

static bool holds(const char *path, const char *content)
{
	cleanup(free_string) char *present = NULL;
	cleanup(error_clear) struct error unreadable = {0};
	int code = file_read(path, FILE_LIMIT, &present, NULL, &unreadable);

	return !code && text_equal(present, content);
}

/* modprobe runs the commands of "install" and "remove" as root, and a "\" joins two lines. */
static bool is_allowed(const char *line)
{
	static const char *const commands[] = {"options", "alias", "softdep", "blacklist"};
	size_t length = strcspn(line, " \t");

	for (const char *c = line; *c; c++)
		if (((unsigned char)*c < 0x20 && *c != '\t') || *c == 0x7f || *c == '\\')
			return false;
	for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++)
		if (line[length] && strlen(commands[i]) == length &&
		    strncmp(line, commands[i], length) == 0)
			return true;
	return false;
}

static void select_lines(const struct placement *placement, struct reporter *reporter,
			 struct strv *allowed)
{
	const struct module_id *id = placement->id;
	const char *line;

	STRV_FOREACH (line, &placement->package->modules_conf) {
		if (is_allowed(line))
			strv_add(allowed, line);
		else
			report(reporter, REPORT_WARNING,
			       "The line \"%s\" in MODULES_CONF of %s/%s is ignored. Only lines with "
			       "options, alias, softdep or blacklist are allowed there.",
			       line, id->name, id->version);
	}
}

static char *format(const char *name, const struct strv *lines)
{
	struct buffer content = {0};
	const char *line;

	buffer_add_format(&content, MARK, name);
	STRV_FOREACH (line, lines)
		buffer_add_format(&content, "%s\n", line);
	return buffer_take(&content);
}

/* modprobe reads the system's directory. Lines for modules in another tree do not belong there. */
static bool is_in_system_tree(const struct settings *settings)
{
	cleanup(free_string) char *system = settings_path(settings, "/lib/modules");
	struct stat expected, tree;

	return stat(system, &expected) == 0 && stat(settings->install_tree, &tree) == 0 &&
	       expected.st_dev == tree.st_dev && expected.st_ino == tree.st_ino;
}

/* True if M has an active link for a kernel other than placement's. */
static int has_other_kernel(const struct placement *placement, bool *ret_has, struct error *error)
{
	cleanup(free_string) char *directory = layout_module(placement->settings,
							     placement->id->name);
	cleanup(free_string) char *own = layout_active_link(placement->settings,
							    placement->id->name, placement->kernel);
	cleanup(strv_free) struct strv names = {0};
	int code = directory_list(directory, &names, error);
	const char *name;

	if (code < 0)
		return code;
	STRV_FOREACH (name, &names) {
		cleanup(free_string) char *path = path_join(directory, name, NULL);

		if (text_starts_with(name, "kernel-") && file_is_symlink(path) &&
		    file_exists(path) && !text_equal(path, own)) {
			*ret_has = true;
			return 0;
		}
	}
	*ret_has = false;
	return 0;
}

/* Somebody else's file may have this name. */
bool modules_conf_is_ours(const char *name, const char *path)
{
	cleanup(free_string) char *mark = text_format(MARK, name);
	cleanup(free_string) char *present = NULL;
	cleanup(error_clear) struct error unreadable = {0};
	int code = file_read(path, FILE_LIMIT, &present, NULL, &unreadable);

	return !code && text_starts_with(present, mark);
}

/* Undecided changes for another kernel may be taken back, and then need the lines. */
static int is_needed(const struct placement *placement, bool *ret_needed, struct error *error)
{
	if (has_other_kernel(placement, ret_needed, error) < 0)
		return error->code;
	return *ret_needed
		       ? 0
		       : transactions_others_open(placement->settings, placement->kernel->release,
						  ret_needed, error);
}

static int apply_change(const struct placement *placement, const char *path, const char *content,
			struct error *error)
{
	cleanup(free_string) char *description = text_format("write %s", path);
	cleanup(transaction_free_handler) struct transaction *transaction = transaction_begin(
		placement->settings, description, placement->kernel->release);
	int code = content ? transaction_put_data(transaction, content, strlen(content), 0644, path,
						  error)
			   : transaction_remove(transaction, path, error);

	if (code < 0 || transaction_apply(transaction, error) < 0)
		return error->code;
	transaction_detach(TAKE(transaction));
	return 0;
}

static int settle_without_lines(const struct placement *placement, const char *path,
				struct error *error)
{
	bool needed = false;

	if (!modules_conf_is_ours(placement->id->name, path))
		return 0;
	if (is_needed(placement, &needed, error) < 0)
		return error->code;
	return needed ? 0 : apply_change(placement, path, NULL, error);
}

int modules_conf_settle(const struct placement *placement, struct reporter *reporter,
			struct error *error)
{
	const struct package *package = placement->package;
	const struct module_id *id = placement->id;
	cleanup(free_string) char *path = conf_path(placement);
	cleanup(free_string) char *active = registry_active_version(placement->settings, id->name,
								    placement->kernel);

	if (!is_in_system_tree(placement->settings))
		return 0;
	/* Another job handles the other version. */
	if (active && (!package || !text_equal(active, id->version)))
		return 0;
	cleanup(strv_free) struct strv lines = {0};

	if (active)
		select_lines(placement, reporter, &lines);
	if (!lines.count)
		return settle_without_lines(placement, path, error);
	cleanup(free_string) char *content = format(id->name, &lines);

	return holds(path, content) ? 0 : apply_change(placement, path, content, error);
}

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

/* Collects what the hardware answers to. Devices come and go: unreadable files are skipped.
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
