/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "reuse/reuse.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/text.h"
#include "fingerprint/offers.h"
#include "reuse/cache.h"
#include "tree/layout.h"
#include "tree/registry.h"

/* Turns an error into a reason: a file that cannot be read counts as a difference. */
static char *as_reason(struct error *error)
{
	char *reason = text_format("%s", error->message);

	error_clear(error);
	return reason;
}

static char *compare(const char *then, const char *now, const char *what)
{
	return then && text_equal(then, now) ? NULL : text_format("%s differs", what);
}

static char *compare_inputs(const struct judge_request *request, const struct manifest *manifest)
{
	const struct build_inputs *then = &manifest->inputs, *now = request->inputs;

	if (manifest->unfit)
		return text_format("%s", manifest->unfit);
	if (!text_equal(manifest->kernel.arch, request->headers->kernel->id.arch))
		return text_format("the architecture differs");
	if (!text_equal(then->source, now->source))
		return text_format("the source differs");
	return compare(then->directives, now->directives, "what dkms.conf says");
}

static char *compare_compiler(const struct judge_request *request, const struct manifest *manifest)
{
	const struct build_inputs *then = &manifest->inputs, *now = request->inputs;

	if (!text_equal(then->compiler_wanted, now->compiler_wanted))
		return text_format("the kernel was compiled with %s, not %s", now->compiler_wanted,
				   then->compiler_wanted);
	return compare(then->compiler, now->compiler, "the compiler");
}

static char *compare_configuration(struct headers *headers, const struct manifest *manifest)
{
	struct error error = {0};
	const char *now;

	if (headers_configuration(headers, &now, &error) < 0)
		return as_reason(&error);
	return compare(manifest->configuration, now, "the kernel's configuration");
}

/* Compares kbuild itself, and all headers where no record says which ones were read. */
static char *compare_trees(struct headers *headers, const struct manifest *manifest)
{
	struct error error = {0};
	const char *now;

	if (headers_machinery(headers, &now, &error) < 0)
		return as_reason(&error);
	char *reason = compare(manifest->machinery, now, "kbuild");

	if (reason || (!manifest->whole && !manifest->inputs.probing))
		return reason;
	if (headers_whole(headers, &now, &error) < 0)
		return as_reason(&error);
	return compare(manifest->whole, now, "some header of a kernel that its build looks into");
}

/*
 * The path is a record's, and so a stranger's. Nobody but root can have put there what lies in
 * directories that only root writes to. There is no link to what is closed, and nothing that
 * waits for a reader.
 */
static bool is_roots_alone(const char *name)
{
	cleanup(free_string) char *path = realpath(name, NULL);
	struct stat info;

	while (path) {
		if (lstat(path, &info) < 0 || (info.st_uid != 0 && info.st_uid != geteuid()) ||
		    info.st_mode & S_IWOTH || (info.st_mode & S_IWGRP && info.st_gid != 0))
			return false;
		if (text_equal(path, "/"))
			return true;
		path_ascend(&path);
	}
	return false;
}

static char *compare_header(struct headers *headers, const char *name, const char *then)
{
	cleanup(error_clear) struct error ignored = {0};
	const char *now;

	if (text_equal(then, SHADOW_PASSED_OVER))
		return NULL;
	if (*name == '/' && !is_roots_alone(name))
		return text_format("%s is gone, or where other users can write", name);
	if (headers_digest(headers, name, &now, &ignored) < 0)
		return text_format("%s is missing", name);
	return text_equal(then, now) ? NULL : text_format("%s differs", name);
}

static char *compare_headers(struct headers *headers, const struct manifest *manifest)
{
	STRMAP_FOREACH (header, &manifest->headers) {
		char *reason = compare_header(headers, header->key, header->value);

		if (reason)
			return reason;
	}
	return shadow_find(headers, &manifest->headers);
}

/* By these alone a kernel makes the vermagic that it expects. */
static char *compare_vermagic(struct headers *headers, const struct manifest *manifest)
{
	bool found = false;

	STRMAP_FOREACH (header, &manifest->headers) {
		const char *base = path_basename(header->key);

		if (!text_equal(base, "vermagic.h") && !text_equal(base, "randomize_layout_hash.h"))
			continue;
		found = true;
		char *reason = compare_header(headers, header->key, header->value);

		if (reason)
			return reason;
	}
	return found ? NULL : text_format("it is not known what its vermagic was made from");
}

static char *compare_imports(const struct judge_request *request, const struct manifest *manifest)
{
	struct exports exports = {0};
	struct error error = {0};
	char *reason = NULL;

	if (exports_open(request->settings, request->headers, &request->package->build_depends,
			 &exports, &error) < 0)
		return as_reason(&error);
	STRMAP_FOREACH (import, &manifest->imports) {
		cleanup(free_string) char *now = exports_describe(&exports, import->key);
		const char *then = import->value;

		if (reason || text_equal(now ? now : MANIFEST_NO_EXPORT, then) ||
		    (!now && request->dependencies_to_come))
			continue;
		reason = text_format("the kernel's %s differs", import->key);
	}
	exports_close(&exports);
	return reason;
}

typedef char *check(const struct judge_request *request, const struct manifest *manifest);

static char *check_configuration(const struct judge_request *request,
				 const struct manifest *manifest)
{
	return compare_configuration(request->headers, manifest);
}

static char *check_trees(const struct judge_request *request, const struct manifest *manifest)
{
	return compare_trees(request->headers, manifest);
}

static char *check_headers(const struct judge_request *request, const struct manifest *manifest)
{
	return compare_headers(request->headers, manifest);
}

static char *check_vermagic(const struct judge_request *request, const struct manifest *manifest)
{
	return compare_vermagic(request->headers, manifest);
}

/* From the cheapest to the dearest. */
static check *const strict_checks[] = {compare_inputs,
				       compare_compiler,
				       check_configuration,
				       compare_imports,
				       check_headers,
				       check_trees,
				       NULL};
static check *const crc_checks[] = {compare_inputs, check_configuration, compare_imports,
				    check_vermagic, NULL};

char *judge_manifest(const struct judge_request *request, const struct manifest *manifest)
{
	check *const *checks = request->package->policy.abi_reuse == REUSE_CRC ? crc_checks
									       : strict_checks;
	char *reason = NULL;

	if (request->package->policy.abi_reuse == REUSE_NO)
		return text_format("abi_reuse is \"no\"");
	while (*checks && !reason)
		reason = (*checks++)(request, manifest);
	return reason;
}

static char *check_release(const struct judge_request *request, const struct manifest *manifest)
{
	const char *release = request->headers->kernel->id.release;
	size_t length = strlen(release);

	for (size_t i = 0; i < manifest->module_count; i++) {
		const char *vermagic = manifest->modules[i].vermagic;

		if (strncmp(vermagic, release, length) != 0 || vermagic[length] != ' ')
			return text_format("%s was not made for this kernel",
					   manifest->modules[i].name);
	}
	return NULL;
}

char *judge_published(const struct judge_request *request, const struct manifest *manifest,
		      bool *ret_checked)
{
	cleanup(error_clear) struct error none = {0};
	cleanup(free_string) char *include = headers_path(request->headers, "objtree/include");
	const struct symvers *exports;
	char *reason = check_release(request, manifest);

	*ret_checked = false;
	if (reason || headers_symvers(request->headers, &exports, &none) < 0 ||
	    !kernel_config_is_yes(request->headers->kernel, "MODVERSIONS"))
		return reason;
	*ret_checked = true;
	/* A build that would serve no other kernel does not record the configuration. */
	if (manifest->configuration && file_is_directory(include))
		reason = check_configuration(request, manifest);
	return reason ? reason : compare_imports(request, manifest);
}

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
