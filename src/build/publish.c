/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <unistd.h>

#include "base/directory.h"
#include "base/file.h"
#include "base/path.h"
#include "base/text.h"
#include "build/builder.h"
#include "reuse/cache.h"
#include "reuse/failed.h"
#include "tree/built_package.h"
#include "tree/layout.h"
#include "tree/registry.h"
#include "tree/transaction.h"

/* .dep_DEP: the version of each dependency that is installed now, for BUILD_DEPENDS_REBUILD. */
static int record_dependencies(const struct builder *builder, struct error *error)
{
	const struct build_request *request = builder->request;
	const char *dependency;

	STRV_FOREACH (dependency, &request->package->build_depends) {
		cleanup(free_string) char *version = registry_active_version(
			request->settings, dependency, &request->kernel->id);
		cleanup(free_string) char *name = text_format(".dep_%s", dependency);
		cleanup(free_string) char *path = path_join(builder->workspace->stage, name, NULL);

		if (!version)
			continue;
		cleanup(free_string) char *line = text_format("%s\n", version);

		if (file_write_unsynced(path, line, strlen(line), 0644, error) < 0)
			return error->code;
	}
	return 0;
}

/* Where the build that this one replaces is installed, which stays true; never what a build wrote.
 */
static int carry_record(const struct workspace *workspace, struct error *error)
{
	cleanup(free_string) char *record = path_join(workspace->product, LAYOUT_INSTALLED, NULL);
	cleanup(free_string) char *staged = path_join(workspace->stage, LAYOUT_INSTALLED, NULL);

	if (directory_remove(staged, error) < 0)
		return error->code;
	if (file_is_symlink(record) || !file_is_regular(record))
		return 0;
	return file_copy_unsynced(record, staged, error);
}

static int apply(const struct builder *builder, struct transaction *transaction,
		 struct error *error)
{
	const struct workspace *workspace = builder->workspace;

	if (built_package_write(workspace->stage, builder->request->package, error) < 0 ||
	    carry_record(workspace, error) < 0 || directory_sync(workspace->stage, error) < 0 ||
	    transaction_put_directory(transaction, workspace->stage, workspace->product, error) < 0)
		return error->code;
	return transaction_apply(transaction, error);
}

/* POST_BUILD works on the product and is the last to write make.log, which then goes there too. */
static int post_build(const struct builder *builder, const char *product, struct error *error)
{
	cleanup(free_string) char *log = path_join(product, "log", "make.log", NULL);

	/* A build that is taken from another one has no cage, and no POST_BUILD. */
	if (builder->request->package->post_build && builder->cage) {
		if (builder->cage->owner && cage_give(product, builder->cage->owner, error) < 0)
			return error->code;
		if (commands_run_post_build(builder, error) < 0 ||
		    products_seal(builder, product, error) < 0)
			return error->code;
	}
	if (directory_remove(log, error) < 0)
		return error->code;
	return file_copy_unsynced(builder->workspace->log, log, error);
}

/* What could not be kept has to be compiled again one day, no more. */
static void keep(const struct builder *builder, const char *product)
{
	cleanup(free_string) char *modules = path_join(product, "module", NULL);
	struct error problem = {0};

	if (!builder->manifest ||
	    cache_put(builder->request->settings, builder->manifest, modules, &problem) == 0)
		return;
	report(builder->request->reporter, REPORT_VERBOSE, "The build is not kept: %s",
	       problem.message);
	error_clear(&problem);
}

int publish(const struct builder *builder, struct error *error)
{
	const struct build_request *request = builder->request;
	const struct workspace *workspace = builder->workspace;
	cleanup(transaction_free_handler) struct transaction *transaction = NULL;
	cleanup(free_string) char *what = text_format("build %s/%s for %s", request->id->name,
						      request->id->version,
						      request->kernel->id.release);

	if (record_dependencies(builder, error) < 0 ||
	    transaction_begin(request->settings, what, NULL, &transaction, error) < 0)
		return error->code;
	/*
	 * In a view, POST_BUILD finds the stage in the product's place. Without one it can only
	 * work on the product itself, which is taken back should it or dkms fail before the commit.
	 */
	if (!builder->cage || builder->cage->kind != CAGE_NONE) {
		if (post_build(builder, workspace->stage, error) < 0)
			return error->code;
		report_text(request->reporter, REPORT_IDLE, "");
		if (apply(builder, transaction, error) < 0)
			return error->code;
	} else if (apply(builder, transaction, error) < 0 ||
		   post_build(builder, workspace->product, error) < 0 ||
		   directory_sync(workspace->product, error) < 0) {
		return error->code;
	}
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
