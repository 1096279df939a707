/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Builds of other machines, before the compiler has its turn. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "build/builder.h"
#include "fleet/fleet.h"
#include "reuse/cache.h"

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

	error_clear(error);
	(void)error_set(error, -ECANCELED, request->failed_before,
			"%s/%s failed to build for kernel %s (%s) before, and nothing has changed "
			"since: it is not tried again. See: dkms why %s/%s -k %s",
			request->id->name, request->id->version, kernel->release, kernel->arch,
			request->id->name, request->id->version, kernel->release);
	return error_hint(error, "%s", reason);
}

/* What nobody needs any more goes, now that its modules are taken. */
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
