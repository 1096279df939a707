/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cut and tr. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "conf/command.h"

enum { LAST = 1000000 };

/* Ranges of fields or characters, from 1. */
struct range {
	long first, last;
};

enum { RANGES = 16 };

struct cutting {
	bool fields; /* else characters */
	char delimiter;
	bool only_delimited; /* -s */
	struct range ranges[RANGES];
	size_t range_count;
};

static bool take_range(const char **text, struct range *range)
{
	char *end;

	range->first = 1;
	range->last = LAST;
	if (isdigit((unsigned char)**text)) {
		range->first = range->last = strtol(*text, &end, 10);
		*text = end;
		if (**text != '-')
			return range->first > 0;
		range->last = LAST;
	}
	if (**text != '-')
		return false;
	(*text)++;
	if (isdigit((unsigned char)**text)) {
		range->last = strtol(*text, &end, 10);
		*text = end;
	} else if (range->first == 1 && (*text)[-1] == '-' && (*text)[1] == '\0') {
		return false;
	}
	return range->first > 0 && range->first <= range->last;
}

static bool take_ranges(const char *text, struct cutting *cutting)
{
	for (;;) {
		if (cutting->range_count == RANGES ||
		    !take_range(&text, &cutting->ranges[cutting->range_count++]))
			return false;
		if (!*text)
			return true;
		if (*text++ != ',')
			return false;
	}
}

static bool is_selected(const struct cutting *cutting, long number)
{
	for (size_t i = 0; i < cutting->range_count; i++)
		if (cutting->ranges[i].first <= number && number <= cutting->ranges[i].last)
			return true;
	return false;
}

static bool take_option(struct cutting *cutting, char option, const char *value)
{
	if (option == 'd') {
		cutting->delimiter = *value;
		return *value && !value[1];
	}
	cutting->fields = option == 'f';
	return !cutting->range_count && take_ranges(value, cutting);
}

/* -d C, -f LIST, -c LIST, -s; *ret_files is the index of the first file. */
static bool take_options(const struct strv *words, struct cutting *cutting, size_t *ret_files)
{
	size_t i = 1;

	for (; i < words->count && words->items[i][0] == '-' && words->items[i][1]; i++) {
		const char *word = words->items[i];

		if (text_equal(word, "-s")) {
			cutting->only_delimited = true;
			continue;
		}
		if (!strchr("dfc", word[1]) || (!word[2] && i + 1 == words->count))
			return false;
		if (!take_option(cutting, word[1], word[2] ? word + 2 : words->items[++i]))
			return false;
	}
	*ret_files = i;
	return cutting->range_count > 0;
}

static void cut_characters(struct shell *shell, const struct cutting *cutting, const char *line,
			   size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (is_selected(cutting, (long)i + 1))
			command_print(shell, line + i, 1);
	command_print_text(shell, "\n");
}

static void cut_fields(struct shell *shell, const struct cutting *cutting, const char *line,
		       size_t length)
{
	const char *end = line + length;
	bool first = true;

	if (!memchr(line, cutting->delimiter, length)) {
		if (!cutting->only_delimited) {
			command_print(shell, line, length);
			command_print_text(shell, "\n");
		}
		return;
	}
	for (long number = 1; line <= end; number++) {
		const char *stop = memchr(line, cutting->delimiter, (size_t)(end - line));

		stop = stop ? stop : end;
		if (is_selected(cutting, number)) {
			if (!first)
				command_print(shell, &cutting->delimiter, 1);
			first = false;
			command_print(shell, line, (size_t)(stop - line));
		}
		line = stop + 1;
	}
	command_print_text(shell, "\n");
}

int run_cut(struct shell *shell, const struct strv *words)
{
	struct cutting cutting = {.delimiter = '\t'};
	size_t files;
	int status = 0;

	if (!take_options(words, &cutting, &files) || words->count > files + 1 ||
	    (!cutting.fields && (cutting.only_delimited || cutting.delimiter != '\t')) ||
	    cutting.delimiter == '\n')
		return command_give_up(shell, "this use of cut");
	cleanup(free_string) char *text = command_input(shell, "cut", words->items + files,
							words->count - files, 1, &status);

	for (const char *line = text; *line;) {
		size_t length = strcspn(line, "\n");

		if (cutting.fields)
			cut_fields(shell, &cutting, line, length);
		else
			cut_characters(shell, &cutting, line, length);
		line += length + (line[length] == '\n');
	}
	return status;
}

/* A set of tr's: ranges and escapes spelled out; false for what is not known here. */
static bool spell_set(const char *text, struct buffer *set)
{
	for (; *text; text++) {
		char c = *text;

		if (c == '[' || (unsigned char)c >= 0x80)
			return false;
		if (c == '\\') {
			static const char letters[] = "nt\\", values[] = "\n\t\\";
			const char *letter = text[1] ? strchr(letters, *++text) : NULL;

			if (!letter)
				return false;
			c = values[letter - letters];
		} else if (text[1] == '-' && text[2]) {
			if (text[2] == '\\' || text[2] < c)
				return false;
			for (; c < text[2]; c++)
				buffer_add_char(set, c);
			text += 2;
		}
		buffer_add_char(set, c);
	}
	return set->length > 0;
}

int run_tr(struct shell *shell, const struct strv *words)
{
	cleanup(buffer_free) struct buffer from = {0}, to = {0}, output = {0};
	bool delete = words->count == 3 && text_equal(words->items[1], "-d");
	int status = 0;

	if (words->count != 3 || (words->items[1][0] == '-' && words->items[1][1] && !delete) ||
	    !spell_set(words->items[delete ? 2 : 1], &from) ||
	    (!delete &&!spell_set(words->items[2], &to)))
		return command_give_up(shell, "this use of tr");
	cleanup(free_string) char *text = command_input(shell, "tr", NULL, 0, 1, &status);

	for (const char *c = text; *c; c++) {
		/* The last of equal ones in the first set counts. */
		const char *found = memrchr(from.data, *c, from.length);

		if (found && delete)
			continue;
		size_t position = found ? (size_t)(found - from.data) : 0;

		if (found && position >= to.length)
			position = to.length - 1;
		buffer_add_char(&output, found ? to.data[position] : *c);
	}
	command_print(shell, output.data ? output.data : "", output.length);
	return 0;
}
