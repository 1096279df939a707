/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "install/modules_conf.h"

#include "base/cleanup.h"
#include "base/directory.h"
#include "base/file.h"
#include "base/path.h"
#include "base/text.h"
#include "tree/layout.h"

#define FILE_LIMIT 1048576 /* bytes */

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
	struct error unreadable = {0};
	int code = file_read(path, FILE_LIMIT, &present, NULL, &unreadable);

	error_clear(&unreadable);
	return !code && text_equal(present, content);
}

int modules_conf_put(const struct placement *placement, struct transaction *transaction,
		     struct error *error)
{
	const struct strv *lines = &placement->package->modules_conf;
	cleanup(free_string) char *path = conf_path(placement);
	cleanup(buffer_free) struct buffer content = {0};
	const char *line;

	if (!lines->count)
		return 0;
	buffer_add_format(&content,
			  "# From MODULES_CONF of %s; dkms uninstall removes this file.\n",
			  placement->id->name);
	STRV_FOREACH (line, lines)
		buffer_add_format(&content, "%s\n", line);
	if (holds(path, content.data))
		return 0;
	return transaction_put_data(transaction, content.data, content.length, 0644, path, error);
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

int modules_conf_remove(const struct placement *placement, struct transaction *transaction,
			struct error *error)
{
	cleanup(free_string) char *path = conf_path(placement);
	bool needed = false;
	int code = has_other_kernel(placement, &needed, error);

	if (code < 0 || needed)
		return code;
	return transaction_remove(transaction, path, error);
}
