/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shim/shell_words.h"

#include <ctype.h>
#include <string.h>

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
		/* Neither a word that looks like "$TMP", nor one that does not end. */
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
