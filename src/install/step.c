/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "install/step.h"

#include <stdlib.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/text.h"
#include "conf/directives.h"
#include "tree/layout.h"
#include "tree/script.h"

struct placement step_placement(const struct install_request *request, struct module_files *files)
{
	return (struct placement){
		.settings = request->settings,
		.distro = request->distro,
		.id = request->id,
		.package = request->package,
		.kernel = &request->kernel->id,
		.files = files,
	};
}

int step_run_script(const struct install_request *request, const char *kind, const char *command,
		    int *ret_status, struct error *error)
{
	cleanup(free_string) char *source = layout_source_link(request->settings, request->id);
	/* Leftovers of a removed module belong to no kernel. */
	bool removal = text_equal(kind, "post_remove");
	cleanup(strv_free) struct strv exported = {0};

	conf_exported_directives(&request->settings->directives, &exported);
	const struct script script = {
		.kind = kind,
		.kernel = removal ? NULL : &request->kernel->id,
		.command = command,
		.settings = &exported,
		.run_directory = source,
		.safe = !request->package->policy.allow_writable_sources,
	};

	return script_run(request->settings, request->id, &script, ret_status, request->reporter,
			  error);
}

void step_run_late_script(const struct install_request *request, const char *kind,
			  const char *command)
{
	cleanup(error_clear) struct error error = {0};
	int status = 0;

	if (step_run_script(request, kind, command, &status, &error) < 0)
		report(request->reporter, REPORT_WARNING, "The %s script did not run: %s", kind,
		       error.message);
	else if (status)
		report(request->reporter, REPORT_WARNING,
		       "The %s script of %s/%s failed with exit status %d.", kind,
		       request->id->name, request->id->version, status);
}

int step_remove_files(struct transaction *transaction, const struct strv *paths,
		      struct error *error)
{
	const char *path;

	STRV_FOREACH (path, paths) {
		int code = transaction_remove(transaction, path, error);

		if (code < 0)
			return code;
	}
	return 0;
}

/* The first of directory and its parents that has to stay: owned by a package, or base. */
static char *find_stop(const struct distro *distro, const char *directory, const char *base)
{
	char *current = xstrdup(directory);

	while (path_is_within(current, base) && !text_equal(current, base) &&
	       !distro_owns_directory(distro, current)) {
		char *parent = path_parent(current);

		free(current);
		current = parent;
	}
	return current;
}

int step_prune_parents(const struct install_request *request, struct transaction *transaction,
		       const struct strv *files, struct error *error)
{
	const char *base = request->kernel->module_directory;
	cleanup(strv_free) struct strv directories = {0};
	const char *path;

	STRV_FOREACH (path, files) {
		cleanup(free_string) char *directory = path_parent(path);

		if (path_is_within(directory, base) && !strv_contains(&directories, directory))
			strv_add_owned(&directories, TAKE(directory));
	}
	STRV_FOREACH (path, &directories) {
		cleanup(free_string) char *stop = find_stop(request->distro, path, base);
		int code = transaction_prune(transaction, path, stop, error);

		if (code < 0)
			return code;
	}
	return 0;
}

int step_apply(const struct install_request *request, struct transaction *transaction,
	       struct error *error)
{
	const struct settings *settings = request->settings;
	const char *release = request->kernel->id.release;
	/* A kernel that is gone needs no depmod, one with a mark has it from somebody else. */
	bool marks = file_is_directory(request->kernel->module_directory) &&
		     !pending_depmod_is_set(settings, release);
	struct error ignored = {0};

	if (marks && pending_depmod_set(settings, release, error) < 0)
		return error->code;
	if (transaction_apply(transaction, error) == 0)
		return 0;
	if (marks && pending_depmod_clear(settings, release, &ignored) < 0)
		error_clear(&ignored);
	return error->code;
}
