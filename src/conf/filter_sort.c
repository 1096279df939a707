/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sort, with -V as configuration files compare kernel versions. The order of versions is that of
 * gnulib's filevercmp: runs of digits by value, the rest by letters before other characters and ~
 * before everything.
 */
#include <ctype.h>
#include <limits.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "conf/command.h"

struct sorting {
	bool versions, check, reverse, unique;
};

static int order_of(char c)
{
	if (!c || isdigit((unsigned char)c))
		return 0;
	if (isalpha((unsigned char)c))
		return (unsigned char)c;
	return c == '~' ? -1 : (unsigned char)c + UCHAR_MAX + 1;
}

/* Compares up to the next digits of both, and passes over that. */
static int compare_letters(const char **a, const char **b)
{
	while ((**a && !isdigit((unsigned char)**a)) || (**b && !isdigit((unsigned char)**b))) {
		int difference = order_of(**a) - order_of(**b);

		if (difference)
			return difference;
		*a += **a != '\0';
		*b += **b != '\0';
	}
	return 0;
}

static int compare_digits(const char **a, const char **b)
{
	size_t first, second;
	int difference;

	*a += strspn(*a, "0");
	*b += strspn(*b, "0");
	first = strspn(*a, "0123456789");
	second = strspn(*b, "0123456789");
	if (first != second)
		return first < second ? -1 : 1;
	difference = strncmp(*a, *b, first);
	*a += first;
	*b += second;
	return difference;
}

static int compare_versions(const char *a, const char *b)
{
	while (*a || *b) {
		int difference = compare_letters(&a, &b);

		if (!difference)
			difference = compare_digits(&a, &b);
		if (difference)
			return difference;
	}
	return 0;
}

static int compare_lines(const void *a, const void *b, void *context)
{
	const struct sorting *sorting = context;
	const char *first = *(const char *const *)a, *second = *(const char *const *)b;
	int difference = sorting->versions ? compare_versions(first, second) : 0;

	if (!difference)
		difference = strcmp(first, second);
	return sorting->reverse ? -difference : difference;
}

static bool take_options(const struct strv *words, struct sorting *sorting)
{
	for (size_t i = 1; i < words->count; i++) {
		const char *option = words->items[i];

		if (*option++ != '-' || !*option)
			return false;
		for (; *option; option++) {
			sorting->versions |= *option == 'V';
			sorting->check |= *option == 'C';
			sorting->reverse |= *option == 'r';
			sorting->unique |= *option == 'u';
			if (!strchr("VCru", *option))
				return false;
		}
	}
	/* What is equal as a version but not as text would have to be dropped too. */
	return !(sorting->unique && (sorting->versions || sorting->check));
}

/* Names that end in what looks like a file's suffix are compared in a way of their own. */
static bool has_suffix(const char *line)
{
	for (; *line; line++)
		if (*line == '.' && (isalpha((unsigned char)line[1]) || line[1] == '~'))
			return true;
	return false;
}

static int check_order(const struct strv *lines, struct sorting *sorting)
{
	for (size_t i = 1; i < lines->count; i++)
		if (compare_lines(&lines->items[i - 1], &lines->items[i], sorting) > 0)
			return 1;
	return 0;
}

int run_sort(struct shell *shell, const struct strv *words)
{
	struct sorting sorting = {0};
	cleanup(strv_free) struct strv lines = {0};
	int status = 0;

	if (!take_options(words, &sorting) || !shell_has_plain_order())
		return command_give_up(shell, "this use of sort");
	cleanup(free_string) char *text = command_input(shell, "sort", NULL, 0, 2, &status);

	if (strstr(text, "\n\n") || *text == '\n')
		return command_give_up(shell, "sorting empty lines");
	strv_split(&lines, text, "\n");
	for (size_t i = 0; i < lines.count; i++)
		if (sorting.versions &&
		    (has_suffix(lines.items[i]) || !isalnum((unsigned char)*lines.items[i])))
			return command_give_up(shell, "sorting these versions");
	if (sorting.check)
		return check_order(&lines, &sorting);
	if (lines.count)
		qsort_r(lines.items, lines.count, sizeof(*lines.items), compare_lines, &sorting);
	for (size_t i = 0; i < lines.count; i++) {
		if (sorting.unique && i && text_equal(lines.items[i], lines.items[i - 1]))
			continue;
		command_print_text(shell, lines.items[i]);
		command_print_text(shell, "\n");
	}
	return 0;
}
