/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/symvers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"

/* A distribution's has 2 MiB. */
static const size_t file_limit = 64UL << 20;

struct symvers_file {
	struct symvers_file *next;
	char *text; /* which the symbols point into */
	struct symvers_symbol *symbols;
};

enum { COLUMNS_MAX = 5, COLUMNS_MIN = 4 };

/* The value of one hexadecimal digit, or -1. */
static int digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* 0x and eight hexadecimal digits at most. Not strtoul(): a kernel has 25,000. */
static bool parse_crc(const char *text, uint32_t *ret_crc)
{
	uint32_t crc = 0;
	size_t digits = 0;

	if (!text_starts_with(text, "0x"))
		return false;
	for (text += 2; *text; text++, digits++) {
		int value = digit_value(*text);

		if (value < 0 || digits == 8)
			return false;
		crc = crc << 4 | (uint32_t)value;
	}
	*ret_crc = crc;
	return digits > 0;
}

/* Cuts the text at the separator, in place; *rest goes on after it, or is NULL. */
static char *cut(char **rest, char separator)
{
	char *start = *rest;
	char *end = start ? strchr(start, separator) : NULL;

	if (end)
		*end++ = '\0';
	*rest = end;
	return start;
}

/* Cuts a line into its columns, in place. Returns how many there are: COLUMNS_MAX + 1 for more. */
static size_t split(char *line, const char *columns[COLUMNS_MAX])
{
	size_t count = 0;
	char *column;

	while ((column = cut(&line, '\t'))) {
		if (count == COLUMNS_MAX)
			return COLUMNS_MAX + 1;
		columns[count++] = column;
	}
	return count;
}

/* EXPORT_SYMBOL, EXPORT_SYMBOL_GPL, and the rarer ones that kernels have had. */
static bool is_export(const char *text)
{
	return text_starts_with(text, "EXPORT_SYMBOL") ||
	       text_starts_with(text, "EXPORT_UNUSED_SYMBOL");
}

/* The fault of the line, or NULL. */
static const char *take_line(char *line, struct symvers_symbol *symbol, const char **ret_name)
{
	const char *columns[COLUMNS_MAX] = {0};
	size_t count = split(line, columns);

	if (count < COLUMNS_MIN || count > COLUMNS_MAX)
		return "it has not the columns CRC, symbol, module, export and namespace";
	/* From 5.4 to 5.6 the namespace came before the module. */
	bool namespace_first = count == COLUMNS_MAX && is_export(columns[4]);
	const char *export = columns[namespace_first ? 4 : 3];

	if (!parse_crc(columns[0], &symbol->crc))
		return "it does not begin with a CRC";
	if (!*columns[1])
		return "it names no symbol";
	if (!is_export(export))
		return "it has no EXPORT_SYMBOL";
	symbol->module = columns[namespace_first ? 3 : 2];
	symbol->namespace = namespace_first ? columns[2] : count == COLUMNS_MAX ? columns[4] : "";
	symbol->gpl_only = strstr(export, "_GPL") != NULL;
	*ret_name = columns[1];
	return *symbol->module ? NULL : "it names no module";
}

static size_t count_lines(const char *text)
{
	size_t count = *text ? 1 : 0;

	for (const char *at = strchr(text, '\n'); at; at = strchr(at + 1, '\n'))
		if (at[1])
			count++;
	return count;
}

static void file_free(struct symvers_file *file)
{
	free(file->text);
	free(file->symbols);
	free(file);
}
DEFINE_CLEANUP(struct symvers_file *, file_free)

/* Fills file->symbols and, in step with it, names. */
static int parse_lines(struct symvers_file *file, const char *path, const char **names,
		       struct error *error)
{
	char *rest = file->text;
	size_t number = 0;

	while (rest && *rest) {
		char *line = cut(&rest, '\n');
		const char *wrong = take_line(line, &file->symbols[number], &names[number]);

		if (wrong)
			return error_set(error, -EBADMSG, 0, "%s, line %zu, is malformed: %s.",
					 path, number + 1, wrong);
		number++;
	}
	return 0;
}

/* Takes text. */
static int parse_owned(struct symvers *symvers, const char *path, char *text, size_t length,
		       struct error *error)
{
	cleanup(file_free_handler) struct symvers_file *file = NEW(struct symvers_file);

	file->text = text;
	if (length > file_limit || memchr(text, '\0', length))
		return error_set(error, length > file_limit ? -EFBIG : -EBADMSG, 0,
				 "%s is no list of symbols: it is too large, or no text.", path);
	size_t count = count_lines(file->text);

	file->symbols = xcalloc(count, sizeof(*file->symbols));
	cleanup(free_string) const char **names = xcalloc(count, sizeof(*names));

	if (parse_lines(file, path, names, error) < 0)
		return error->code;
	symvers->symbols.borrows_keys = true;
	strmap_reserve(&symvers->symbols, count);
	for (size_t i = 0; i < count; i++) {
		(void)strmap_set(&symvers->symbols, names[i], &file->symbols[i]);
		symvers->has_crcs |= file->symbols[i].crc != 0;
	}
	symvers->count += count;
	file->next = symvers->files;
	symvers->files = TAKE(file);
	return 0;
}

int symvers_parse(struct symvers *symvers, const char *path, const char *text, size_t length,
		  struct error *error)
{
	return parse_owned(symvers, path, xstrndup(text, length), length, error);
}

int symvers_read(struct symvers *symvers, const char *path, struct error *error)
{
	cleanup(free_string) char *text = NULL;
	size_t length;

	if (file_read(path, file_limit, &text, &length, error) < 0)
		return error->code;
	return parse_owned(symvers, path, TAKE(text), length, error);
}

const struct symvers_symbol *symvers_find(const struct symvers *symvers, const char *name)
{
	return strmap_get(&symvers->symbols, name);
}

void symvers_free(struct symvers *symvers)
{
	while (symvers->files) {
		struct symvers_file *file = symvers->files;

		symvers->files = file->next;
		file_free(file);
	}
	strmap_free(&symvers->symbols, NULL);
	*symvers = (struct symvers){0};
}
