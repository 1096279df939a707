/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Modules that a build command has installed itself, as it can without a cage. The install that
 * follows takes them for this build's own, not for originals (install/ownership.h).
 */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/directory.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/text.h"
#include "build/builder.h"
#include "build/product_file.h"
#include "journal/transaction.h"
#include "kernel/module_files.h"
#include "reuse/cache.h"
#include "reuse/record.h"
#include "tree/layout.h"
#include "tree/package_record.h"
#include "tree/registry.h"

void strays_begin(struct builder *builder)
{
	/* The clock that file systems use. */
	(void)clock_gettime(CLOCK_REALTIME_COARSE, &builder->begun);
}

static bool is_newer(const char *path, const struct timespec *begun)
{
	struct stat info;

	if (lstat(path, &info) < 0 || !S_ISREG(info.st_mode))
		return false;
	return info.st_ctim.tv_sec != begun->tv_sec ? info.st_ctim.tv_sec > begun->tv_sec
						    : info.st_ctim.tv_nsec >= begun->tv_nsec;
}

static int add_strays(const struct builder *builder, const char *name, struct buffer *lines,
		      struct error *error)
{
	const struct kernel *kernel = builder->request->kernel;
	cleanup(strv_free) struct strv paths = {0};
	const char *path;

	if (module_files_find_once(kernel, name, &paths, error) < 0)
		return error->code;
	STRV_FOREACH (path, &paths)
		if (is_newer(path, &builder->begun) &&
		    path_is_within(path, kernel->module_directory))
			buffer_add_format(lines, "%s\n",
					  path + strlen(kernel->module_directory) + 1);
	return 0;
}

static int strays_record(const struct builder *builder, const char *product, struct error *error)
{
	const struct package *package = builder->request->package;
	cleanup(buffer_free) struct buffer lines = {0};
	cleanup(free_string) char *path = path_join(product, BUILT_STRAYS_NAME, NULL);

	if (!builder->cage || builder->cage->kind == CAGE_FULL)
		return 0;
	for (size_t i = 0; i < package->module_count; i++)
		if (!package->modules[i].excluded &&
		    add_strays(builder, package->modules[i].built_name, &lines, error) < 0)
			return error->code;
	return lines.length ? file_write_unsynced(path, lines.data, lines.length, 0644, error) : 0;
}

/* A build without a manifest is as good as any, but serves no other kernel. */
static void give_up(struct builder *builder, struct error *error)
{
	report(builder->request->reporter, REPORT_VERBOSE,
	       "What %s/%s depends on cannot be recorded: %s", builder->request->id->name,
	       builder->request->id->version, error->message);
	error_clear(error);
	if (builder->record)
		record_close(TAKE(builder->record));
}

void manifest_begin(struct builder *builder)
{
	const struct build_request *request = builder->request;
	const struct record_request wanted = {
		.settings = request->settings,
		.id = request->id,
		.package = request->package,
		.kernel = request->kernel,
		.digests = request->digests,
		.build = builder->workspace->build,
		.shown_build = builder->workspace->shown_build,
		.owner = builder->cage->owner,
	};
	struct error error = {0};

	if (record_open(&wanted, &builder->record, &error) < 0)
		give_up(builder, &error);
}

void manifest_take_module(struct builder *builder, const struct built_module *module,
			  const char *path, const struct examined_module *examined)
{
	struct error error = {0};

	if (builder->record && record_module(builder->record, module, path, examined, &error) < 0)
		give_up(builder, &error);
}

void manifest_end(struct builder *builder)
{
	const char *stage = builder->workspace->stage;
	cleanup(free_string) char *symvers = path_join(stage, "module", "Module.symvers", NULL);
	struct error problem = {0};

	if (!builder->record)
		return;
	if (record_finish(builder->record, file_exists(symvers) ? symvers : NULL,
			  &builder->manifest, &problem) < 0) {
		give_up(builder, &problem);
		return;
	}
	if (builder->manifest->unfit)
		report(builder->request->reporter, REPORT_VERBOSE,
		       "This build of %s/%s will serve no other kernel: %s.",
		       builder->request->id->name, builder->request->id->version,
		       builder->manifest->unfit);
}

static int manifest_write(const struct builder *builder, const char *product, struct error *error)
{
	cleanup(free_string) char *path = path_join(product, MANIFEST_NAME, NULL);
	cleanup(free_string) char *text = builder->manifest ? manifest_print(builder->manifest)
							    : NULL;

	return text ? file_write_unsynced(path, text, strlen(text), 0644, error) : 0;
}

/* .dep_DEP: the version of each dependency that is installed now, for BUILD_DEPENDS_REBUILD. */
static int record_dependencies(const struct builder *builder, const char *product,
			       struct error *error)
{
	const struct build_request *request = builder->request;
	const char *dependency;

	STRV_FOREACH (dependency, &request->package->build_depends) {
		cleanup(free_string) char *version = registry_active_version(
			request->settings, dependency, &request->kernel->id);
		cleanup(free_string) char *name = text_format(".dep_%s", dependency);
		cleanup(free_string) char *path = path_join(product, name, NULL);

		if (!version)
			continue;
		cleanup(free_string) char *line = text_format("%s\n", version);

		if (file_write_unsynced(path, line, strlen(line), 0644, error) < 0)
			return error->code;
	}
	return 0;
}

/* Copies the record of the replaced build's install, never a file that a build wrote there. */
static int keep_record(const struct workspace *workspace, struct error *error)
{
	cleanup(free_string) char *record = path_join(workspace->product, LAYOUT_INSTALLED, NULL);
	cleanup(free_string) char *kept = path_join(workspace->view, LAYOUT_INSTALLED, NULL);

	if (file_is_symlink(record) || !file_is_regular(record))
		return 0;
	return file_copy_unsynced(record, kept, error);
}

static int carry_record(const struct workspace *workspace, const char *product, struct error *error)
{
	cleanup(free_string) char *kept = path_join(workspace->view, LAYOUT_INSTALLED, NULL);
	cleanup(free_string) char *record = path_join(product, LAYOUT_INSTALLED, NULL);

	if (directory_remove(record, error) < 0)
		return error->code;
	return file_exists(kept) ? file_copy_unsynced(kept, record, error) : 0;
}

static int make_directory(const char *path, struct error *error)
{
	if (mkdir(path, 0755) < 0 || chmod(path, 0755) < 0)
		return error_errno(error, -errno, 0, "Cannot make the directory %s", path);
	return 0;
}

static int make_result(const char *result, struct error *error)
{
	cleanup(free_string) char *modules = path_join(result, "module", NULL);
	cleanup(free_string) char *log = path_join(result, "log", NULL);

	if (make_directory(result, error) < 0 || make_directory(modules, error) < 0)
		return error->code;
	return make_directory(log, error);
}

/* Adds files beside the modules' directory, which are not kept either. */
static void add_others(const char *product, struct strv *left)
{
	cleanup(strv_free) struct strv names = {0};
	cleanup(error_clear) struct error unreadable = {0};
	const char *name;

	(void)directory_list(product, &names, &unreadable);
	STRV_FOREACH (name, &names)
		if (!text_equal(name, "module") && !text_equal(name, "log"))
			strv_add(left, name);
}

static void report_left(const struct builder *builder, const struct strv *left)
{
	const struct module_id *id = builder->request->id;
	cleanup(free_string) char *names = strv_join(left, ", ");

	if (left->count)
		report(builder->request->reporter, REPORT_WARNING,
		       "POST_BUILD of %s/%s left files that dkms.conf does not announce. They are "
		       "not kept: %s",
		       id->name, id->version, names);
}

/* POST_BUILD may have made something else of the modules. */
static int examine_again(const struct builder *builder, const char *modules, struct error *error)
{
	cleanup(strv_free) struct strv names = {0};
	cleanup(strv_free) struct strv paths = {0};
	const char *name;

	if (directory_list(modules, &names, error) < 0)
		return error->code;
	STRV_FOREACH (name, &names)
		if (!text_equal(name, "Module.symvers"))
			strv_add_owned(&paths, path_join(modules, name, NULL));
	struct examined_module *examined = xcalloc(paths.count + 1, sizeof(*examined));
	int code = products_examine(builder, &paths, examined, error);

	for (size_t i = 0; !code && i < paths.count; i++)
		examined_module_free(&examined[i]);
	free(examined);
	return code;
}

/*
 * POST_BUILD could change the product, so its bytes are a stranger's. Its modules are copied to a
 * directory that is root's, which takes the product's place.
 */
static int take_over(const struct builder *builder, const char *product, struct error *error)
{
	cleanup(free_string) char *result = path_join(builder->workspace->view, "result", NULL);
	cleanup(free_string) char *from = path_join(product, "module", NULL);
	cleanup(free_string) char *to = path_join(result, "module", NULL);
	cleanup(strv_free) struct strv left = {0};

	if (make_result(result, error) < 0 ||
	    product_take_over(from, builder->request->package, to, &left, error) < 0)
		return error->code;
	add_others(product, &left);
	report_left(builder, &left);
	if (examine_again(builder, to, error) < 0)
		return error->code;
	return directory_remove(product, error) < 0 ? error->code
						    : file_rename(result, product, error);
}

static int post_build(const struct builder *builder, const char *product, struct error *error)
{
	/* A build that is taken from another one has no cage, and no POST_BUILD. */
	if (!builder->request->package->post_build || !builder->cage)
		return 0;
	if (builder->cage->owner && cage_give(product, builder->cage->owner, error) < 0)
		return error->code;
	if (commands_run_post_build(builder, error) < 0)
		return error->code;
	return take_over(builder, product, error);
}

/* Root's own records of the build, after the last command. */
static int write_records(const struct builder *builder, const char *product, struct error *error)
{
	cleanup(free_string) char *log = path_join(product, "log", "make.log", NULL);

	if (record_dependencies(builder, product, error) < 0 ||
	    built_package_write(product, builder->request->package, error) < 0 ||
	    manifest_write(builder, product, error) < 0 ||
	    carry_record(builder->workspace, product, error) < 0 ||
	    strays_record(builder, product, error) < 0)
		return error->code;
	return file_copy_unsynced(builder->workspace->log, log, error);
}

static int apply(const struct builder *builder, struct transaction *transaction,
		 struct error *error)
{
	const struct workspace *workspace = builder->workspace;

	if (transaction_put_directory(transaction, workspace->stage, workspace->product, error) < 0)
		return error->code;
	return transaction_apply(transaction, error);
}

/*
 * In a view, POST_BUILD finds the stage in the product's place. Without one it can only work on
 * the product itself, which is taken back should it or dkms fail before the commit.
 */
static int complete_and_apply(const struct builder *builder, struct transaction *transaction,
			      struct error *error)
{
	const struct workspace *workspace = builder->workspace;

	if (!builder->cage || builder->cage->kind != CAGE_NONE) {
		if (post_build(builder, workspace->stage, error) < 0 ||
		    write_records(builder, workspace->stage, error) < 0)
			return error->code;
		report_text(builder->request->reporter, REPORT_IDLE, "");
		if (directory_sync(workspace->stage, error) < 0)
			return error->code;
		return apply(builder, transaction, error);
	}
	if (directory_sync(workspace->stage, error) < 0 || apply(builder, transaction, error) < 0)
		return error->code;
	if (post_build(builder, workspace->product, error) < 0 ||
	    write_records(builder, workspace->product, error) < 0)
		return error->code;
	return directory_sync(workspace->product, error);
}

/* Failing to keep the result is no error: it is compiled again later. */
static void keep(const struct builder *builder, const char *product)
{
	cleanup(free_string) char *modules = path_join(product, "module", NULL);
	cleanup(error_clear) struct error problem = {0};

	if (!builder->manifest ||
	    cache_put(builder->request->settings, builder->manifest, modules, &problem) == 0)
		return;
	report(builder->request->reporter, REPORT_VERBOSE, "The build is not kept: %s",
	       problem.message);
}

int publish(const struct builder *builder, struct error *error)
{
	const struct build_request *request = builder->request;
	const struct workspace *workspace = builder->workspace;
	cleanup(free_string) char *what = text_format("build %s/%s for %s", request->id->name,
						      request->id->version,
						      request->kernel->id.release);
	cleanup(transaction_free_handler) struct transaction *transaction = transaction_begin(
		request->settings, what, NULL);

	if (keep_record(workspace, error) < 0 ||
	    complete_and_apply(builder, transaction, error) < 0 ||
	    transaction_commit(transaction, error) < 0)
		return error->code;
	failed_forget(request->settings, request->id, &request->kernel->id);
	keep(builder, workspace->product);
	return 0;
}

int publish_to_cache(const struct builder *builder)
{
	report_text(builder->request->reporter, REPORT_IDLE, "");
	keep(builder, builder->workspace->stage);
	return 0;
}
