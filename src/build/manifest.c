/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/path.h"
#include "build/builder.h"

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

int manifest_write(const struct builder *builder, const char *product, struct error *error)
{
	cleanup(free_string) char *path = path_join(product, MANIFEST_NAME, NULL);
	cleanup(free_string) char *text = builder->manifest ? manifest_print(builder->manifest)
							    : NULL;

	return text ? file_write_unsynced(path, text, strlen(text), 0644, error) : 0;
}
