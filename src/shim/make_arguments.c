/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shim/make_arguments.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Reads parallel jobs from MAKEFLAGS, as GNU make passes it to makes below, or as a script does. */

static const char blanks[] = " \t";

/* Where the word "--" begins, or the text's end. */
static const char *find_variables(const char *text)
{
	const char *word = text + strspn(text, blanks);

	while (*word) {
		size_t length = strcspn(word, blanks);

		if (length == 2 && memcmp(word, "--", 2) == 0)
			break;
		word += length;
		word += strspn(word, blanks);
	}
	return word;
}

/* True for --jobserver-auth=ADDRESS or, before GNU make 4.2, --jobserver-fds=ADDRESS. */
static bool is_jobserver(const char *word, const char **ret_address)
{
	static const char *const options[] = {"--jobserver-auth=", "--jobserver-fds="};

	for (size_t i = 0; i < sizeof(options) / sizeof(*options); i++)
		if (strncmp(word, options[i], strlen(options[i])) == 0) {
			*ret_address = word + strlen(options[i]);
			return true;
		}
	return false;
}

/* The options as words; make takes a first word without "-" for a cluster of them. */
static bool split(struct make_flags *flags, char *options)
{
	size_t count = 1;
	char *save = NULL;

	flags->words[0] = (char *)"make";
	for (char *word = strtok_r(options, blanks, &save); word;
	     word = strtok_r(NULL, blanks, &save)) {
		if (is_jobserver(word, &flags->jobserver))
			continue;
		if (count > MAKE_FLAGS_MOST_WORDS)
			return false;
		if (word == options + 1 && *word != '-' && !strchr(word, '='))
			*--word = '-';
		flags->words[count++] = word;
	}
	flags->words[count] = NULL;
	return true;
}

bool make_flags_read(const char *makeflags, struct make_flags *ret_flags)
{
	const char *begin = makeflags + strspn(makeflags, blanks);
	struct make_flags flags = {.variables = find_variables(begin)};
	size_t length = (size_t)(flags.variables - begin);

	/* With a character to spare in front of the first word. */
	if (memchr(begin, '\\', length) || !(flags.text = calloc(1, length + 2)))
		return false;
	*flags.text = ' ';
	memcpy(flags.text + 1, begin, length);
	if (split(&flags, flags.text)) {
		flags.jobs = make_arguments_read(flags.words);
		if (flags.jobs.kind != MAKE_JOBS_ODD) {
			*ret_flags = flags;
			return true;
		}
	}
	make_flags_free(&flags);
	return false;
}

void make_flags_free(struct make_flags *flags)
{
	free(flags->text);
	flags->text = NULL;
}

char *make_flags_with_jobserver(const struct make_flags *flags, const struct make_jobs *jobs,
				const int ends[2])
{
	char *text = NULL;
	size_t size;
	FILE *stream = open_memstream(&text, &size);

	if (!stream)
		return NULL;
	for (char *const *word = flags->words + 1; *word; word++)
		(void)fprintf(stream, " %s", *word);
	if (flags->jobs.kind == MAKE_JOBS_UNSAID)
		(void)fprintf(stream, " -j%s", jobs->number ? jobs->number : "");
	(void)fprintf(stream, " --jobserver-auth=%d,%d", ends[0], ends[1]);
	if (*flags->variables)
		(void)fprintf(stream, " %s", flags->variables);
	if (fclose(stream) == 0)
		return text;
	free(text);
	return NULL;
}

/* Options that have a value and so end a cluster; that of the first may be the next word. */
static const char with_value[] = "CEIWfo";

static const char ends_cluster[] = "CEIWfolOj";

/* A prefix that fits others, too, is refused by make: so nobody need know which. */
static const char *const long_with_value[] = {
	"directory",  "eval",    "file",     "makefile",   "include-dir", "old-file",
	"assume-old", "what-if", "new-file", "assume-new", "sync-mutex",  "temp-stdin",
};

struct walk {
	char *const *next;
	char **kept; /* where the next word that stays goes; NULL: nothing is changed */
	struct make_jobs jobs;
};

static void keep(struct walk *walk, char *word)
{
	if (walk->kept)
		*walk->kept++ = word;
}

static bool is_number(const char *text)
{
	return *text && !text[strspn(text, "0123456789")];
}

static void take_jobs(struct walk *walk, const char *value)
{
	enum make_jobs_kind kind = MAKE_JOBS_SEVERAL;

	/* make takes an empty word for a number, too, and then refuses it. */
	if (!value && *walk->next && (is_number(*walk->next) || !**walk->next))
		value = *walk->next++;
	if (value) {
		const char *digits = value + strspn(value, "0");

		if (!is_number(value) || !*digits)
			kind = MAKE_JOBS_ODD;
		else if (strcmp(digits, "1") == 0)
			kind = MAKE_JOBS_ONE;
	}
	if (walk->jobs.kind != MAKE_JOBS_ODD)
		walk->jobs = (struct make_jobs){kind, value};
}

static void walk_long(struct walk *walk, char *word)
{
	char *name = word + 2;
	size_t length = strcspn(name, "=");
	const size_t count = sizeof(long_with_value) / sizeof(*long_with_value);

	if (length == strlen("jobs") && memcmp(name, "jobs", length) == 0) {
		take_jobs(walk, name[length] ? name + length + 1 : NULL);
		return;
	}
	keep(walk, word);
	if (strncmp(name, "jobserver-", strlen("jobserver-")) == 0)
		walk->jobs.kind = MAKE_JOBS_ODD;
	for (size_t i = 0; i < count && !name[length] && *walk->next; i++)
		if (strncmp(long_with_value[i], name, length) == 0) {
			keep(walk, *walk->next++);
			return;
		}
}

static void walk_cluster(struct walk *walk, char *word)
{
	char *option = word + 1;

	while (*option && !strchr(ends_cluster, *option))
		option++;
	if (*option == 'j') {
		take_jobs(walk, option[1] ? option + 1 : NULL);
		if (walk->kept)
			*option = '\0';
		if (option > word + 1)
			keep(walk, word);
		return;
	}
	keep(walk, word);
	if (*option && strchr(with_value, *option) && !option[1] && *walk->next)
		keep(walk, *walk->next++);
}

static void walk_all(struct walk *walk)
{
	while (*walk->next) {
		char *word = *walk->next++;

		if (strcmp(word, "--") == 0) {
			keep(walk, word);
			break;
		}
		if (word[0] != '-' || !word[1])
			keep(walk, word);
		else if (word[1] == '-')
			walk_long(walk, word);
		else
			walk_cluster(walk, word);
	}
	while (*walk->next)
		keep(walk, *walk->next++);
	if (walk->kept)
		*walk->kept = NULL;
}

struct make_jobs make_arguments_read(char *const argv[])
{
	struct walk walk = {.next = argv + 1};

	walk_all(&walk);
	return walk.jobs;
}

void make_arguments_drop_jobs(char *argv[])
{
	struct walk walk = {.next = argv + 1, .kept = argv + 1};

	walk_all(&walk);
}
