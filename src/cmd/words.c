/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/words.h"

#include <errno.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/text.h"
#include "cmd/actions.h"

static int take_action(struct invocation *invocation, const struct action *action,
		       struct error *error)
{
	if (invocation->action)
		return error_set(error, -EINVAL, EXIT_BROKEN,
				 "Cannot do more than one action at a time: %s and %s.",
				 invocation->action->name, action->name);
	invocation->action = action;
	return 0;
}

static bool is_source_directory(const char *word)
{
	cleanup(free_string) char *conf = path_join(word, "dkms.conf", NULL);

	return file_is_directory(word) && file_exists_nofollow(conf);
}

/* A word with several slashes can only be meant as a path. */
static bool looks_like_path(const char *word)
{
	const char *slash = strchr(word, '/');

	return word[0] == '.' || word[0] == '/' || (slash && strchr(slash + 1, '/'));
}

/* What is wrong with a path depends on what the action would have done with it. */
static int refuse_path(const struct invocation *invocation, struct error *error)
{
	const char *path = invocation->useless_path;

	if (!path || (invocation->action->needs & UNKNOWN_IS_NOTHING))
		return 0;
	if (!file_is_directory(path))
		return error_set(error, -ENOENT, EXIT_NOT_FOUND, "There is no such source: %s",
				 path);
	if (!(invocation->action->needs & TAKES_SOURCE))
		return error_set(error, -EISDIR, EXIT_NOT_FOUND,
				 "%s is a directory, which is nothing for %s.", path,
				 invocation->action->name);
	return error_set(error, -ENOENT, EXIT_NO_CONF,
			 "The directory %s does not appear to be a module source.\n"
			 "It holds no dkms.conf.",
			 path);
}

static void take_module(struct invocation *invocation, const char *word)
{
	const char *slash = strchr(word, '/');

	invocation->id.name = slash ? xstrndup(word, (size_t)(slash - word)) : xstrdup(word);
	if (slash)
		text_assign(&invocation->id.version, slash + 1);
}

static int take_word(struct invocation *invocation, const char *word, struct error *error)
{
	const struct action *action = action_find(word);

	if (action)
		return take_action(invocation, action, error);
	if (text_equal(path_basename(word), "dkms.conf") && file_exists(word)) {
		free(invocation->source_directory);
		invocation->source_directory = path_parent(word);
		return 0;
	}
	if (is_source_directory(word)) {
		text_assign(&invocation->source_directory, word);
		return 0;
	}
	if (file_is_regular(word)) {
		text_assign(&invocation->archive, word);
		return 0;
	}
	if (looks_like_path(word)) {
		invocation->useless_path = word;
		return 0;
	}
	/* Without an action before it, a plain word is most likely a mistyped one. */
	if (!invocation->action && !strchr(word, '/') && !invocation->unknown_word)
		invocation->unknown_word = word;
	if (invocation->id.name)
		strv_add(&invocation->surplus_words, word);
	else
		take_module(invocation, word);
	return 0;
}

/* They were never an error, but somebody may wait for what does not come. */
static void warn_of_surplus_words(const struct invocation *invocation)
{
	const char *word;

	STRV_FOREACH (word, &invocation->surplus_words)
		report(&invocation->ui->reporter, REPORT_WARNING,
		       "Nothing is done about %s: one run of dkms takes one module, here %s.", word,
		       invocation->id.name);
}

/* A script's empty variable names nothing. */
static void drop_if_empty(char **text)
{
	if (*text && !**text)
		free(TAKE(*text));
}

int words_resolve(struct invocation *invocation, struct error *error)
{
	const struct options *options = invocation->options;
	const char *word;

	if (options->module)
		text_assign(&invocation->id.name, options->module);
	if (options->module_version)
		text_assign(&invocation->id.version, options->module_version);
	if (options->archive)
		text_assign(&invocation->archive, options->archive);
	STRV_FOREACH (word, &options->words)
		if (take_word(invocation, word, error) < 0)
			return error->code;
	if (invocation->action) {
		warn_of_surplus_words(invocation);
		drop_if_empty(&invocation->id.name);
		drop_if_empty(&invocation->id.version);
		return refuse_path(invocation, error);
	}
	if (invocation->unknown_word)
		return error_set(error, -EINVAL, EXIT_NOT_FOUND, "Unknown action: \"%s\"",
				 invocation->unknown_word);
	return error_set(error, -EINVAL, EXIT_NOT_FOUND, "No action given.");
}
