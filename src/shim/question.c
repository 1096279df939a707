/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shim/question.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "shim/compiler.h"
#include "shim/probe.h"

/*
 * A list of simple commands as kbuild hands it to the shell, split into words. What a shell would
 * expand is not split but refused: all but "$TMP" and what begins with it.
 */

/* Characters that mean themselves anywhere in a word. */
static bool is_plain(char character)
{
	return isalnum((unsigned char)character) || (character && strchr("-+=.,/:@%^_", character));
}

static const char *find_operator(const char *at)
{
	static const char *const operators[] = {"&&", "||", "|", ";", "2>", ">"};

	for (size_t i = 0; i < sizeof(operators) / sizeof(*operators); i++)
		if (strncmp(at, operators[i], strlen(operators[i])) == 0)
			return operators[i];
	return NULL;
}

/* "$TMP" and "$TMP.base": to is a word without its quotes then. */
static bool take_temporary(const char **at, char **to)
{
	static const char start[] = "\"$TMP";
	const char *from = *at + strlen(start);

	if (strncmp(*at, start, strlen(start)) != 0)
		return false;
	while (isalnum((unsigned char)*from) || *from == '.')
		from++;
	if (*from != '"')
		return false;
	memcpy(*to, *at + 1, (size_t)(from - *at - 1));
	*to += from - *at - 1;
	*at = from + 1;
	return true;
}

/* Plain characters and what is in single quotes. */
static bool take_word(const char **at, char **to)
{
	while (is_plain(**at) || **at == '\'') {
		size_t quoted = **at == '\'' ? strcspn(*at + 1, "'") : 0;

		if (**at != '\'') {
			*(*to)++ = *(*at)++;
			continue;
		}
		/* Neither a word that looks like "$TMP", nor an unfinished word. */
		if ((*at)[1] == '$' || (*at)[1 + quoted] != '\'')
			return false;
		memcpy(*to, *at + 1, quoted);
		*to += quoted;
		*at += quoted + 2;
	}
	return true;
}

static bool add(struct shell_words *words, char *word, bool is_operator)
{
	if (words->count == SHELL_MOST_WORDS)
		return false;
	words->is_operator[words->count] = is_operator;
	words->words[words->count++] = word;
	return true;
}

static bool split(const char *at, struct shell_words *words)
{
	char *to = words->text;

	for (;;) {
		char *start = to;

		at += strspn(at, " \t");
		if (!*at)
			return true;
		const char *before = at, *operator= find_operator(at);

		if (operator) {
			at += strlen(operator);
			to = stpcpy(to, operator);
		} else if (*at == '"' ? !take_temporary(&at, &to) : !take_word(&at, &to)) {
			return false;
		}
		/* A word ends here, or something that was not understood begins. */
		if (at == before || (!operator&& * at && !strchr(" \t|&;", *at)))
			return false;
		*to++ = '\0';
		if (!add(words, start, operator))
			return false;
	}
}

bool shell_words_split(const char *text, size_t length, struct shell_words *words)
{
	char copy[SHELL_LONGEST];

	/* Splitting adds a NUL for each word, and there are at most so many. */
	if (length + SHELL_MOST_WORDS + 1 > sizeof(copy))
		return false;
	memcpy(copy, text, length);
	copy[length] = '\0';
	words->count = 0;
	if (!split(copy, words))
		return false;
	words->words[words->count] = NULL;
	return true;
}

/* A simple command, without where its output goes. */
struct command {
	char **words;
	int count;
	bool reads_pipe;
};

struct reading {
	const char *search, *front;
	bool has_temporary; /* $TMP names a file of the script's own */
	struct memory_key key;
};

static bool starts_with(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

static bool ends_with(const char *text, const char *end)
{
	size_t length = strlen(text), end_length = strlen(end);

	return length >= end_length && strcmp(text + length - end_length, end) == 0;
}

static bool is_temporary(const char *word)
{
	return *word == '$';
}

/* True if all words from the first on are temporary files or options of the given letters. */
static bool reads_temporaries(const struct command *command, const char *option)
{
	int files = 0;

	for (int i = 1; i < command->count; i++) {
		if (is_temporary(command->words[i]))
			files++;
		else if (!option || strcmp(command->words[i], option) != 0)
			return false;
	}
	return files > 0;
}

/* Finds a program as the shell does, but not in the front's directory. */
static bool find_program(const struct reading *reading, const char *name, char *path)
{
	size_t length = strlen(reading->front);
	struct stat front;

	if (strchr(name, '/') || !behind_search(reading->search, name, NULL, path))
		return false;
	if (strncmp(path, reading->front, length) != 0 || path[length] != '/')
		return true;
	return stat(path, &front) == 0 && behind_search(reading->search, name, &front, path);
}

static bool add_program(struct reading *reading, const char *name)
{
	char path[PATH_MAX];

	return find_program(reading, name, path) && compiler_add_program(path, &reading->key);
}

static bool echoes(struct reading *reading, const struct command *command)
{
	(void)reading;
	return command->count == 2 && *command->words[1] != '-' && !is_temporary(command->words[1]);
}

static bool is_true(struct reading *reading, const struct command *command)
{
	(void)reading;
	return command->count == 1;
}

static bool compares(struct reading *reading, const struct command *command)
{
	return reads_temporaries(command, "-s") && add_program(reading, command->words[0]);
}

static bool lists_symbols(struct reading *reading, const struct command *command)
{
	return reads_temporaries(command, NULL) && add_program(reading, command->words[0]);
}

/* About its input: it names no file. */
static bool filters(struct reading *reading, const struct command *command)
{
	return command->reads_pipe && command->count == 2 && *command->words[1] != '-' &&
	       !is_temporary(command->words[1]) && add_program(reading, command->words[0]);
}

static bool takes_first_line(struct reading *reading, const struct command *command)
{
	return command->reads_pipe && command->count == 3 && strcmp(command->words[1], "-n") == 0 &&
	       strcmp(command->words[2], "1") == 0 && add_program(reading, command->words[0]);
}

/* ld OPTION… -v: reads no file if no option names one. */
static bool tries_linker(struct reading *reading, const struct command *command)
{
	int last = command->count - 1;

	if (last < 1 || strcmp(command->words[last], "-v") != 0)
		return false;
	for (int i = 1; i < last; i++)
		if (strpbrk(command->words[i], "/.@") || is_temporary(command->words[i]) ||
		    starts_with(command->words[i], "-T") || starts_with(command->words[i], "-l") ||
		    starts_with(command->words[i], "-plugin") ||
		    starts_with(command->words[i], "--plugin"))
			return false;
	return add_program(reading, command->words[0]);
}

/* One that compiles what it reads from a pipe, or tells its version. */
static bool asks_compiler(struct reading *reading, const struct command *command)
{
	char path[PATH_MAX];
	struct probe probe;
	bool asks_version = command->count == 2 && strcmp(command->words[1], "--version") == 0;

	if (!asks_version &&
	    !(command->reads_pipe && probe_recognise_filter(command->words, &probe) &&
	      is_temporary(probe.output)))
		return false;
	return find_program(reading, command->words[0], path) &&
	       compiler_add_identity(path, reading->search, &reading->key);
}

/* It asks pahole for its version, by way of the script beside it, and reads nothing else. */
static bool asks_for_pahole_flags(struct reading *reading, const struct command *command)
{
	static const char own[] = "/pahole-flags.sh", other[] = "/pahole-version.sh";
	const char *script = command->words[0];
	char path[PATH_MAX];
	int length = snprintf(path, sizeof(path), "%.*s%s", (int)(strlen(script) - strlen(own)),
			      script, other);

	return command->count == 1 && *script == '/' && length < (int)sizeof(path) &&
	       compiler_add_file(script, &reading->key) && compiler_add_file(path, &reading->key) &&
	       add_program(reading, "pahole");
}

/* Takes "NAME=word" off the front of a command; only these two are known. */
static void leave_assignment(struct command *command)
{
	if (command->count > 1 && (strcmp(command->words[0], "LC_ALL=C") == 0 ||
				   strcmp(command->words[0], "PAHOLE=pahole") == 0)) {
		command->words++;
		command->count--;
	}
}

/* True if the command reads nothing but its pipe and temporary files; adds who does the work. */
static bool is_pure(struct reading *reading, struct command *command)
{
	static const struct {
		const char *name;
		bool is_end; /* of a name */
		bool (*is_pure)(struct reading *reading, const struct command *command);
	} known[] = {
		{"echo", false, echoes},
		{"true", false, is_true},
		{"cmp", false, compares},
		{"grep", false, filters},
		{"head", false, takes_first_line},
		{"nm", false, lists_symbols},
		{"-nm", true, lists_symbols},
		{"ld", false, tries_linker},
		{"-ld", true, tries_linker},
		{"/scripts/pahole-flags.sh", true, asks_for_pahole_flags},
	};

	leave_assignment(command);
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (known[i].is_end ? ends_with(command->words[0], known[i].name)
				    : strcmp(command->words[0], known[i].name) == 0)
			return known[i].is_pure(reading, command);
	return asks_compiler(reading, command);
}

/* Where a command's output goes: a file of the script's own, or nowhere. */
static bool is_harmless_target(const struct reading *reading, const char *target)
{
	return strcmp(target, "/dev/null") == 0 || (reading->has_temporary && is_temporary(target));
}

/* Cuts the command that begins at *at out of the list, and the operator that ends it. */
static bool take_command(const struct reading *reading, struct shell_words *list, int *at,
			 struct command *command)
{
	int first = *at, end;

	for (end = first; end < list->count && !list->is_operator[end]; end++)
		if (is_temporary(list->words[end]) && !reading->has_temporary)
			return false;
	command->words = list->words + first;
	command->count = end - first;
	while (end < list->count && list->is_operator[end] && strchr(list->words[end], '>')) {
		if (end + 1 == list->count || list->is_operator[end + 1] ||
		    !is_harmless_target(reading, list->words[end + 1]))
			return false;
		end += 2;
	}
	/* Words after a redirection would be the command's, too. */
	if (command->count == 0 || (end < list->count && !list->is_operator[end]))
		return false;
	*at = end + (end < list->count);
	return true;
}

/* Ends the words of each command with NULL, as programs get them. */
static bool is_pure_list(struct reading *reading, struct shell_words *list)
{
	bool after_pipe = false;

	for (int i = 0; i < list->count; i++) {
		memory_key_add(&reading->key, list->is_operator + i, sizeof(*list->is_operator));
		memory_key_add_text(&reading->key, list->words[i]);
	}
	for (int at = 0; at < list->count;) {
		struct command command = {.reads_pipe = after_pipe};

		if (!take_command(reading, list, &at, &command))
			return false;
		after_pipe = strcmp(list->words[at - 1], "|") == 0;
		command.words[command.count] = NULL;
		if (!is_pure(reading, &command))
			return false;
	}
	return !after_pipe;
}

/* try-run of one compiler over /dev/null; the key is compiler-front's. */
static bool is_probe(struct reading *reading, struct shell_words *list, struct question *question)
{
	struct probe probe;

	for (int i = 0; i < list->count; i++)
		if (list->is_operator[i])
			return false;
	if (!probe_recognise(list->words, &probe) || !probe.output || !is_temporary(probe.output) ||
	    !find_program(reading, list->words[0], question->program))
		return false;
	question->words = list->words;
	question->output = probe.output_index;
	return probe_make_key(list->words, &probe, question->program, reading->search,
			      &reading->key);
}

bool question_read(const char *script, const char *search, const char *front,
		   struct question *ret_question)
{
	struct reading reading = {search, front, false, memory_key_start()};
	struct question question = {0};
	static struct shell_words list;

	question.is_try_run = try_run_read(script, &question.try_run);
	const struct span text = question.is_try_run ? question.try_run.command
						     : (struct span){script, strlen(script)};

	reading.has_temporary = question.is_try_run;
	if (!shell_words_split(text.text, text.length, &list))
		return false;
	question.is_probe = question.is_try_run && is_probe(&reading, &list, &question);
	if (!question.is_probe &&
	    (!compiler_add_environment(&reading.key) || !is_pure_list(&reading, &list)))
		return false;
	question.key = reading.key;
	*ret_question = question;
	return true;
}
