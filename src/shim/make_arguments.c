/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shim/make_arguments.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

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
