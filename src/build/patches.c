/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>

#include "base/file.h"
#include "base/path.h"
#include "base/text.h"
#include "build/builder.h"
#include "build/step.h"

enum { NO_FILE = 125 };

static bool has_parent_component(const char *path)
{
	cleanup(strv_free) struct strv components = {0};

	strv_split(&components, path, "/");
	return strv_contains(&components, "..");
}

static int refuse(const struct build_request *request, const char *patch, const char *reason,
		  struct error *error)
{
	return error_set(error, -ENOENT, EXIT_PATCH_MISSING,
			 "The patch %s of %s/%s %s.\nPatches named by PATCH in dkms.conf belong in "
			 "the directory patches of the source or in /etc/dkms/%s/patches.",
			 patch, request->id->name, request->id->version, reason, request->id->name);
}

/* Files of the source, which only commands in the cage open. */
static int apply(const struct builder *builder, const char *patch, struct error *error)
{
	const struct module_id *id = builder->request->id;
	/* Without -f, patch would ask its questions on the terminal. A FIFO would stop it for ever.
	 */
	static const char script[] = "test -f \"$1\" || exit 125; exec patch -p1 -f -i \"$1\"";
	cleanup(free_string) char *file = path_join("patches", patch, NULL);
	const char *const argv[] = {"sh", "-c", script, "sh", file, NULL};
	cleanup(free_string) char *label = text_format(LABEL_PATCH, patch);
	cleanup(free_string) char *shown = text_format("patch -p1 -f -i %s", file);
	const struct step step = {
		.label = label, .shown = shown, .argv = (char *const *)argv, .keep_fds = {-1, -1}};
	int status;

	if (step_run(builder, &step, &status, error) < 0)
		return error_set_status(error, EXIT_INSTALL);
	if (status == NO_FILE)
		return refuse(builder->request, patch, "cannot be read", error);
	if (status)
		return error_set(error, -ECHILD, EXIT_INSTALL,
				 "The patch %s of %s/%s does not apply (patch ended with status "
				 "%d).",
				 patch, id->name, id->version, status);
	return 0;
}

int patches_apply(const struct builder *builder, struct error *error)
{
	const struct build_request *request = builder->request;
	const char *patch;

	/* All of them first: a missing one must not leave half of them applied. */
	STRV_FOREACH (patch, &request->package->patches) {
		cleanup(free_string) char *path = path_join(builder->workspace->build, "patches",
							    patch, NULL);

		if (has_parent_component(patch))
			return refuse(request, patch, "has a \"..\" in its path", error);
		/* Where a link leads is for the cage to see. */
		if (!file_is_symlink(path) && !file_is_regular(path))
			return refuse(request, patch, "is not there", error);
	}
	STRV_FOREACH (patch, &request->package->patches)
		if (apply(builder, patch, error) < 0)
			return error->code;
	return 0;
}
