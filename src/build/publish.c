/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/directory.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/text.h"
#include "build/builder.h"
#include "build/product_file.h"
#include "journal/transaction.h"
#include "reuse/cache.h"
#include "reuse/failed.h"
#include "tree/layout.h"
#include "tree/package_record.h"
#include "tree/registry.h"

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

/* Where the build that this one replaces is installed; never what a build itself wrote there. */
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

/* Beside the modules there is nothing to keep, either. */
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
 * What POST_BUILD could touch is a stranger's. Its modules are copied to a directory that is
 * root's, which takes the product's place.
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

/* What root says of the build itself, after the last command. */
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

/* What could not be kept has to be compiled again one day, no more. */
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
	cleanup(transaction_free_handler) struct transaction *transaction = NULL;
	cleanup(free_string) char *what = text_format("build %s/%s for %s", request->id->name,
						      request->id->version,
						      request->kernel->id.release);

	if (transaction_begin(request->settings, what, NULL, &transaction, error) < 0 ||
	    keep_record(workspace, error) < 0 ||
	    complete_and_apply(builder, transaction, error) < 0)
		return error->code;
	if (transaction_commit(transaction, error) < 0)
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
