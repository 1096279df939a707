/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fingerprint/makefile.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/memory.h"
#include "base/text.h"
#include "cage/worker.h"

enum { LONGEST = 64, REASON_LIMIT = 1024, MOST_WORDS = 1 << 18 };

#define TOGETHER_LIMIT ((size_t)64 << 20)
#define ANSWER_LIMIT   ((size_t)64 << 20)

static bool is_one_of(const char *text, const char *const *words)
{
	for (; *words; words++)
		if (text_equal(text, *words))
			return true;
	return false;
}

/* What stands between the function's name and the parenthesis that ends it, trimmed. */
static char *argument_of(const char *after_name)
{
	int depth = 1;
	const char *at = after_name;

	for (; *at && depth; at++)
		depth += (*at == '(' || *at == '{') - (*at == ')' || *at == '}');
	cleanup(free_string) char *raw = xstrndup(after_name,
						  (size_t)(at - after_name) - (depth == 0));

	return text_trimmed(raw);
}

static bool is_harmless_command(const char *command)
{
	static const char *const commands[] = {"pwd",      "/bin/pwd", "pwd -P",
					       "uname -r", "uname -m", "uname -s",
					       "nproc",    "uname",    NULL};

	return is_one_of(command, commands);
}

/* A pattern in a directory of the package's own. */
static bool is_own_pattern(const char *pattern)
{
	static const char *const places[] = {"$(src)/", "$(obj)/",    "$(M)/",
					     "$(PWD)/", "$(CURDIR)/", NULL};

	for (const char *const *place = places; *place; place++)
		if (text_starts_with(pattern, *place))
			pattern += strlen(*place);
	return !strchr(pattern, '$') && *pattern != '/' && !strstr(pattern, "..");
}

/* The call of a function by name at this place, or NULL: what follows the name. */
static const char *call_of(const char *at, const char *name)
{
	size_t length = strlen(name);

	if (at[0] != '$' || (at[1] != '(' && at[1] != '{') || strncmp(at + 2, name, length) != 0 ||
	    !strchr(" \t\n\\", at[2 + length]))
		return NULL;
	return at + 2 + length;
}

static char *probing_at(const char *at)
{
	const char *after;

	if ((after = call_of(at, "shell"))) {
		cleanup(free_string) char *command = argument_of(after);

		return is_harmless_command(command) ? NULL : text_format("$(shell %s)", command);
	}
	if ((after = call_of(at, "wildcard"))) {
		cleanup(free_string) char *pattern = argument_of(after);

		return is_own_pattern(pattern) ? NULL : text_format("$(wildcard %s)", pattern);
	}
	if (call_of(at, "file"))
		return xstrdup("$(file)");
	if (text_starts_with(at, "try-run"))
		return xstrdup("try-run");
	if (text_starts_with(at, "!=") && at[2] != '=')
		return xstrdup("!=");
	return NULL;
}

/* A makefile's assignment is no recipe's or comment's comparison. */
static bool is_assignment_line(const char *line)
{
	return *line != '\t' && *line != '#';
}

char *makefile_probing(const char *text, const char *shown)
{
	const char *line = text;

	for (const char *at = text; *at; at++) {
		if (*at == '\n') {
			line = at + 1;
			continue;
		}
		if (*at != '$' && *at != 't' && *at != '!')
			continue;
		cleanup(free_string) char *what = probing_at(at);

		if (!what || (*at == '!' && !is_assignment_line(line)))
			continue;
		what[strcspn(what, "\n")] = '\0';
		return text_format("%s has %s", shown, what);
	}
	return NULL;
}

char *makefile_command_probing(const char *command)
{
	static const char *const calls[] = {"make", "'make'", "\"make\"", NULL};
	cleanup(free_string) char *first = xstrndup(command, strcspn(command, " \t"));

	if (strpbrk(command, ";|&`$<>(){}\n") || !is_one_of(first, calls))
		return text_format("MAKE is more than a call of make (%s)", command);
	return NULL;
}

void makefile_add_words(const char *text, struct strmap *words)
{
	while (*text) {
		size_t length = 0;

		while (isalnum((unsigned char)text[length]) || text[length] == '_')
			length++;
		if (length > 1 && length < LONGEST && !isdigit((unsigned char)*text)) {
			cleanup(free_string) char *word = xstrndup(text, length);

			(void)strmap_set(words, word, (void *)words);
		}
		text += length ? length : 1;
	}
}

void makefiles_add(struct makefiles *makefiles, const char *name, char *owned_text)
{
	makefiles->bytes += strlen(owned_text);
	strv_add(&makefiles->names, name);
	strv_add_owned(&makefiles->texts, owned_text);
}

/* In the worker. */
static int read_all(void *context, struct answer *answer, struct error *error)
{
	const struct makefiles *makefiles = context;
	cleanup(free_string) char *probing = NULL;
	cleanup(free_string) char *shown = NULL;
	cleanup(strv_free) struct strv sorted = {0};
	struct strmap words = {0};
	const char *word;

	(void)error;
	for (size_t i = 0; i < makefiles->texts.count; i++) {
		makefile_add_words(makefiles->texts.items[i], &words);
		if (!probing)
			probing = makefile_probing(makefiles->texts.items[i],
						   makefiles->names.items[i]);
	}
	STRMAP_FOREACH (entry, &words)
		strv_add(&sorted, entry->key);
	strmap_free(&words, NULL);
	strv_sort(&sorted);
	shown = probing ? text_printable(probing, REASON_LIMIT - 1) : NULL;
	answer_put_text(answer, shown);
	answer_put_number(answer, sorted.count);
	STRV_FOREACH (word, &sorted)
		answer_put_text(answer, word);
	return 0;
}

static int take_all(struct answer *answer, struct strv *words, char **ret_probing)
{
	uint64_t count;

	if (answer_text(answer, ret_probing, REASON_LIMIT) < 0 ||
	    answer_number(answer, &count) < 0 || count > MOST_WORDS)
		return -EPROTO;
	for (uint64_t i = 0; i < count; i++) {
		char *word = NULL;

		if (answer_text(answer, &word, LONGEST) < 0 || !word)
			return -EPROTO;
		strv_add_owned(words, word);
	}
	return answer_end(answer);
}

int makefiles_read(const struct makefiles *makefiles, struct strv *ret_words, char **probing,
		   struct error *error)
{
	const struct worker worker = {
		.purpose = "reading the makefiles of a source",
		.work = read_all,
		.context = (void *)makefiles,
		.answer_limit = ANSWER_LIMIT,
	};
	cleanup(answer_free) struct answer answer = {0};
	cleanup(strv_free) struct strv words = {0};
	cleanup(free_string) char *found = NULL;

	if (!makefiles->texts.count)
		return 0;
	if (makefiles->bytes > TOGETHER_LIMIT)
		return error_set(error, -EFBIG, 0,
				 "The makefiles are larger than 64 MiB together.");
	if (worker_run(&worker, &answer, error) < 0)
		return error->code;
	if (take_all(&answer, &words, &found) < 0)
		return worker_nonsense(&worker, error);
	*ret_words = words;
	words = (struct strv){0};
	if (!*probing && found)
		*probing = text_printable(found, REASON_LIMIT);
	return 0;
}

void makefiles_free(struct makefiles *makefiles)
{
	strv_free(&makefiles->names);
	strv_free(&makefiles->texts);
	*makefiles = (struct makefiles){0};
}
