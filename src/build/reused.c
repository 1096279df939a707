/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Builds of other machines, before the compiler has its turn. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/directory.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/text.h"
#include "build/builder.h"
#include "fleet/fleet.h"
#include "remote/remote.h"
#include "reuse/cache.h"
#include "reuse/manifest.h"
#include "tree/layout.h"
#include "tree/safety.h"

/* In one line, and then the compiler has its turn. */
static void report_fallback(const struct builder *builder, struct error *error)
{
	const struct build_request *request = builder->request;
	cleanup(free_string) char *reason = text_replaced(error->message, "\n", " ");
	bool absent = error->exit_status == EXIT_NOT_PUBLISHED;

	report(request->reporter, absent ? REPORT_LINE : REPORT_WARNING,
	       absent ? "No remote has %s/%s for kernel %s: it is compiled here."
		      : "%s/%s for kernel %s is compiled here. %s",
	       request->id->name, request->id->version, request->kernel->id.release, reason);
	if (absent)
		report_text(request->reporter, REPORT_VERBOSE, error->message);
	error_clear(error);
}

/* The compiler has had its turn, in an earlier run. */
static int refuse_again(const struct builder *builder, struct error *error)
{
	const struct build_request *request = builder->request;
	cleanup(free_string) char *reason = text_replaced(error->message, "\n", " ");
	const struct kernel_id *kernel = &request->kernel->id;
	cleanup(free_string) char *log = layout_failed(request->settings, request->id, kernel,
						       ".log");

	error_clear(error);
	(void)error_set(error, -ECANCELED, request->failed_before,
			"%s/%s failed to build for kernel %s (%s) before, and nothing has changed "
			"since: it is not tried again.",
			request->id->name, request->id->version, kernel->release, kernel->arch);
	failure_explain(builder, log, error);
	return error_hint(error, "%s", reason);
}

/* Shrinks the cache, now that the modules are taken. */
static void tidy(const struct builder *builder)
{
	const struct settings *settings = builder->request->settings;
	cleanup(error_clear) struct error ignored = {0};
	size_t removed;

	(void)cache_shrink(settings, settings->cache_size, false, &removed, &ignored);
}

/* From wherever it is. An entry of the cache that proves damaged is gone after the first time. */
static int take(struct builder *builder, bool *ret_taken, bool *ret_found, struct error *error)
{
	enum { TRIALS = 2 };
	const struct build_request *request = builder->request;
	const struct fleet_request question = {
		.fleet = request->fleet,
		.settings = request->settings,
		.id = request->id,
		.package = request->package,
		.kernel = request->kernel,
		.reporter = request->reporter,
		.glimpse = request->glimpse,
	};

	for (int i = 0; i < TRIALS && !*ret_taken; i++) {
		if (builder->pulled)
			reuse_candidate_free(TAKE(builder->pulled));
		if (fleet_find(&question, &builder->pulled, error) < 0)
			return error->code;
		builder->candidate = builder->pulled;
		*ret_found = true;
		if (reused_stage(builder, ret_taken, error) < 0)
			return error->code;
	}
	if (*ret_taken)
		tidy(builder);
	return 0;
}

/* Nobody asked to stop, and nothing of the build is staged: the compiler can have its turn. */
static bool may_be_compiled(const struct builder *builder, bool found, const struct error *error)
{
	return !found && error->code != -EINTR &&
	       !fleet_must_serve(builder->request->settings, builder->request->package);
}

int pull_stage(struct builder *builder, bool *ret_taken, struct error *error)
{
	const struct build_request *request = builder->request;

	if (!request->fleet)
		return 0;
	bool found = false;
	int code = take(builder, ret_taken, &found, error);

	/* A damaged build has left nothing in the stage. */
	found &= code < 0;
	if (!code && !*ret_taken)
		code = error_set(error, -EBADMSG, EXIT_NOT_PUBLISHED,
				 "The build of %s/%s that was pulled is damaged.",
				 request->id->name, request->id->version);
	if (code < 0 && may_be_compiled(builder, found, error)) {
		if (request->failed_before)
			return refuse_again(builder, error);
		report_fallback(builder, error);
		code = 0;
	}
	return code;
}

/* Said once, and then the compiler has its turn. */
static void refuse(const struct builder *builder, const char *reason)
{
	const struct build_request *request = builder->request;

	report(request->reporter, REPORT_LINE,
	       "The build for kernel %s cannot be reused for %s/%s after all: %s",
	       builder->candidate->manifest->kernel.release, request->id->name,
	       request->id->version, reason);
}

/* A build in the tree that others may write to holds anything: it would be signed here. */
static bool is_safe(const struct builder *builder)
{
	const struct build_request *request = builder->request;
	const char *product = builder->candidate->product;
	cleanup(free_string) char *parent = path_parent(product);
	const struct kernel_id kernel = {(char *)path_basename(parent),
					 (char *)path_basename(product)};
	cleanup(error_clear) struct error unsafe = {0};

	if (builder->candidate->cached ||
	    safety_require_product(request->settings, request->id, &kernel, "is not reused",
				   &unsafe) == 0)
		return true;
	refuse(builder, unsafe.message);
	return false;
}

/* The facts as they are now, when everything that the plan had before this has been done. */
static bool still_fits(const struct builder *builder)
{
	const struct build_request *request = builder->request;
	const struct reuse_request question = {
		.context = builder->candidate->context,
		.settings = request->settings,
		.id = request->id,
		.package = request->package,
		.kernel = request->kernel,
	};

	/* It was believed a moment ago, and knows no other kernel. */
	if (builder->candidate->pulled)
		return true;
	if (!is_safe(builder))
		return false;
	cleanup(free_string) char *reason = reuse_recheck(&question, builder->candidate);

	if (reason)
		refuse(builder, reason);
	return !reason;
}

/* The modules as they came from the compiler, checked. A damaged one leaves the stage empty. */
static int extract(const struct builder *builder, const char *modules, bool *ret_done,
		   struct error *error)
{
	const struct reuse_candidate *candidate = builder->candidate;
	cleanup(free_string) char *from = path_join(candidate->product, "module", NULL);
	struct error damage = {0};

	if (artifact_extract(from, candidate->manifest, modules, &damage) == 0) {
		*ret_done = true;
		return 0;
	}
	refuse(builder, damage.message);
	error_clear(&damage);
	if (candidate->cached && cache_drop(candidate->product, &damage) < 0)
		error_clear(&damage);
	if (directory_remove(modules, error) < 0)
		return error->code;
	if (mkdir(modules, 0755) < 0)
		return error_errno(error, -errno, 0, "Cannot make the directory %s", modules);
	return 0;
}

/* The place that the module would have in the build directory of this build. */
static char *shown_path(const struct builder *builder, const char *name)
{
	const struct package *package = builder->request->package;

	for (size_t i = 0; i < package->module_count; i++) {
		const struct built_module *module = &package->modules[i];
		cleanup(free_string) char *dest = text_format("%s.ko", module->dest_name);
		cleanup(free_string) char *built = text_format("%s.ko", module->built_name);

		if (text_equal(dest, name))
			return path_join(builder->workspace->shown_build, module->built_location,
					 built, NULL);
	}
	return path_join(builder->workspace->product, "module", name, NULL);
}

static void report_step(struct reporter *reporter, const char *label)
{
	report_text(reporter, REPORT_STEP, label);
	report_text(reporter, REPORT_STEP_DONE, "");
}

/*
 * Another kernel's build is news. The very build that is asked for is not, and callers that read
 * the output look for the steps that made it.
 */
static void announce(const struct builder *builder)
{
	const struct build_request *request = builder->request;
	const char *release = builder->candidate->manifest->kernel.release;
	bool same = text_equal(release, request->kernel->id.release);
	const struct pulled *pulled = builder->candidate->pulled;
	const char *patch;

	if (pulled) {
		cleanup(free_string) char *host = remote_host(pulled->remote);

		report(request->reporter, REPORT_LINE,
		       "Taking the build of %s/%s for kernel %s from %s, signed by \"%s\".",
		       request->id->name, request->id->version, release, host, pulled->publisher);
		return;
	}
	report(request->reporter, same ? REPORT_VERBOSE : REPORT_LINE,
	       "Reusing the build of %s/%s for kernel %s.", request->id->name, request->id->version,
	       release);
	if (!same)
		return;
	STRV_FOREACH (patch, &request->package->patches) {
		cleanup(free_string) char *label = text_format(LABEL_PATCH, patch);

		report_step(request->reporter, label);
	}
	report_step(request->reporter, LABEL_BUILDING);
}

static int finish_modules(const struct builder *builder, const char *modules, struct error *error)
{
	const struct manifest *manifest = builder->candidate->manifest;
	struct signing *signing = builder->request->signing;
	int code = signing ? signing_open(signing, builder->request->reporter, error) : 0;

	if (code < 0)
		return code;
	for (size_t i = 0; i < manifest->module_count && !code; i++) {
		const char *name = manifest->modules[i].name;
		cleanup(free_string) char *path = path_join(modules, name, NULL);
		cleanup(free_string) char *shown = shown_path(builder, name);

		code = products_finish_module(builder->request, path, shown, error);
	}
	if (signing)
		signing_close(signing);
	return code;
}

/* The manifest as it was signed, and where it came from. */
static int write_pulled(const struct builder *builder, struct error *error)
{
	const struct reuse_candidate *candidate = builder->candidate;
	const struct pulled *pulled = candidate->pulled;
	const char *stage = builder->workspace->stage;
	cleanup(free_string) char *from = path_join(candidate->product, MANIFEST_NAME, NULL);
	cleanup(free_string) char *manifest = path_join(stage, MANIFEST_NAME, NULL);
	cleanup(free_string) char *mark = path_join(stage, LAYOUT_PULLED, NULL);
	cleanup(free_string) char *host = remote_host(pulled->remote);
	cleanup(free_string) char *note = text_format("Pulled: %s of %s, signed by %s (%s)",
						      pulled->tag, pulled->remote,
						      pulled->publisher, pulled->key_id);

	if (file_copy_unsynced(from, manifest, error) < 0 ||
	    make_log_note(builder->log, note, error) < 0 || pulled_write(stage, pulled, error) < 0)
		return error->code;
	return file_symlink(host, mark, error);
}

/* The manifest as it was, and whose build it is. */
static int write_origin(const struct builder *builder, struct error *error)
{
	const struct manifest *manifest = builder->candidate->manifest;
	const char *stage = builder->workspace->stage;
	const char *release = manifest->kernel.release;
	cleanup(free_string) char *path = path_join(stage, MANIFEST_NAME, NULL);
	cleanup(free_string) char *mark = path_join(stage, LAYOUT_REUSED, NULL);
	cleanup(free_string) char *text = manifest_print(manifest);
	cleanup(free_string) char *note = text_format("Reused: compiled for kernel %s", release);

	if (file_write_unsynced(path, text, strlen(text), 0644, error) < 0 ||
	    make_log_note(builder->log, note, error) < 0)
		return error->code;
	if (text_equal(release, builder->request->kernel->id.release))
		return 0;
	return file_symlink(release, mark, error);
}

int reused_stage(const struct builder *builder, bool *ret_reused, struct error *error)
{
	const struct reuse_candidate *candidate = builder->candidate;
	cleanup(free_string) char *modules = path_join(builder->workspace->stage, "module", NULL);
	bool extracted = false;

	if (!still_fits(builder))
		return 0;
	if (extract(builder, modules, &extracted, error) < 0 || !extracted)
		return error->code;
	announce(builder);
	if (finish_modules(builder, modules, error) < 0 ||
	    (candidate->pulled ? write_pulled : write_origin)(builder, error) < 0)
		return error->code;
	if (candidate->cached)
		cache_touch(candidate->product);
	*ret_reused = true;
	return 0;
}
