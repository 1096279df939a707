/* SPDX-License-Identifier: GPL-2.0-or-later */
/* grep, as configuration files ask kernel configurations and words for something. */
#include <regex.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/memory.h"
#include "conf/command.h"

enum { FOUND = 0, NOT_FOUND = 1, TROUBLE = 2 };

struct grep {
	bool quiet, extended, fixed, ignore_case, inverted, count, only_matching, no_messages;
	const char *pattern;
	regex_t regex;
	char *needle; /* a text that every match holds; NULL: unknown */
};

static bool take_flag(struct grep *grep, char c)
{
	bool *flags[] = {&grep->quiet,         &grep->extended,   &grep->fixed,
			 &grep->ignore_case,   &grep->inverted,   &grep->count,
			 &grep->only_matching, &grep->no_messages};
	const char *found = strchr("qEFivcos", c);

	if (found)
		*flags[found - "qEFivcos"] = true;
	return found;
}

/* *ret_files is the index of the first file; false for an option that is not known here. */
static bool take_options(struct grep *grep, const struct strv *words, size_t *ret_files)
{
	size_t i = 1;

	grep->extended = text_equal(words->items[0], "egrep");
	grep->fixed = text_equal(words->items[0], "fgrep");
	for (; i < words->count && words->items[i][0] == '-' && words->items[i][1]; i++) {
		const char *option = words->items[i] + 1;

		if (text_equal(option, "-")) {
			i++;
			break;
		}
		for (; *option && *option != 'e'; option++)
			if (!take_flag(grep, *option))
				return false;
		if (*option == 'e') {
			if (grep->pattern)
				return false;
			grep->pattern = option[1] ? option + 1 : words->items[++i];
			if (!grep->pattern)
				return false;
		}
	}
	if (!grep->pattern && i < words->count)
		grep->pattern = words->items[i++];
	/* After the pattern options may follow: those are left to bash. */
	for (size_t j = i; j < words->count; j++)
		if (words->items[j][0] == '-')
			return false;
	*ret_files = i;
	return grep->pattern;
}

/* The longest run of plain characters that every match of the pattern must hold. */
static char *find_needle(const struct grep *grep)
{
	const char *best = "", *text = grep->pattern;
	size_t best_length = 0;

	if (grep->fixed)
		return xstrdup(grep->pattern);
	if (grep->ignore_case || strpbrk(text, "|(){}\\"))
		return NULL;
	while (*text) {
		size_t length = strcspn(text, "^$.[]*+?");
		/* What a repetition follows may be absent. */
		bool repeated = text[length] && strchr("*+?", text[length]);
		size_t sure = length && repeated ? length - 1 : length;

		if (sure > best_length) {
			best = text;
			best_length = sure;
		}
		text += length;
		if (*text == '[') { /* to its end, which may follow at once: []x] */
			const char *end = text[1] == '^' ? text + 2 : text + 1;

			end = *end ? strchr(end + 1, ']') : NULL;
			if (!end)
				return NULL;
			text = end;
		}
		text += *text != '\0';
	}
	return best_length ? xstrndup(best, best_length) : NULL;
}

/* Patterns on which the C library and grep agree without doubt. */
static bool is_sure(const struct grep *grep)
{
	const char *pattern = grep->pattern;

	if (!*pattern || strchr(pattern, '\n') || strlen(pattern) > 1000 ||
	    !shell_is_plain_text(pattern))
		return false;
	if (grep->fixed)
		return !grep->ignore_case;
	if (strchr("*+?{", *pattern) || strchr(pattern, '{') || strstr(pattern, "[["))
		return false;
	for (const char *c = pattern; *c; c++) {
		if (*c == '\\' && (!*++c || !strchr("()|+?.*[]^$/\\-", *c)))
			return false;
		if (c > pattern && strchr("*+?", *c) && strchr("(|*+?^", c[-1]))
			return false;
	}
	return true;
}

/* Where in a line the pattern matches from a position on; false if it does not. */
static bool match_line(const struct grep *grep, const char *line, size_t start, size_t length,
		       size_t *ret_start, size_t *ret_length)
{
	regmatch_t match = {.rm_so = (regoff_t)start, .rm_eo = (regoff_t)length};

	if (grep->fixed) {
		const char *found = memmem(line + start, length - start, grep->pattern,
					   strlen(grep->pattern));

		if (!found)
			return false;
		*ret_start = (size_t)(found - line);
		*ret_length = strlen(grep->pattern);
		return true;
	}
	if (regexec(&grep->regex, line, 1, &match, REG_STARTEND) != 0)
		return false;
	*ret_start = (size_t)match.rm_so;
	*ret_length = (size_t)(match.rm_eo - match.rm_so);
	return true;
}

static void print_matches(struct shell *shell, const struct grep *grep, const char *line,
			  size_t length)
{
	size_t at = 0, found, found_length;

	while (at <= length && match_line(grep, line, at, length, &found, &found_length)) {
		if (found_length) {
			command_print(shell, line + found, found_length);
			command_print_text(shell, "\n");
		}
		at = found + (found_length ? found_length : 1);
	}
}

static void print_selected(struct shell *shell, const struct grep *grep, const char *line,
			   size_t length)
{
	if (grep->quiet || grep->count)
		return;
	if (grep->only_matching) {
		if (!grep->inverted)
			print_matches(shell, grep, line, length);
		return;
	}
	command_print(shell, line, length);
	command_print_text(shell, "\n");
}

/* The beginning of the next line that may match at or after text; NULL: none. */
static const char *next_candidate(const struct grep *grep, const char *begin, const char *text)
{
	if (!grep->needle || grep->inverted)
		return *text ? text : NULL;
	const char *found = strstr(text, grep->needle);

	while (found && found > begin && found > text && found[-1] != '\n')
		found--;
	return found;
}

static int search(struct shell *shell, const struct grep *grep, const char *text)
{
	const char *begin = text;
	size_t count = 0;

	while ((text = next_candidate(grep, begin, text)) && shell_step(shell)) {
		size_t length = strcspn(text, "\n"), start, found;

		if (match_line(grep, text, 0, length, &start, &found) != grep->inverted) {
			count++;
			print_selected(shell, grep, text, length);
			if (grep->quiet)
				break;
		}
		text += length + (text[length] == '\n');
	}
	if (grep->count && !grep->quiet) {
		cleanup(free_string) char *number = text_format("%zu\n", count);

		command_print_text(shell, number);
	}
	return count ? FOUND : NOT_FOUND;
}

int run_grep(struct shell *shell, const struct strv *words)
{
	struct grep grep = {0};
	int status = FOUND;
	size_t files;

	if (!take_options(&grep, words, &files) || words->count > files + 1 || !is_sure(&grep) ||
	    (grep.extended && grep.fixed) || getenv("GREP_COLOR"))
		return command_give_up(shell, "this use of grep");
	struct buffer *err = shell->err;

	if (grep.no_messages)
		shell->err = NULL;
	cleanup(free_string) char *text = command_input(shell, "grep", words->items + files,
							words->count - files, TROUBLE, &status);

	shell->err = err;
	if (shell_stopped(shell) || status == TROUBLE)
		return TROUBLE;
	if (!grep.fixed &&
	    regcomp(&grep.regex, grep.pattern,
		    (grep.extended ? REG_EXTENDED : 0) | (grep.ignore_case ? REG_ICASE : 0)) != 0)
		return command_give_up(shell, "this pattern for grep");
	grep.needle = find_needle(&grep);
	status = search(shell, &grep, text);
	free(grep.needle);
	if (!grep.fixed)
		regfree(&grep.regex);
	return status;
}
