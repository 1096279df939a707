/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From the build directory, where strangers wrote, to the stage, where only root does. No command
 * of the build runs any more, but what it left may be a trap: nothing is read through a link that
 * leads out of the build directory.
 */
#include <errno.h>
#include <fts.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/directory.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/text.h"
#include "build/builder.h"
#include "module/compress.h"
#include "module/strip.h"

enum { LINKS = 8, SHOWN_MODULES = 10 };

/* Where a link leads as this process sees it; commands may have spelled the conventional path. */
static char *follow(const struct workspace *workspace, const char *path)
{
	cleanup(free_string) char *target = file_readlink(path);

	if (!target)
		return NULL;
	if (path_is_within(target, workspace->shown_build))
		return path_join(workspace->build, target + strlen(workspace->shown_build), NULL);
	if (*target == '/')
		return xstrdup(target);
	cleanup(free_string) char *parent = path_parent(path);

	return path_join(parent, target, NULL);
}

/* The real path of a regular file inside the build directory, owned by the caller, or NULL. */
static char *find_file(const struct workspace *workspace, const char *location, const char *name)
{
	cleanup(free_string) char *path = path_join(workspace->build, location, name, NULL);
	cleanup(free_string) char *root = realpath(workspace->build, NULL);

	for (int i = 0; i < LINKS && file_is_symlink(path); i++) {
		char *next = follow(workspace, path);

		free(path);
		path = next;
	}
	cleanup(free_string) char *real = path ? realpath(path, NULL) : NULL;

	if (!real || !root || !path_is_within(real, root) || !file_is_regular(real))
		return NULL;
	return TAKE(real);
}

static char *file_name(const struct built_module *module)
{
	return text_format("%s.ko", module->built_name);
}

/* Adds the modules that there are, below the build directory, up to a bound. */
static void list_modules(const char *build, struct strv *modules)
{
	char *const paths[] = {(char *)build, NULL};
	FTS *walk = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	const FTSENT *entry;

	while (walk && modules->count < SHOWN_MODULES && (entry = fts_read(walk)))
		if (entry->fts_info == FTS_F && text_ends_with(entry->fts_name, ".ko"))
			strv_add(modules, entry->fts_path + strlen(build) + 1);
	if (walk)
		(void)fts_close(walk);
	strv_sort(modules);
}

static int refuse(const struct builder *builder, const struct built_module *module,
		  struct error *error)
{
	const struct build_request *request = builder->request;
	cleanup(strv_free) struct strv modules = {0};

	list_modules(builder->workspace->build, &modules);
	cleanup(free_string) char *made = strv_join(&modules, ", ");

	return error_set(error, -ENOENT, EXIT_NO_PRODUCT,
			 "The build of %s/%s for kernel %s (%s) ended well but made no %s%s.ko.\n"
			 "BUILT_MODULE_NAME and BUILT_MODULE_LOCATION in dkms.conf say where the "
			 "build puts it. What it made: %s.",
			 request->id->name, request->id->version, request->kernel->id.release,
			 request->kernel->id.arch, module->built_location, module->built_name,
			 modules.count ? made : "no module at all");
}

int products_check(const struct builder *builder, struct error *error)
{
	const struct package *package = builder->request->package;

	for (size_t i = 0; i < package->module_count; i++) {
		const struct built_module *module = &package->modules[i];
		cleanup(free_string) char *name = file_name(module);

		if (module->excluded)
			continue;
		cleanup(free_string) char *path = find_file(builder->workspace,
							    module->built_location, name);

		if (!path)
			return refuse(builder, module, error);
	}
	return 0;
}

static int copy_to_stage(const char *path, const char *target, struct error *error)
{
	if (file_copy_unsynced(path, target, error) < 0)
		return error->code;
	if (chmod(target, 0644) < 0)
		return error_errno(error, -errno, 0, "Cannot set the mode of %s", target);
	return 0;
}

/* A module that could not be stripped is bigger, and as good as any other. */
static void strip(const struct builder *builder, const char *module)
{
	struct error error = {0};

	if (strip_debug(module, builder->toolchain.clang, &error) < 0)
		report(builder->request->reporter, REPORT_WARNING,
		       "The module %s keeps its debug information: %s", path_basename(module),
		       error.message);
	error_clear(&error);
}

int products_finish_module(const struct build_request *request, const char *path, const char *shown,
			   struct error *error)
{
	enum compression compression = kernel_compression(request->kernel);
	cleanup(free_string) char *compressed = NULL;

	if (request->signing &&
	    signing_sign(request->signing, path, shown, request->reporter, error) < 0)
		return error->code;
	return compress_file(path, compression,
			     settings_compression_options(request->settings, compression),
			     &compressed, error);
}

static int stage_module(struct builder *builder, const struct built_module *module,
			struct error *error)
{
	const struct build_request *request = builder->request;
	const struct workspace *workspace = builder->workspace;
	cleanup(free_string) char *name = file_name(module);
	cleanup(free_string) char *path = find_file(workspace, module->built_location, name);
	cleanup(free_string) char *dest_name = text_format("%s.ko", module->dest_name);
	cleanup(free_string) char *target = path_join(workspace->stage, "module", dest_name, NULL);
	cleanup(free_string) char *shown = path_join(workspace->shown_build, module->built_location,
						     name, NULL);

	if (!path)
		return refuse(builder, module, error);
	if (copy_to_stage(path, target, error) < 0)
		return error->code;
	if (module->strip)
		strip(builder, target);
	manifest_take_module(builder, module, target);
	return products_finish_module(request, target, shown, error);
}

static int stage_modules(struct builder *builder, struct error *error)
{
	const struct package *package = builder->request->package;

	for (size_t i = 0; i < package->module_count; i++)
		if (!package->modules[i].excluded &&
		    stage_module(builder, &package->modules[i], error) < 0)
			return error->code;
	return 0;
}

int products_stage(struct builder *builder, struct error *error)
{
	const struct workspace *workspace = builder->workspace;
	struct signing *signing = builder->request->signing;
	cleanup(free_string) char *symvers = find_file(workspace, "", "Module.symvers");
	cleanup(free_string) char *target = path_join(workspace->stage, "module", "Module.symvers",
						      NULL);

	if (signing && signing_open(signing, builder->request->reporter, error) < 0)
		return error->code;
	int code = stage_modules(builder, error);

	if (signing)
		signing_close(signing);
	if (code < 0)
		return code;
	return symvers ? copy_to_stage(symvers, target, error) : 0;
}

int products_seal(const struct builder *builder, const char *directory, struct error *error)
{
	cleanup(free_string) char *modules = path_join(directory, "module", NULL);
	cleanup(strv_free) struct strv names = {0};
	const char *name;

	if (builder->cage->owner && cage_give(directory, 0, error) < 0)
		return error->code;
	if (file_is_symlink(modules) || directory_list(modules, &names, error) < 0)
		return error_set(error, -EINVAL, EXIT_NO_PRODUCT, "POST_BUILD replaced %s.",
				 modules);
	STRV_FOREACH (name, &names) {
		cleanup(free_string) char *path = path_join(modules, name, NULL);

		if (file_is_symlink(path) || !file_is_regular(path))
			return error_set(error, -EINVAL, EXIT_NO_PRODUCT,
					 "POST_BUILD left %s, which is no regular file.", path);
	}
	return 0;
}
