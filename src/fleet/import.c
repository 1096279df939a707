/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fleet/import.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/directory.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/staging.h"
#include "base/text.h"
#include "reuse/cache.h"
#include "reuse/manifest.h"

#define SIGNATURE ".signature.cms"
#define WITNESSES "witnesses" /* configs and signatures of others that built the same */

int import_open(const struct asked *asked, struct remote_session *session,
		struct import *ret_import, struct error *error)
{
	struct staging *staging = NEW(struct staging);

	staging->lock = -1;
	if (cache_stage(asked->request->settings, staging, error) < 0) {
		free(staging);
		return error->code;
	}
	*ret_import = (struct import){asked, session, xstrdup(staging->path), staging};
	return 0;
}

void import_close(struct import *import)
{
	if (import->staging)
		staging_close(import->staging);
	free(import->staging);
	free(import->path);
	*import = (struct import){0};
}

static int make_directory(const char *path, struct error *error)
{
	return mkdir(path, 0700) < 0
		       ? error_errno(error, -errno, 0, "Cannot make the directory %s", path)
		       : 0;
}

/* The question that remote_fetch() asks about a build. */
struct question {
	const struct import *import;
	const char *remote;
	const char *key_id;      /* who must have signed; NULL: anybody who is trusted */
	const struct vote *like; /* NULL: of any modules */
	struct belief belief;
};

static int believe(void *context, const char *config, const char *signature, struct error *error)
{
	struct question *question = context;
	const struct asked *asked = question->import->asked;

	belief_free(&question->belief);
	if (asked_believe(asked, question->remote, config, signature, &question->belief, error) < 0)
		return error->code;
	const char *signer = question->belief.publisher.key_id;

	if (question->key_id && !text_equal(signer, question->key_id))
		return error_set(error, -EACCES, EXIT_NOT_TRUSTED,
				 "The build of %s from %s is refused: it lies under another "
				 "publisher's name.",
				 asked->request->id->name, question->remote);
	if (question->like && !vote_is_for(question->like, question->belief.manifest))
		return error_set(error, -EACCES, EXIT_NOT_TRUSTED,
				 "The build of %s from %s is refused: it has changed while it was "
				 "fetched.",
				 asked->request->id->name, question->remote);
	return 0;
}

/* Keeps config and signature, and ends the fetch before its modules. */
static int believe_and_stop(void *context, const char *config, const char *signature,
			    struct error *error)
{
	struct question *question = context;
	cleanup(free_string) char *kept = path_join(question->import->path, WITNESSES,
						    question->key_id, NULL);
	cleanup(free_string) char *kept_config = text_format("%s.json", kept);
	cleanup(free_string) char *kept_signature = text_format("%s.cms", kept);

	if (believe(context, config, signature, error) < 0 ||
	    file_copy_unsynced(config, kept_config, error) < 0 ||
	    file_copy_unsynced(signature, kept_signature, error) < 0)
		return error->code;
	return error_set(error, -ECANCELED, 0, "Enough is known.");
}

static int fetch(struct import *import, const struct remote_request *wanted,
		 struct remote_build *ret_build, struct error *error)
{
	cleanup(free_string) char *directory = path_join(import->path, "fetched", NULL);
	struct remote_request request = *wanted;

	request.module = import->asked->request->id->name;
	request.directory = directory;
	if (directory_remove(directory, error) < 0 || make_directory(directory, error) < 0)
		return error->code;
	return remote_fetch(import->session, &request, ret_build, error);
}

int import_vote(struct import *import, const char *remote, const char *key_id, struct votes *votes,
		struct error *error)
{
	struct question question = {.import = import, .remote = remote, .key_id = key_id};
	cleanup(free_string) char *tag = tag_of_publisher(import->asked->tag, key_id);
	cleanup(free_string) char *kept = path_join(import->path, WITNESSES, NULL);
	const struct remote_request request = {
		.base = remote, .tag = tag, .believe = believe_and_stop, .context = &question};
	struct remote_build build = {0};

	if (!file_is_directory(kept) && make_directory(kept, error) < 0)
		return error->code;
	int code = fetch(import, &request, &build, error);

	remote_build_free(&build);
	if (code == -ECANCELED) {
		cleanup(free_string) char *config = text_format("%s/%s.json", kept, key_id);
		cleanup(free_string) char *signature = text_format("%s/%s.cms", kept, key_id);

		error_clear(error);
		votes_add(votes, &question.belief, remote, config, signature);
		code = 0;
	}
	belief_free(&question.belief);
	return code;
}

static struct reuse_candidate *make_candidate(const struct asked *asked, struct belief *belief,
					      const char *entry, struct pulled *pulled)
{
	struct reuse_candidate *candidate = NEW(struct reuse_candidate);

	candidate->context = asked->context;
	candidate->manifest = TAKE(belief->manifest);
	candidate->product = xstrdup(entry);
	candidate->cached = true;
	candidate->pulled = pulled;
	return candidate;
}

static void add_verified(const struct belief *belief, const struct asked *asked, size_t agreeing,
			 struct strv *verified)
{
	strv_add(verified, "signature");
	strv_add(verified, "digests");
	strv_add_format(verified, "kernel build %s", asked->kernel_build);
	if (agreeing > 1)
		strv_add_format(verified, "%zu publishers agree", agreeing);
	strv_add(verified,
		 belief->checked_imports
			 ? "imported symbols"
			 : "imported symbols by the publisher's word, for want of headers");
}

/* Keeps the votes that agree, except the publisher's own. */
static int keep_witnesses(const char *entry, const struct vote *like, const struct votes *votes,
			  struct error *error)
{
	cleanup(free_string) char *to = path_join(entry, WITNESSES, NULL);

	if (!like)
		return 0;
	if (make_directory(to, error) < 0)
		return error->code;
	for (size_t i = 0; i < votes->count; i++) {
		const struct vote *vote = &votes->items[i];
		cleanup(free_string) char *config = path_join(to, path_basename(vote->config),
							      NULL);
		cleanup(free_string) char *signature = path_join(to, path_basename(vote->signature),
								 NULL);

		if (vote == like || !text_equal(vote->modules, like->modules))
			continue;
		if (file_copy_unsynced(vote->config, config, error) < 0 ||
		    file_copy_unsynced(vote->signature, signature, error) < 0)
			return error->code;
	}
	return 0;
}

static int lay_entry(const struct import *import, const struct remote_build *build,
		     const struct pulled *pulled, const struct vote *like,
		     const struct votes *votes, char **ret_entry, struct error *error)
{
	cleanup(free_string) char *entry = path_join(import->path, "entry", NULL);
	cleanup(free_string) char *config = path_join(entry, MANIFEST_NAME, NULL);
	cleanup(free_string) char *signature = path_join(entry, SIGNATURE, NULL);
	cleanup(free_string) char *modules = path_join(entry, "module", NULL);

	if (directory_remove(entry, error) < 0 || make_directory(entry, error) < 0 ||
	    file_rename(build->config, config, error) < 0 ||
	    file_rename(build->signature, signature, error) < 0 ||
	    file_rename(build->modules, modules, error) < 0 ||
	    pulled_write(entry, pulled, error) < 0 || keep_witnesses(entry, like, votes, error) < 0)
		return error->code;
	return cache_take(import->asked->request->settings, import->asked->tag, entry, ret_entry,
			  error);
}

int import_build(struct import *import, const char *remote, const char *tag,
		 const struct vote *like, const struct votes *votes,
		 struct reuse_candidate **ret_candidate, struct error *error)
{
	struct question question = {
		.import = import,
		.remote = remote,
		.key_id = like ? like->belief.publisher.key_id : NULL,
		.like = like,
	};
	const struct remote_request request = {
		.base = remote, .tag = tag, .believe = believe, .context = &question};
	struct remote_build build = {0};
	struct pulled *pulled = NEW(struct pulled);
	cleanup(free_string) char *entry = NULL;
	size_t agreeing = 0;
	int code = fetch(import, &request, &build, error);

	if (!code) {
		if (like)
			(void)votes_winner(votes, &agreeing);
		*pulled = (struct pulled){
			.remote = xstrdup(remote),
			.tag = xstrdup(tag),
			.digest = xstrdup(build.manifest_digest),
			.publisher = xstrdup(question.belief.publisher.name),
			.key_id = xstrdup(question.belief.publisher.key_id),
		};
		add_verified(&question.belief, import->asked, agreeing, &pulled->verified);
		code = lay_entry(import, &build, pulled, like, votes, &entry, error);
	}
	if (!code)
		*ret_candidate = make_candidate(import->asked, &question.belief, entry,
						TAKE(pulled));
	if (pulled)
		pulled_free(pulled);
	belief_free(&question.belief);
	remote_build_free(&build);
	return code;
}

/* Adds the votes beside an entry that are still believed. */
static void count_witnesses(const struct asked *asked, const char *entry, const char *remote,
			    struct votes *votes)
{
	cleanup(free_string) char *directory = path_join(entry, WITNESSES, NULL);
	cleanup(strv_free) struct strv names = {0};
	const char *name;

	directory_list_if_possible(directory, &names);
	STRV_FOREACH (name, &names) {
		cleanup(free_string) char *config = path_join(directory, name, NULL);
		struct belief belief = {0};
		cleanup(error_clear) struct error ignored = {0};

		if (!text_ends_with(name, ".json"))
			continue;
		cleanup(free_string) char *stem = xstrndup(config, strlen(config) - 5);
		cleanup(free_string) char *signature = text_format("%s.cms", stem);

		if (asked_believe(asked, remote, config, signature, &belief, &ignored) == 0)
			votes_add(votes, &belief, remote, config, signature);
	}
}

/* Trust may have been withdrawn since it was fetched. */
static int believe_entry(const struct asked *asked, const char *entry, size_t quorum,
			 struct pulled **ret_pulled, struct belief *ret_belief, struct error *error)
{
	cleanup(free_string) char *config = path_join(entry, MANIFEST_NAME, NULL);
	cleanup(free_string) char *signature = path_join(entry, SIGNATURE, NULL);
	cleanup(votes_free) struct votes votes = {0};
	struct belief vote = {0};

	if (pulled_read(entry, ret_pulled, error) < 0)
		return error->code;
	const char *remote = (*ret_pulled)->remote;

	if (asked_believe(asked, remote, config, signature, ret_belief, error) < 0 || quorum < 2)
		return error->code;
	if (asked_believe(asked, remote, config, signature, &vote, error) < 0)
		return error->code;
	votes_add(&votes, &vote, remote, config, signature);
	count_witnesses(asked, entry, remote, &votes);
	return votes_agreeing(&votes, &votes.items[0]) < quorum
		       ? error_set(error, -EACCES, EXIT_NOT_TRUSTED,
				   "%s has too few publishers for trust_quorum.", entry)
		       : 0;
}

static struct reuse_candidate *look_at(const struct asked *asked, const char *entry, size_t quorum)
{
	cleanup(belief_free) struct belief belief = {0};
	cleanup(error_clear) struct error error = {0};
	struct pulled *pulled = NULL;

	if (believe_entry(asked, entry, quorum, &pulled, &belief, &error) == 0)
		return make_candidate(asked, &belief, entry, pulled);
	report(asked->request->reporter, REPORT_VERBOSE, "Not taken from the cache: %s",
	       error.message);
	if (pulled)
		pulled_free(pulled);
	return NULL;
}

struct reuse_candidate *import_find(const struct asked *asked, size_t quorum)
{
	cleanup(strv_free) struct strv entries = {0};
	const char *entry;

	cache_find_key(asked->request->settings, asked->tag, &entries, asked->request->reporter);
	STRV_FOREACH (entry, &entries) {
		struct reuse_candidate *candidate = look_at(asked, entry, quorum);

		if (candidate)
			return candidate;
	}
	return NULL;
}
