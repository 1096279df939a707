/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fingerprint/source_digest.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/digest.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/text.h"
#include "base/walk.h"
#include "cage/worker.h"
#include "tree/layout.h"

/* Makefiles of a stranger, to be read together in a confined worker. Start with {0}. */
struct makefiles {
	struct strv names, texts;
	size_t bytes;
};

/*
 * Makefiles as text: what they might ask of a kernel behind the compiler's back. Judged from the
 * safe side: whatever is not known to be harmless counts as probing.
 */

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

/* Returns the argument of a make function, trimmed: the text up to the closing parenthesis. */
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

static void makefiles_add(struct makefiles *makefiles, const char *name, char *owned_text)
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

/* Sets words to those of all, in byte order, and *probing, unless it is set, to the first reason.
 */
static int makefiles_read(const struct makefiles *makefiles, struct strv *ret_words, char **probing,
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

static void makefiles_free(struct makefiles *makefiles)
{
	strv_free(&makefiles->names);
	strv_free(&makefiles->texts);
	*makefiles = (struct makefiles){0};
}

enum { MOST_FILES = 500000, TEXT_LIMIT = 16 << 20 };

struct reading {
	struct digest_memo *memo;
	struct digest *digest;
	struct source_facts *facts;
	struct makefiles makefiles;
	const char *directory; /* that is read now … */
	const char *prefix;    /* … and as the digest calls it */
	size_t count;
	struct error *error;
};

static bool ends_with_one_of(const char *name, const char *const *suffixes)
{
	for (; *suffixes; suffixes++)
		if (text_ends_with(name, *suffixes))
			return true;
	return false;
}

/* A patch may put into a makefile what any makefile may hold. */
static bool is_makefile(const char *path)
{
	static const char *const suffixes[] = {".mk",   ".mak",    ".make", ".patch",
					       ".diff", ".kbuild", NULL};
	const char *name = path_basename(path);

	return strncasecmp(name, "makefile", 8) == 0 || text_starts_with(name, "GNUmakefile") ||
	       text_starts_with(name, "Kbuild") || text_starts_with(name, "Makefile") ||
	       ends_with_one_of(name, suffixes) || strstr(path, "/patches/");
}

static bool is_code(const char *path)
{
	static const char *const suffixes[] = {".c", ".h", ".S", ".inc", NULL};

	return ends_with_one_of(path, suffixes);
}

/* A confined worker reads makefiles; in code there is one word to look for. */
static void look_into(struct reading *reading, const struct walk_step *step, const char *shown)
{
	struct source_facts *facts = reading->facts;
	cleanup(free_string) char *text = NULL;
	cleanup(error_clear) struct error ignored = {0};

	if (!is_makefile(shown) && !is_code(shown))
		return;
	cleanup(close_fd) int fd = openat(step->parent, step->name,
					  O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0 || file_read_opened(fd, shown, TEXT_LIMIT, &text, NULL, &ignored) < 0) {
		if (!facts->probing)
			facts->probing = text_format("%s cannot be looked at", shown);
	} else if (is_makefile(shown)) {
		makefiles_add(&reading->makefiles, shown, TAKE(text));
	} else if (!facts->probing && strstr(text, "__has_include")) {
		facts->probing = text_format("%s asks for __has_include", shown);
	}
}

static int add_entry(const struct walk_step *step)
{
	struct reading *reading = step->context;
	const mode_t type = step->info->st_mode & S_IFMT;
	cleanup(free_string) char *path = path_join(reading->directory, step->path, NULL);
	cleanup(free_string) char *shown = text_format("%s/%s", reading->prefix, step->path);
	cleanup(free_string) char *mode = NULL;
	char target[PATH_MAX] = "";
	const char *content = NULL;

	if (!step->depth)
		return 0;
	if (++reading->count > MOST_FILES)
		return error_set(reading->error, -EFBIG, 0, "%s holds too many files.",
				 reading->directory);
	if (type == S_IFREG) {
		if (memo_digest_at(reading->memo, step->parent, step->name, path, &content,
				   reading->error) < 0)
			return reading->error->code;
		look_into(reading, step, shown);
	} else if (type == S_IFLNK) {
		if (readlinkat(step->parent, step->name, target, sizeof(target) - 1) < 0)
			return error_errno(reading->error, -errno, 0, "Cannot read %s", path);
		content = target;
	}
	/* A link's mode means nothing. */
	mode = text_format("%o", type == S_IFLNK ? S_IFLNK : step->info->st_mode);
	digest_add_text(reading->digest, shown);
	digest_add_text(reading->digest, mode);
	digest_add_text(reading->digest, content);
	return 0;
}

/* Adds all below a directory (a link to one is followed), each as prefix/PATH. */
static int add_tree(struct reading *reading, const char *directory, const char *prefix,
		    struct error *error)
{
	const struct walk walk = {.file = add_entry,
				  .enter = add_entry,
				  .paths = true,
				  .sorted = true,
				  .context = reading};
	cleanup(close_fd) int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return error_errno(error, -errno, 0, "Cannot read %s", directory);
	reading->directory = directory;
	reading->prefix = prefix;
	reading->error = error;
	int code = walk_tree(&walk, fd, ".", -1, NULL);

	return code < 0 && !error->code ? error_errno(error, code, 0, "Cannot read %s", directory)
					: code;
}

static int add_all(struct reading *reading, const struct settings *settings,
		   const struct module_id *id, struct error *error)
{
	cleanup(free_string) char *link = layout_source_link(settings, id);
	cleanup(free_string) char *directory = layout_source_directory(settings, id);
	/* A module that is not added yet will be added from there. */
	const char *source = file_is_directory(link) ? link : directory;
	cleanup(free_string) char *overrides = layout_override(settings, id->name, NULL);

	if (add_tree(reading, source, "source", error) < 0)
		return error->code;
	return file_is_directory(overrides) ? add_tree(reading, overrides, "overrides", error) : 0;
}

int source_facts_read(const struct settings *settings, const struct module_id *id,
		      struct digest_memo *memo, struct source_facts *ret_facts, struct error *error)
{
	struct source_facts facts = {0};
	struct reading reading = {.memo = memo, .digest = digest_new(), .facts = &facts};
	int code = add_all(&reading, settings, id, error);
	cleanup(free_string) char *digest = digest_finish(reading.digest);

	if (!code)
		code = makefiles_read(&reading.makefiles, &facts.words, &facts.probing, error);
	makefiles_free(&reading.makefiles);
	facts.digest = TAKE(digest);
	if (code < 0)
		source_facts_free(&facts);
	else
		*ret_facts = facts;
	return code;
}

void source_facts_free(struct source_facts *facts)
{
	free(facts->digest);
	free(facts->probing);
	strv_free(&facts->words);
	*facts = (struct source_facts){0};
}
