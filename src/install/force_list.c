/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "install/force_list.h"

#include "base/cleanup.h"
#include "base/directory.h"
#include "base/file.h"
#include "base/path.h"
#include "base/strv.h"
#include "base/text.h"

#define FILE_LIMIT 1048576 /* bytes */

int force_list_apply(const struct settings *settings, const char *module, bool *force,
		     bool *force_version_override, struct error *error)
{
	cleanup(free_string) char *directory = settings_path(
		settings, "/usr/share/dkms/modules_to_force_install");
	cleanup(free_string) char *override = text_format("%s_version-override", module);
	cleanup(strv_free) struct strv files = {0};
	int code = directory_list(directory, &files, error);
	const char *file;

	if (code < 0)
		return code;
	STRV_FOREACH (file, &files) {
		cleanup(free_string) char *path = path_join(directory, file, NULL);
		cleanup(free_string) char *text = NULL;
		cleanup(strv_free) struct strv words = {0};

		code = file_read(path, FILE_LIMIT, &text, NULL, error);
		if (code < 0)
			return code;
		strv_split(&words, text, " \t\r\n");
		*force |= strv_contains(&words, module);
		*force_version_override |= strv_contains(&words, override);
	}
	return 0;
}
