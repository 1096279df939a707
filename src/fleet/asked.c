/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fleet/asked.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "fleet/exported.h"
#include "fleet/sourceless.h"
#include "kernel/kernel.h"
#include "reuse/judge.h"
#include "reuse/manifest.h"
#include "reuse/tag.h"

int asked_open(const struct fleet_request *request, struct reuse_context *context,
	       struct asked *asked, struct error *error)
{
	struct headers *headers = reuse_headers(context, request->kernel);

	exported_find(request->settings, headers);
	asked->request = request;
	asked->context = context;
	if (trust_load(request->settings, request->reporter, &asked->trust, error) < 0)
		return error->code;
	asked->by_name = sourceless_is(request->settings, request->id) ||
			 !request->package->module_count;
	if (kernel_build_identity(request->settings, request->kernel, &asked->kernel_build, error) <
	    0)
		return error_set_status(error, EXIT_NOT_PUBLISHED);
	if (!asked->by_name && build_inputs_read(request->settings, request->id, request->package,
						 headers, &asked->inputs, error) < 0)
		return error_set_status(error, EXIT_NOT_PUBLISHED);
	asked->tag = asked->by_name
			     ? tag_of_name(request->id, &request->kernel->id, asked->kernel_build)
			     : tag_of_source(&asked->inputs, &request->kernel->id,
					     asked->kernel_build);
	return 0;
}

void asked_close(struct asked *asked)
{
	if (asked->trust)
		trust_free(asked->trust);
	build_inputs_free(&asked->inputs);
	free(asked->kernel_build);
	free(asked->tag);
}

void belief_free(struct belief *belief)
{
	if (belief->manifest)
		manifest_free(belief->manifest);
	publisher_free(&belief->publisher);
	*belief = (struct belief){0};
}

/* The first thing that is another than was asked for; NULL: nothing is. Static. */
static const char *find_difference(const struct asked *asked, const struct manifest *manifest)
{
	const struct fleet_request *request = asked->request;
	const struct {
		const char *theirs, *ours, *what;
	} parts[] = {
		{manifest->id.name, request->id->name, "another module"},
		{manifest->id.version, request->id->version, "another version"},
		{manifest->kernel.release, request->kernel->id.release, "another kernel"},
		{manifest->kernel_build, asked->kernel_build, "another build of the kernel"},
		{manifest->kernel.arch, request->kernel->id.arch, "another architecture"},
		{manifest->inputs.source, asked->inputs.source, "another source"},
		{manifest->inputs.directives, asked->inputs.directives, "another dkms.conf"},
	};

	enum { OF_SOURCE = 2 };
	const size_t count = sizeof(parts) / sizeof(*parts) - (asked->by_name ? OF_SOURCE : 0);

	for (size_t i = 0; i < count; i++)
		if (!parts[i].theirs || !text_equal(parts[i].theirs, parts[i].ours))
			return parts[i].what;
	return NULL;
}

static bool has_module(const struct manifest *manifest, const char *name)
{
	for (size_t i = 0; i < manifest->module_count; i++) {
		const char *theirs = manifest->modules[i].name;
		size_t length = strlen(name);

		if (strncmp(theirs, name, length) == 0 && text_equal(theirs + length, ".ko"))
			return true;
	}
	return false;
}

/* Just the modules that this machine would build. */
static bool has_all_modules(const struct package *package, const struct manifest *manifest)
{
	size_t expected = 0;

	for (size_t i = 0; i < package->module_count; i++) {
		const struct built_module *module = &package->modules[i];

		if (module->excluded)
			continue;
		expected++;
		if (!has_module(manifest, module->dest_name))
			return false;
	}
	return expected == manifest->module_count;
}

static char *find_reason(const struct asked *asked, struct belief *belief)
{
	const struct fleet_request *request = asked->request;
	const struct judge_request question = {
		.settings = request->settings,
		.package = request->package,
		.inputs = &asked->inputs,
		.headers = reuse_headers(asked->context, request->kernel),
	};
	const char *difference = find_difference(asked, belief->manifest);

	if (difference)
		return text_format("it lies under this name, but is a build of %s", difference);
	if (request->package->module_count && !has_all_modules(request->package, belief->manifest))
		return text_format("it holds other modules than dkms.conf names");
	return judge_published(&question, belief->manifest, &belief->checked_imports);
}

int asked_believe(const struct asked *asked, const char *remote, const char *config,
		  const char *signature, struct belief *ret_belief, struct error *error)
{
	const struct module_id *id = asked->request->id;
	const struct trust_question question = {id->name, remote, config, signature};
	cleanup(belief_free) struct belief belief = {0};

	if (trust_verify(asked->trust, &question, &belief.publisher, error) < 0)
		return error->code;
	if (manifest_read(config, &belief.manifest, error) < 0)
		return error_set_status(error, EXIT_NOT_TRUSTED);
	cleanup(free_string) char *reason = find_reason(asked, &belief);

	if (reason)
		return error_set(error, -EACCES, EXIT_NOT_TRUSTED,
				 "The build of %s/%s from %s, signed by \"%s\", is refused: %s.",
				 id->name, id->version, remote, belief.publisher.name, reason);
	if (belief.publisher.warning)
		report(asked->request->reporter, REPORT_WARNING, "%s", belief.publisher.warning);
	*ret_belief = belief;
	belief = (struct belief){0};
	return 0;
}
