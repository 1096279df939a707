/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fleet/asked.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/strv.h"
#include "base/text.h"
#include "fleet/sourceless.h"
#include "kernel/kernel.h"
#include "model/compression.h"
#include "module/ko.h"
#include "reuse/reuse.h"
#include "reuse/manifest.h"

static bool take_symvers(struct headers *headers, const char *path)
{
	cleanup(free_string) char *text = NULL;
	cleanup(error_clear) struct error unreadable = {0};
	size_t length;

	return file_is_regular(path) && ko_read(path, &text, &length, &unreadable) == 0 &&
	       headers_take_symvers(headers, path, text, length, &unreadable) == 0;
}

/*
 * Without headers, takes the symbols that a kernel exports from the file that some distributions
 * put beside it. This is /lib/modules/K/symvers or /boot/symvers-K with a suffix of its
 * compression. Best effort.
 */
static void find_exported(const struct settings *settings, struct headers *headers)
{
	static const enum compression all[] = {COMPRESSION_NONE, COMPRESSION_GZIP, COMPRESSION_XZ,
					       COMPRESSION_ZSTD};
	const struct kernel *kernel = headers->kernel;
	cleanup(error_clear) struct error none = {0};
	const struct symvers *known;
	bool taken = headers_symvers(headers, &known, &none) == 0;

	for (size_t i = 0; i < sizeof(all) / sizeof(*all) && !taken; i++) {
		const char *suffix = compression_suffix(all[i]);
		cleanup(free_string) char *own = text_format("%s/symvers%s",
							     kernel->module_directory, suffix);
		cleanup(free_string) char *name = text_format("/boot/symvers-%s%s",
							      kernel->id.release, suffix);
		cleanup(free_string) char *boot = settings_path(settings, name);

		taken = take_symvers(headers, own) || take_symvers(headers, boot);
	}
}

int asked_open(const struct fleet_request *request, struct reuse_context *context,
	       struct asked *asked, struct error *error)
{
	struct headers *headers = reuse_headers(context, request->kernel);

	find_exported(request->settings, headers);
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

/* The first difference from the request; NULL: none. Static. */
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

/* Exactly the modules that this machine would build. */
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
