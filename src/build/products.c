/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From the build directory, where strangers wrote, to the stage, where only root does
 * (build/product_file.h).
 */
#include <errno.h>
#include <fts.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/directory.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/text.h"
#include "build/builder.h"
#include "build/product_file.h"
#include "module/compress.h"

enum { SHOWN_MODULES = 10 };

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
		cleanup(close_fd) int fd = -1;

		if (product_open(builder->workspace, module->built_location, name, &fd) < 0)
			return refuse(builder, module, error);
	}
	return 0;
}

/* Reads strip's output, cut to the length of a message. */
static char *read_output(int fd)
{
	char text[1024];
	ssize_t length = pread(fd, text, sizeof(text) - 1, 0);

	text[length > 0 ? length : 0] = '\0';
	return text_trimmed(text);
}

/* A module that could not be stripped is bigger, and as good as any other. */
static void report_unstripped(const struct builder *builder, const char *program, int output,
			      int status, const struct error *failure)
{
	cleanup(free_string) char *said = read_output(output);
	const struct module_id *id = builder->request->id;

	if (failure->code)
		report(builder->request->reporter, REPORT_WARNING,
		       "The modules of %s/%s keep their debug information: %s", id->name,
		       id->version, failure->message);
	else
		report(builder->request->reporter, REPORT_WARNING,
		       "Modules of %s/%s keep their debug information: %s failed with exit status "
		       "%d.%s%s%s",
		       id->name, id->version, program, status, *said ? "\n" : "", said,
		       status == 127 ? "\nInstall the package binutils." : "");
}

/* The files are the build's own still, and so is who works on them: it happens in the cage. */
static void strip_modules(const struct builder *builder, struct strv *argv)
{
	static const int none[2] = {-1, -1};
	cleanup(close_fd) int output = memfd_create("strip", MFD_CLOEXEC);
	const struct process process = {
		.argv = strv_argv(argv),
		.env = strv_argv((struct strv *)&builder->environment),
		.directory = builder->workspace->shown_build,
		.stdout_fd = output > 0 ? output : -1,
		.stderr_fd = output > 0 ? output : -1,
	};
	cleanup(error_clear) struct error failure = {0};
	int status = 0;

	if (cage_run(builder->cage, &process, none, &status, &failure) < 0 || status)
		report_unstripped(builder, argv->items[0], output, status, &failure);
}

static void strip(const struct builder *builder)
{
	const struct package *package = builder->request->package;
	cleanup(free_string) char *llvm_strip = builder->toolchain.clang
							? process_find_program("llvm-strip")
							: NULL;
	cleanup(strv_free) struct strv argv = {0};

	strv_add(&argv, llvm_strip ? "llvm-strip" : "strip");
	strv_add(&argv, "-g");
	for (size_t i = 0; i < package->module_count; i++) {
		const struct built_module *module = &package->modules[i];
		cleanup(free_string) char *name = file_name(module);

		if (module->strip && !module->excluded)
			strv_add_owned(&argv, path_join(builder->workspace->shown_build,
							module->built_location, name, NULL));
	}
	if (argv.count > 2)
		strip_modules(builder, &argv);
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

static char *staged_path(const struct builder *builder, const struct built_module *module)
{
	cleanup(free_string) char *name = text_format("%s.ko", module->dest_name);

	return path_join(builder->workspace->stage, "module", name, NULL);
}

static char *shown_path(const struct builder *builder, const struct built_module *module)
{
	cleanup(free_string) char *name = file_name(module);

	return path_join(builder->workspace->shown_build, module->built_location, name, NULL);
}

static int copy_module(const struct builder *builder, const struct built_module *module,
		       struct error *error)
{
	cleanup(free_string) char *name = file_name(module);
	cleanup(free_string) char *target = staged_path(builder, module);
	cleanup(free_string) char *shown = shown_path(builder, module);
	cleanup(close_fd) int fd = -1;

	if (product_open(builder->workspace, module->built_location, name, &fd) < 0)
		return refuse(builder, module, error);
	return product_copy(fd, shown, PRODUCT_MODULE_MAX, target, error);
}

/* In the order of the package, without what is excluded. */
static int copy_modules(const struct builder *builder, struct strv *copies, struct error *error)
{
	const struct package *package = builder->request->package;

	for (size_t i = 0; i < package->module_count; i++) {
		const struct built_module *module = &package->modules[i];

		if (module->excluded)
			continue;
		if (copy_module(builder, module, error) < 0)
			return error->code;
		strv_add_owned(copies, staged_path(builder, module));
	}
	return 0;
}

static int finish_module(struct builder *builder, const struct built_module *module,
			 const struct examined_module *examined, struct error *error)
{
	cleanup(free_string) char *target = staged_path(builder, module);
	cleanup(free_string) char *shown = shown_path(builder, module);

	manifest_take_module(builder, module, target, examined);
	return products_finish_module(builder->request, target, shown, error);
}

static int finish_modules(struct builder *builder, const struct examined_module *examined,
			  struct error *error)
{
	const struct package *package = builder->request->package;

	for (size_t i = 0; i < package->module_count; i++)
		if (!package->modules[i].excluded &&
		    finish_module(builder, &package->modules[i], examined++, error) < 0)
			return error->code;
	return 0;
}

int products_examine(const struct builder *builder, const struct strv *paths,
		     struct examined_module *ret_modules, struct error *error)
{
	const struct build_request *request = builder->request;

	if (modules_examine(paths, request->kernel->id.release, ret_modules, error) == 0)
		return 0;
	(void)error_wrap(error, "The build of %s/%s for kernel %s made a file that cannot be used",
			 request->id->name, request->id->version, request->kernel->id.release);
	if (error->code != -EINTR)
		error->exit_status = EXIT_NO_PRODUCT;
	return error->code;
}

static int stage_modules(struct builder *builder, struct error *error)
{
	cleanup(strv_free) struct strv copies = {0};

	if (copy_modules(builder, &copies, error) < 0)
		return error->code;
	struct examined_module *examined = xcalloc(copies.count + 1, sizeof(*examined));
	struct signing *signing = builder->request->signing;
	int code = products_examine(builder, &copies, examined, error);

	/* The key is there for as long as it is used. */
	if (!code && signing)
		code = signing_open(signing, builder->request->reporter, error);
	if (!code)
		code = finish_modules(builder, examined, error);
	if (signing)
		signing_close(signing);
	for (size_t i = 0; i < copies.count; i++)
		examined_module_free(&examined[i]);
	free(examined);
	return code;
}

static int stage_symvers(const struct workspace *workspace, struct error *error)
{
	cleanup(free_string) char *target = path_join(workspace->stage, "module", "Module.symvers",
						      NULL);
	cleanup(close_fd) int fd = -1;

	if (product_open(workspace, "", "Module.symvers", &fd) < 0)
		return 0;
	return product_copy(fd, "Module.symvers", PRODUCT_SYMVERS_MAX, target, error);
}

int products_stage(struct builder *builder, struct error *error)
{
	strip(builder);
	if (stage_modules(builder, error) < 0)
		return error->code;
	return stage_symvers(builder->workspace, error);
}
