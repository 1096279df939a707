/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fleet/fleet.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "fleet/import.h"
#include "fleet/sourceless.h"
#include "reuse/manifest.h"

struct fleet {
	struct reuse_context *context;
	struct remote_session *session;
};

struct fleet *fleet_open(const struct settings *settings, struct reuse_context *context,
			 struct reporter *reporter)
{
	struct fleet *fleet = NEW(struct fleet);

	*fleet = (struct fleet){context, remote_session_new(settings, reporter)};
	return fleet;
}

void fleet_free(struct fleet *fleet)
{
	remote_session_free(fleet->session);
	free(fleet);
}

/* The remotes of the command line, else of the policy. */
static void list_remotes(const struct settings *settings, const struct policy *policy,
			 struct strv *remotes)
{
	if (settings->remotes.count)
		strv_add_all(remotes, &settings->remotes);
	else
		strv_split(remotes, policy->remote.text, " \t\n");
}

bool fleet_may_serve(const struct settings *settings, const struct package *package)
{
	const struct policy *policy = &package->policy;
	bool named = settings->remotes.count || *policy->remote.text;

	return named && (policy->remote_policy != REMOTE_NEVER || settings->remotes.count) &&
	       !package->post_build;
}

bool fleet_must_serve(const struct settings *settings, const struct package *package)
{
	const struct module_id id = {package->name, package->version};

	if (sourceless_is(settings, &id))
		return true;
	return settings->only_remotes || package->policy.remote_policy == REMOTE_ONLY;
}

/* The remotes that were asked, and their answers. */
struct inquiry {
	struct buffer text; /* a line for each remote */
	bool refused, unreachable;
};

static void note(struct inquiry *inquiry, const char *remote, struct error *error)
{
	const char *message = error->code == -ENOENT ? "it is not there." : error->message;

	inquiry->refused |= error->exit_status == EXIT_NOT_TRUSTED;
	inquiry->unreachable |= error->exit_status == EXIT_UNREACHABLE;
	buffer_add_text(&inquiry->text, "\n");
	if (!strstr(message, remote))
		buffer_add_format(&inquiry->text, "%s: ", remote);
	buffer_add_text(&inquiry->text, message);
	error_clear(error);
}

/* A failure that has nothing to do with the remote: a full disk, a signal. */
static bool is_ours(const struct error *error)
{
	return error->exit_status != EXIT_NOT_PUBLISHED && error->exit_status != EXIT_NOT_TRUSTED &&
	       error->exit_status != EXIT_UNREACHABLE;
}

/* The last publisher under a tag may be a stranger here: each publisher has a tag of its own, too.
 */
static int ask_publishers(struct import *import, const char *remote,
			  struct reuse_candidate **ret_candidate, struct error *refusal)
{
	const struct asked *asked = import->asked;
	cleanup(strv_free) struct strv keys = {0};
	cleanup(error_clear) struct error error = {0};
	const char *key;

	(void)trust_list_keys(asked->trust, asked->request->id->name, remote, &keys, &error);
	STRV_FOREACH (key, &keys) {
		cleanup(free_string) char *tag = tag_of_publisher(asked->tag, key);

		error_clear(&error);
		if (import_build(import, remote, tag, NULL, NULL, ret_candidate, &error) == 0) {
			error_clear(refusal);
			return 0;
		}
		if (is_ours(&error))
			break;
	}
	if (!error.code || !is_ours(&error))
		return refusal->code;
	error_clear(refusal);
	return error_move(refusal, &error);
}

static int ask_one(struct import *import, const char *remote,
		   struct reuse_candidate **ret_candidate, struct error *error)
{
	if (import_build(import, remote, import->asked->tag, NULL, NULL, ret_candidate, error) == 0)
		return 0;
	return error->code == -EACCES && !is_ours(error)
		       ? ask_publishers(import, remote, ret_candidate, error)
		       : error->code;
}

/* Takes the first build that is believed. */
static int ask_in_turn(struct import *import, const struct strv *remotes, struct inquiry *inquiry,
		       struct reuse_candidate **ret_candidate, struct error *error)
{
	const char *remote;

	STRV_FOREACH (remote, remotes) {
		if (ask_one(import, remote, ret_candidate, error) == 0)
			return 0;
		if (is_ours(error))
			return error->code;
		note(inquiry, remote, error);
	}
	return -ENOENT;
}

/* A remote that lies, or whose builds are refused, does not keep others from being asked. */
static int collect_votes(struct import *import, const char *remote, size_t quorum,
			 struct votes *votes, struct inquiry *inquiry, struct error *error)
{
	const struct asked *asked = import->asked;
	cleanup(strv_free) struct strv keys = {0};
	size_t agreeing = 0;
	const char *key;

	if (trust_list_keys(asked->trust, asked->request->id->name, remote, &keys, error) < 0)
		return error->code;
	STRV_FOREACH (key, &keys) {
		if (agreeing >= quorum || votes_has(votes, key))
			continue;
		int code = import_vote(import, remote, key, votes, error);

		if (code < 0 && is_ours(error))
			return code;
		if (code < 0 && code != -ENOENT)
			note(inquiry, remote, error);
		error_clear(error);
		if (code == -EHOSTUNREACH)
			break;
		(void)votes_winner(votes, &agreeing);
	}
	return 0;
}

static int ask_all(struct import *import, const struct strv *remotes, size_t quorum,
		   struct inquiry *inquiry, struct reuse_candidate **ret_candidate,
		   struct error *error)
{
	cleanup(votes_free) struct votes votes = {0};
	const struct vote *winner;
	const char *remote;

	STRV_FOREACH (remote, remotes)
		if (collect_votes(import, remote, quorum, &votes, inquiry, error) < 0)
			return error->code;
	if (!votes.count)
		return -ENOENT;
	if (votes_decide(&votes, import->asked, quorum, &winner, error) < 0)
		return error->code;
	cleanup(free_string) char *tag = tag_of_publisher(import->asked->tag,
							  winner->belief.publisher.key_id);

	return import_build(import, winner->remote, tag, winner, &votes, ret_candidate, error);
}

static int conclude(const struct asked *asked, const struct inquiry *inquiry, struct error *error)
{
	const struct fleet_request *request = asked->request;
	int status = inquiry->refused       ? EXIT_NOT_TRUSTED
		     : inquiry->unreachable ? EXIT_UNREACHABLE
					    : EXIT_NOT_PUBLISHED;

	return error_set(error, -ENOENT, status,
			 "No remote gives a build of %s/%s for kernel %s (%s).\nAsked for %s:%s",
			 request->id->name, request->id->version, request->kernel->id.release,
			 request->kernel->id.arch, asked->tag,
			 inquiry->text.data ? inquiry->text.data : " nowhere.");
}

static int ask(const struct asked *asked, const struct strv *remotes, size_t quorum,
	       struct reuse_candidate **ret_candidate, struct error *error)
{
	const struct fleet_request *request = asked->request;
	cleanup(import_close) struct import import = {0};
	struct inquiry inquiry = {0};

	if (import_open(asked, request->fleet->session, &import, error) < 0)
		return error->code;
	int code = quorum > 1 ? ask_all(&import, remotes, quorum, &inquiry, ret_candidate, error)
			      : ask_in_turn(&import, remotes, &inquiry, ret_candidate, error);

	if (code < 0 && !error->code)
		code = conclude(asked, &inquiry, error);
	buffer_free(&inquiry.text);
	return code;
}

int fleet_find(const struct fleet_request *request, struct reuse_candidate **ret_candidate,
	       struct error *error)
{
	const struct policy *policy = &request->package->policy;
	size_t quorum = policy->trust_quorum.number ? policy->trust_quorum.number : 1;
	cleanup(asked_close) struct asked asked = {0};
	cleanup(strv_free) struct strv remotes = {0};

	list_remotes(request->settings, policy, &remotes);
	if (request->glimpse)
		remote_session_watch(request->fleet->session, request->glimpse);
	if (asked_open(request, request->fleet->context, &asked, error) < 0)
		return error->code;
	*ret_candidate = import_find(&asked, quorum);
	if (*ret_candidate)
		return 0;
	if (request->settings->offline)
		return error_set(
			error, -ENOENT, EXIT_NOT_PUBLISHED,
			"The cache holds no build of %s/%s for kernel %s (%s) by a trusted "
			"publisher, and --offline asks no remote.\nIt would be %s.",
			request->id->name, request->id->version, request->kernel->id.release,
			request->kernel->id.arch, asked.tag);
	return ask(&asked, &remotes, quorum, ret_candidate, error);
}

int fleet_lay_source(const struct settings *settings, const struct module_id *id,
		     const struct kernel *kernel, bool watched, struct reporter *reporter,
		     struct error *error)
{
	/* Only the name of the module is known. */
	const struct package package = {
		.name = id->name, .version = id->version, .policy = settings->policy};
	struct reuse_context context = {0};
	struct fleet *fleet = fleet_open(settings, &context, reporter);
	const struct fleet_request request = {
		.fleet = fleet,
		.settings = settings,
		.id = id,
		.package = &package,
		.kernel = kernel,
		.reporter = reporter,
	};
	struct reuse_candidate *candidate = NULL;

	if (watched)
		remote_session_watch(fleet->session, NULL);
	if (fleet_find(&request, &candidate, error) == 0 && candidate) {
		(void)sourceless_lay(settings, candidate->manifest, error);
		reuse_candidate_free(candidate);
	}
	fleet_free(fleet);
	reuse_context_free(&context);
	return error->code;
}
