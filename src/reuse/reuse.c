/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "reuse/reuse.h"

#include <errno.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/text.h"
#include "reuse/cache.h"
#include "reuse/judge.h"
#include "tree/layout.h"
#include "tree/registry.h"

static void release_headers(void *headers)
{
	headers_free(headers);
}

void reuse_context_free(struct reuse_context *context)
{
	strmap_free(&context->headers, release_headers);
	memo_free(&context->memo);
	free(context->programs);
	*context = (struct reuse_context){0};
}

struct headers *reuse_headers(struct reuse_context *context, const struct kernel *kernel)
{
	cleanup(free_string) char *key = text_format("%s %s", kernel->id.release, kernel->id.arch);
	struct headers *headers = strmap_get(&context->headers, key);

	if (!headers) {
		headers = headers_open(kernel, &context->memo);
		(void)strmap_set(&context->headers, key, headers);
	}
	return headers;
}

void reuse_candidate_free(struct reuse_candidate *candidate)
{
	if (candidate->manifest)
		manifest_free(candidate->manifest);
	if (candidate->pulled)
		pulled_free(candidate->pulled);
	free(candidate->product);
	free(candidate);
}

struct search {
	const struct reuse_request *request;
	struct judge_request judge;
	struct reporter *reporter;
	struct reuse_candidate *found;
};

/* Looks at one product directory; takes it if it will do. */
static void look_at(struct search *search, const char *product, bool cached)
{
	const struct module_id *id = search->request->id;
	cleanup(free_string) char *path = path_join(product, MANIFEST_NAME, NULL);
	cleanup(manifest_free_handler) struct manifest *manifest = NULL;
	cleanup(error_clear) struct error error = {0};

	if (search->found)
		return;
	if (manifest_read(path, &manifest, &error) < 0) {
		if (error.code != -ENOENT)
			report(search->reporter, REPORT_VERBOSE, "Not reused: %s", error.message);
		return;
	}
	cleanup(free_string) char *reason = judge_manifest(&search->judge, manifest);

	if (reason) {
		report(search->reporter, REPORT_VERBOSE,
		       "The build of %s/%s for kernel %s is not reused for %s: %s.", id->name,
		       id->version, manifest->kernel.release, search->request->kernel->id.release,
		       reason);
		return;
	}
	search->found = NEW(struct reuse_candidate);
	search->found->context = search->request->context;
	search->found->manifest = TAKE(manifest);
	search->found->product = xstrdup(product);
	search->found->cached = cached;
}

/* The newest kernels' builds first. */
static void look_into_tree(struct search *search)
{
	const struct reuse_request *request = search->request;
	cleanup(kernel_ids_free) struct kernel_ids kernels = {0};
	cleanup(error_clear) struct error ignored = {0};

	(void)registry_list_kernels(request->settings, request->id, &kernels, &ignored);
	kernel_ids_sort(&kernels);
	for (size_t i = kernels.count; i-- > 0;) {
		cleanup(free_string) char *product = layout_product(request->settings, request->id,
								    &kernels.items[i]);

		look_at(search, product, false);
	}
}

/* A package with PRE_BUILD is built when it is asked for: only another kernel's build may serve. */
static void look_into_cache(struct search *search)
{
	const struct reuse_request *request = search->request;
	cleanup(strv_free) struct strv entries = {0};
	const char *entry;

	if (request->package->pre_build)
		return;
	cache_find(request->settings, search->judge.inputs, request->kernel->id.arch, &entries,
		   search->reporter);
	STRV_FOREACH (entry, &entries)
		look_at(search, entry, true);
}

/* Fills the question with the inputs as they are now. False if they cannot be read. */
static bool open_case(const struct reuse_request *request, struct build_inputs *inputs,
		      struct judge_request *ret_case, struct error *error)
{
	struct headers *headers = reuse_headers(request->context, request->kernel);

	if (build_inputs_read(request->settings, request->id, request->package, headers, inputs,
			      error) < 0)
		return false;
	*ret_case = (struct judge_request){
		.settings = request->settings,
		.package = request->package,
		.inputs = inputs,
		.headers = headers,
		.dependencies_to_come = request->dependencies_to_come,
	};
	return true;
}

struct reuse_candidate *reuse_find(const struct reuse_request *request, struct reporter *reporter)
{
	cleanup(build_inputs_free) struct build_inputs inputs = {0};
	struct search search = {.request = request, .reporter = reporter};
	cleanup(error_clear) struct error error = {0};

	if (request->package->policy.abi_reuse == REUSE_NO || request->package->post_build)
		return NULL;
	if (!open_case(request, &inputs, &search.judge, &error)) {
		report(reporter, REPORT_VERBOSE, "Nothing is reused for %s/%s: %s",
		       request->id->name, request->id->version, error.message);
		return NULL;
	}
	look_into_tree(&search);
	look_into_cache(&search);
	return search.found;
}

char *reuse_recheck(const struct reuse_request *request, const struct reuse_candidate *candidate)
{
	cleanup(build_inputs_free) struct build_inputs inputs = {0};
	struct judge_request now;
	cleanup(error_clear) struct error error = {0};

	if (open_case(request, &inputs, &now, &error))
		return judge_manifest(&now, candidate->manifest);
	char *reason = xstrdup(error.message);

	return reason;
}
