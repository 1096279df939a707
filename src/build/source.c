/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/directory.h"
#include "base/file.h"
#include "base/path.h"
#include "base/text.h"
#include "build/builder.h"
#include "tree/layout.h"
#include "tree/safety.h"
#include "tree/source_copy.h"

enum { FEWEST_ENTRIES = 2 }; /* a dkms.conf and something to build */

int source_check(const struct settings *settings, const struct module_id *id, struct error *error)
{
	cleanup(free_string) char *source = layout_source_link(settings, id);
	cleanup(closedir_handler) DIR *directory = opendir(source);
	const struct dirent *entry;
	int count = 0;

	if (!directory)
		return error_errno(error, -errno, EXIT_BROKEN, "Cannot read the source of %s/%s",
				   id->name, id->version);
	while (count < FEWEST_ENTRIES && (entry = readdir(directory)))
		if (!text_equal(entry->d_name, ".") && !text_equal(entry->d_name, ".."))
			count++;
	if (count >= FEWEST_ENTRIES)
		return 0;
	cleanup(free_string) char *real = realpath(source, NULL);

	(void)error_set(error, -ENOENT, EXIT_BAD_CONF, "The directory %s holds nothing to build.",
			real ? real : source);
	return error_hint(error, "Put the sources of %s/%s there next to its dkms.conf.", id->name,
			  id->version);
}

/* Lays the files of one directory over another's, directories in it included. */
static int overlay(const char *from, const char *to, struct error *error)
{
	cleanup(strv_free) struct strv names = {0};
	const char *name;

	if (directory_list(from, &names, error) < 0 || file_make_directories(to, error) < 0)
		return error->code;
	STRV_FOREACH (name, &names) {
		cleanup(free_string) char *source = path_join(from, name, NULL);
		cleanup(free_string) char *target = path_join(to, name, NULL);
		bool descend = file_is_directory(source);

		if ((!descend || !file_is_directory(target) || file_is_symlink(target)) &&
		    directory_remove(target, error) < 0)
			return error->code;
		if ((descend ? overlay(source, target, error) : file_copy(source, target, error)) <
		    0)
			return error->code;
	}
	return 0;
}

int source_copy(const struct builder *builder, struct error *error)
{
	const struct build_request *request = builder->request;
	const char *build = builder->workspace->build;
	cleanup(free_string) char *source = layout_source_link(request->settings, request->id);
	cleanup(free_string) char *overrides = layout_override(request->settings, request->id->name,
							       "patches");
	cleanup(free_string) char *patches = path_join(build, "patches", NULL);

	cleanup(free_string) char *real = realpath(source, NULL);
	struct safety_source safety = {request->settings, request->id, real, "is not built"};
	const struct source_copy copy = {
		.from = source,
		.to = build,
		.examine = request->package->policy.allow_writable_sources || !real
				   ? NULL
				   : safety_examine_opened,
		.context = &safety,
		.reporter = request->reporter,
	};

	if (directory_remove(build, error) < 0 || source_copy_make(&copy, error) < 0)
		return error->code;
	if (!file_is_directory(overrides))
		return 0;
	if (file_is_symlink(patches) && file_unlink(patches, error) < 0)
		return error->code;
	return overlay(overrides, patches, error);
}
