/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "install/modules_conf.h"

#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/directory.h"
#include "base/file.h"
#include "base/path.h"
#include "base/text.h"
#include "journal/transaction.h"
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

/* modprobe reads the system's directory: lines of modules in another tree are none of its. */
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
	cleanup(transaction_free_handler) struct transaction *transaction = NULL;
	cleanup(free_string) char *description = text_format("write %s", path);

	if (transaction_begin(placement->settings, description, placement->kernel->release,
			      &transaction, error) < 0)
		return error->code;
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
