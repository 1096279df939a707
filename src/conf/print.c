/* SPDX-License-Identifier: GPL-2.0-or-later */
/* echo, printf, and read, which is printing's opposite. */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/memory.h"
#include "conf/command.h"

/*
 * The escape behind a backslash, as echo -e, printf's %b and printf's format know them. Appends
 * what it stands for; returns its length, 0 for \c, which ends all output. octal_zero: octal
 * numbers need a leading 0 (echo and %b take it besides their three digits).
 */
static size_t take_escape(struct shell *shell, const char *text, bool octal_zero,
			  struct buffer *output)
{
	static const char letters[] = "abefnrtv\\";
	static const char values[] = "\a\b\033\f\n\r\t\v\\";
	const char *letter = *text ? strchr(letters, *text) : NULL;

	if (letter) {
		buffer_add_char(output, values[letter - letters]);
		return 1;
	}
	if (*text == 'c' && octal_zero)
		return 0;
	if (!octal_zero && (*text == '"' || *text == '\'')) {
		buffer_add_char(output, *text);
		return 1;
	}
	if (isdigit((unsigned char)*text) || strchr("xuUcE?'\"", *text))
		(void)shell_give_up(shell, "this escape");
	buffer_add_char(output, '\\');
	return *text == '\0' ? 0 : (buffer_add_char(output, *text), 1);
}

/* Appends text with its escapes resolved; false after \c. */
static bool add_escaped(struct shell *shell, const char *text, struct buffer *output)
{
	while (*text) {
		if (*text != '\\' || !text[1]) {
			buffer_add_char(output, *text++);
			continue;
		}
		size_t length = take_escape(shell, text + 1, true, output);

		if (!length)
			return false;
		text += 1 + length;
	}
	return true;
}

/* echo's options, of which it takes only words made of n, e and E. */
static bool take_echo_options(const char *word, bool *newline, bool *escapes)
{
	if (word[0] != '-' || !word[1] || word[1 + strspn(word + 1, "neE")])
		return false;
	for (const char *c = word + 1; *c; c++) {
		if (*c == 'n')
			*newline = false;
		else
			*escapes = *c == 'e';
	}
	return true;
}

static int run_echo(struct shell *shell, const struct strv *words)
{
	cleanup(buffer_free) struct buffer output = {0};
	bool newline = true, escapes = false, more = true;
	size_t first = 1;

	while (first < words->count && take_echo_options(words->items[first], &newline, &escapes))
		first++;
	for (size_t i = first; i < words->count && more; i++) {
		if (i > first)
			buffer_add_char(&output, ' ');
		if (escapes)
			more = add_escaped(shell, words->items[i], &output);
		else
			buffer_add_text(&output, words->items[i]);
	}
	if (newline && more)
		buffer_add_char(&output, '\n');
	command_print(shell, output.data ? output.data : "", output.length);
	return 0;
}

/* printf's state: the arguments still to be used. */
struct printing {
	struct shell *shell;
	const struct strv *words;
	size_t next;
	struct buffer output;
	bool ended; /* by \c in %b */
};

static const char *next_argument(struct printing *printing)
{
	return printing->next < printing->words->count ? printing->words->items[printing->next++]
						       : NULL;
}

static long long number_argument(struct printing *printing)
{
	const char *text = next_argument(printing);
	char *end;

	if (!text || !*text)
		return 0;
	errno = 0;
	long long value = strtoll(text, &end, 0);

	if (*end || errno || end == text || strchr("\"'", *text))
		(void)shell_give_up(printing->shell, "this number for printf");
	return value;
}

/* Flags, width and precision of a conversion: at most limit characters, no *. */
static size_t specification_length(const char *format)
{
	size_t length = strspn(format, "-+ #0");

	length += strspn(format + length, "0123456789");
	if (format[length] == '.')
		length += 1 + strspn(format + length + 1, "0123456789");
	return length;
}

static void add_text_conversion(struct printing *printing, const char *specification, bool escapes)
{
	cleanup(buffer_free) struct buffer text = {0};
	cleanup(free_string) char *format = text_format("%%%ss", specification);
	const char *argument = next_argument(printing);

	if (escapes)
		printing->ended = !add_escaped(printing->shell, argument ? argument : "", &text);
	else
		buffer_add_text(&text, argument ? argument : "");
	if (*specification && text.data && !shell_is_plain_text(text.data))
		(void)shell_give_up(printing->shell, "a width for text that is not ASCII");
	if (strpbrk(specification, "+ #0") && specification[strspn(specification, "-123456789.")])
		(void)shell_give_up(printing->shell, "this format");
	if (!*specification) {
		buffer_add(&printing->output, text.data ? text.data : "", text.length);
		return;
	}
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	/* The format was checked: flags, width and precision only. */
	buffer_add_format(&printing->output, format, text.data ? text.data : "");
#pragma GCC diagnostic pop
}

static void add_number_conversion(struct printing *printing, const char *specification, char kind)
{
	cleanup(free_string) char *format = text_format("%%%sll%c", specification, kind);
	long long value = number_argument(printing);

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	buffer_add_format(&printing->output, format, value);
#pragma GCC diagnostic pop
}

/* One conversion behind its %; returns its length. */
static size_t convert(struct printing *printing, const char *format)
{
	size_t length = specification_length(format);
	cleanup(free_string) char *specification = xstrndup(format, length);
	char kind = format[length];

	if (length > 8) {
		(void)shell_give_up(printing->shell, "this format");
		return length;
	}
	if (kind == '%' && !length)
		buffer_add_char(&printing->output, '%');
	else if (kind == 's' || kind == 'b')
		add_text_conversion(printing, specification, kind == 'b');
	else if (kind == 'c' && !length)
		buffer_add(&printing->output, "", 0), (void)shell_give_up(printing->shell, "%c");
	else if (kind && strchr("diouxX", kind))
		add_number_conversion(printing, specification, kind);
	else
		(void)shell_give_up(printing->shell, "this format");
	return length + (kind != '\0');
}

static void print_once(struct printing *printing, const char *format)
{
	while (*format && !printing->ended && !shell_stopped(printing->shell)) {
		if (*format == '%') {
			format += 1 + convert(printing, format + 1);
		} else if (*format == '\\' && format[1]) {
			format += 1 + take_escape(printing->shell, format + 1, false,
						  &printing->output);
		} else {
			buffer_add_char(&printing->output, *format++);
		}
	}
}

static int run_printf(struct shell *shell, const struct strv *words)
{
	struct printing printing = {.shell = shell, .words = words, .next = 2};
	const char *name = NULL;
	size_t first = 1;

	if (words->count > 3 && text_equal(words->items[1], "-v")) {
		name = words->items[2];
		first = 3;
	} else if (words->count > 1 && text_equal(words->items[1], "--")) {
		first = 2;
	}
	if (words->count <= first || (first == 1 && words->items[1][0] == '-') ||
	    (name && name[strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_")]))
		return command_give_up(shell, "this use of printf");
	printing.next = first + 1;
	do {
		size_t before = printing.next;

		print_once(&printing, words->items[first]);
		if (printing.next == before) /* a format without conversions comes once */
			break;
	} while (printing.next < words->count && !printing.ended && shell_step(shell));
	char *text = buffer_take(&printing.output);

	if (name)
		assign_scalar(shell, name, false, text);
	else
		command_print_text(shell, text);
	free(text);
	return 0;
}

/* Takes a line of the shell's input; false at its end. */
static bool take_line(struct shell *shell, char **ret_line)
{
	struct shell_input *input = shell->in;
	const char *start = input->data + input->position;
	size_t left = input->length - input->position;
	const char *end = memchr(start, '\n', left);
	size_t length = end ? (size_t)(end - start) : left;

	*ret_line = xstrndup(start, length);
	input->position += length + (end != NULL);
	return end != NULL;
}

static bool is_blank(char c, const char *separators)
{
	return c && strchr(" \t\n", c) && strchr(separators, c);
}

/* The next field of *rest by separators, *rest behind the separator that ends it. */
static char *take_field(char **rest, const char *separators)
{
	size_t length;
	char *field;

	while (is_blank(**rest, separators))
		(*rest)++;
	length = strcspn(*rest, separators);
	field = xstrndup(*rest, length);
	*rest += length;
	while (is_blank(**rest, separators))
		(*rest)++;
	if (**rest && !strchr(" \t\n", **rest) && strchr(separators, **rest))
		(*rest)++;
	return field;
}

/* What is left for the last name: without blanks around, and without a lone separator behind. */
static char *take_rest(char *rest, const char *separators)
{
	char *probe;
	size_t length;

	while (is_blank(*rest, separators))
		rest++;
	probe = rest;
	free(take_field(&probe, separators));
	if (!*probe) /* a single field: what ends it goes too */
		return take_field(&rest, separators);
	length = strlen(rest);
	while (length && is_blank(rest[length - 1], separators))
		length--;
	return xstrndup(rest, length);
}

static void read_array(struct shell *shell, const char *name, char *rest, const char *separators)
{
	long index = 0;

	variable_unset(&shell->variables, name);
	while (is_blank(*rest, separators))
		rest++;
	while (*rest && shell_step(shell)) {
		cleanup(free_string) char *field = take_field(&rest, separators);

		variable_set(&shell->variables, name, index++, field);
	}
}

static bool is_name(const char *text)
{
	for (const char *c = text; *c; c++)
		if (!isalnum((unsigned char)*c) && *c != '_')
			return false;
	return *text && !isdigit((unsigned char)*text) && !variable_is_special(text);
}

int run_read(struct shell *shell, const struct strv *words, const char *separators)
{
	cleanup(free_string) char *line = NULL;
	bool array = false, raw = false;
	size_t first = 1;

	for (; first < words->count && words->items[first][0] == '-'; first++) {
		const char *option = words->items[first];

		if (option[1 + strspn(option + 1, "ra")] || !option[1])
			return command_give_up(shell, "this option of read");
		raw |= strchr(option, 'r') != NULL;
		array |= strchr(option, 'a') != NULL;
	}
	if (!shell->in || first == words->count || (array && words->count != first + 1))
		return command_give_up(shell, "this use of read");
	for (size_t i = first; i < words->count; i++)
		if (!is_name(words->items[i]))
			return command_give_up(shell, "this use of read");
	bool complete = take_line(shell, &line);
	char *rest = line;

	if ((!raw && strchr(line, '\\')) || !shell_is_plain_text(line))
		return command_give_up(shell, "this input for read");
	separators = separators ? separators : " \t\n";
	if (array) {
		read_array(shell, words->items[first], rest, separators);
		return !complete;
	}
	for (size_t i = first; i < words->count; i++) {
		cleanup(free_string) char *field = i + 1 < words->count
							   ? take_field(&rest, separators)
							   : take_rest(rest, separators);

		variable_set(&shell->variables, words->items[i], 0, field);
	}
	return !complete;
}

const struct known_command text_builtins[] = {
	{"echo", run_echo},
	{"printf", run_printf},
	{NULL, NULL},
};
