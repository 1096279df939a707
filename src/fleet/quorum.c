/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fleet/quorum.h"

#include <errno.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/strv.h"
#include "base/text.h"

static char *modules_of(const struct manifest *manifest)
{
	cleanup(strv_free) struct strv lines = {0};

	for (size_t i = 0; i < manifest->module_count; i++)
		strv_add_format(&lines, "%s %s", manifest->modules[i].name,
				manifest->modules[i].digest);
	strv_add_format(&lines, "Module.symvers %s", manifest->symvers ? manifest->symvers : "-");
	strv_sort(&lines);
	return strv_join(&lines, "\n");
}

static void vote_free(struct vote *vote)
{
	belief_free(&vote->belief);
	free(vote->remote);
	free(vote->config);
	free(vote->signature);
	free(vote->modules);
}

void votes_free(struct votes *votes)
{
	for (size_t i = 0; i < votes->count; i++)
		vote_free(&votes->items[i]);
	free(votes->items);
	*votes = (struct votes){0};
}

bool votes_has(const struct votes *votes, const char *key_id)
{
	for (size_t i = 0; i < votes->count; i++)
		if (text_equal(votes->items[i].belief.publisher.key_id, key_id))
			return true;
	return false;
}

void votes_add(struct votes *votes, struct belief *belief, const char *remote, const char *config,
	       const char *signature)
{
	if (votes_has(votes, belief->publisher.key_id)) {
		belief_free(belief);
		return;
	}
	*ARRAY_ADD(votes->items, votes->count) = (struct vote){
		.belief = *belief,
		.remote = xstrdup(remote),
		.config = xstrdup(config),
		.signature = xstrdup(signature),
		.modules = modules_of(belief->manifest),
	};
	*belief = (struct belief){0};
}

size_t votes_agreeing(const struct votes *votes, const struct vote *vote)
{
	size_t count = 0;

	for (size_t i = 0; i < votes->count; i++)
		count += text_equal(votes->items[i].modules, vote->modules);
	return count;
}

bool vote_is_for(const struct vote *vote, const struct manifest *manifest)
{
	cleanup(free_string) char *modules = modules_of(manifest);

	return text_equal(vote->modules, modules);
}

const struct vote *votes_winner(const struct votes *votes, size_t *ret_agreeing)
{
	const struct vote *winner = NULL;

	*ret_agreeing = 0;
	for (size_t i = 0; i < votes->count; i++) {
		size_t agreeing = votes_agreeing(votes, &votes->items[i]);

		if (agreeing > *ret_agreeing) {
			*ret_agreeing = agreeing;
			winner = &votes->items[i];
		}
	}
	return winner;
}

/* "A" and "B": those that agree with the vote, or those that do not. */
static char *names_of(const struct votes *votes, const struct vote *vote, bool agreeing)
{
	cleanup(strv_free) struct strv names = {0};

	for (size_t i = 0; i < votes->count; i++)
		if (text_equal(votes->items[i].modules, vote->modules) == agreeing)
			strv_add_format(&names, "\"%s\"", votes->items[i].belief.publisher.name);
	return strv_join(&names, ", ");
}

static int refuse_odd(const struct votes *votes, const struct asked *asked,
		      const struct vote *winner, size_t quorum, struct error *error)
{
	const struct module_id *id = asked->request->id;
	const char *release = asked->request->kernel->id.release;
	cleanup(free_string) char *alike = names_of(votes, winner, true);
	cleanup(free_string) char *odd = names_of(votes, winner, false);

	return error_set(
		error, -EACCES, EXIT_NOT_TRUSTED,
		"Publishers disagree on %s/%s for kernel %s: the modules of %s are not those "
		"of %s.\n"
		"One of them compiles otherwise, or was broken into. trust_quorum asks for %zu "
		"that agree.",
		id->name, id->version, release, odd, alike, quorum);
}

int votes_decide(const struct votes *votes, const struct asked *asked, size_t quorum,
		 const struct vote **ret_winner, struct error *error)
{
	const struct module_id *id = asked->request->id;
	size_t agreeing;
	const struct vote *winner = votes_winner(votes, &agreeing);

	if (agreeing >= quorum && agreeing < votes->count) {
		cleanup(free_string) char *odd = names_of(votes, winner, false);

		report(asked->request->reporter, REPORT_WARNING,
		       "The modules of %s/%s by %s are not those that %zu other publishers built. "
		       "They are not used.",
		       id->name, id->version, odd, agreeing);
	}
	if (agreeing >= quorum) {
		*ret_winner = winner;
		return 0;
	}
	if (agreeing < votes->count)
		return refuse_odd(votes, asked, winner, quorum, error);
	cleanup(free_string) char *alike = winner ? names_of(votes, winner, true)
						  : xstrdup("nobody");

	return error_set(error, -EACCES, EXIT_NOT_TRUSTED,
			 "Too few publishers have built %s/%s for kernel %s: %s. trust_quorum asks "
			 "for %zu that agree.",
			 id->name, id->version, asked->request->kernel->id.release, alike, quorum);
}
