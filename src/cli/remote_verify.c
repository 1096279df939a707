/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dkms remote verify: gets what a place has, as an install would, and keeps nothing of it. */
#include <errno.h>
#include <stdlib.h>

#include "base/directory.h"
#include "base/path.h"
#include "base/staging.h"
#include "base/text.h"
#include "cli/remote.h"
#include "trust/trust.h"

struct belief {
	const struct trust *trust;
	const struct found_build *build;
	struct publisher publisher;
};

static int believe(void *context, const char *config, const char *signature, struct error *error)
{
	struct belief *belief = context;
	const struct trust_question question = {
		.module = belief->build->module,
		.remote = belief->build->place,
		.config = config,
		.signature = signature,
	};

	return trust_verify(belief->trust, &question, &belief->publisher, error);
}

static int fetch(const struct remote_call *call, struct belief *belief, const char *directory,
		 struct error *error)
{
	cleanup(remote_build_free) struct remote_build build = {0};
	const struct remote_request request = {
		.base = belief->build->place,
		.module = belief->build->module,
		.tag = belief->build->about->digest,
		.directory = directory,
		.believe = believe,
		.context = belief,
	};

	return remote_fetch(call->session, &request, &build, error);
}

static void tell(struct remote_call *call, const struct belief *belief, struct error *failure)
{
	const struct publisher *publisher = &belief->publisher;
	cleanup(free_string) char *name = found_build_name(belief->build);

	if (call->list) {
		struct json_object *object = found_build_json(belief->build);

		json_set_flag(object, "verified", !failure->code);
		if (failure->code)
			json_set_text(object, "reason", failure->message);
		if (publisher->key_id)
			json_set_text(object, "signed_by", publisher->key_id);
		json_append(call->list, object);
	} else if (!failure->code) {
		report(&call->invocation->ui->reporter, REPORT_LINE,
		       "%s: verified, signed by %s (%s), in %s", name, publisher->name,
		       publisher->file, belief->build->place);
	}
	if (publisher->warning)
		report_text(&call->invocation->ui->reporter, REPORT_WARNING, publisher->warning);
	if (!failure->code)
		return;
	(void)error_wrap(failure, "%s", name);
	remote_call_failed(call, failure);
}

static int verify_one(struct remote_call *call, const struct trust *trust,
		      const struct found_build *build, const char *parent, struct error *error)
{
	struct belief belief = {.trust = trust, .build = build};
	cleanup(free_string) char *directory = NULL;
	struct error failure = {0};

	if (directory_make_temporary(parent, "fetch", &directory, error) < 0)
		return error->code;
	if (build->about->trouble)
		(void)error_set(&failure, -EBADMSG, EXIT_NOT_TRUSTED, "%s: %s: %s", build->place,
				build->tags.items[0], build->about->trouble);
	else
		(void)fetch(call, &belief, directory, &failure);
	if (failure.exit_status > 128)
		(void)error_move(error, &failure);
	else
		tell(call, &belief, &failure);
	publisher_free(&belief.publisher);
	(void)directory_remove(directory, error);
	return error->code;
}

int remote_verify(struct remote_call *call, struct error *error)
{
	const struct settings *settings = &call->invocation->settings;
	cleanup(found_builds_free) struct found_builds builds = {0};
	cleanup(trust_free_handler) struct trust *trust = NULL;
	cleanup(staging_close) struct staging staging = {.lock = -1};

	if (trust_load(settings, &call->invocation->ui->reporter, &trust, error) < 0 ||
	    remote_call_find(call, &builds, error) < 0 ||
	    staging_open(settings->temporary, "package", &staging, error) < 0)
		return error->code;
	for (size_t i = 0; i < builds.count; i++)
		if (verify_one(call, trust, &builds.items[i], staging.path, error) < 0)
			return error->code;
	return 0;
}
