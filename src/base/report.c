/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/report.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "base/cleanup.h"
#include "base/text.h"

void report(struct reporter *reporter, enum report_kind kind, const char *format, ...)
{
	va_list arguments;

	if (!reporter)
		return;
	va_start(arguments, format);
	cleanup(free_string) char *text = text_vformat(format, arguments);
	va_end(arguments);
	reporter->emit(reporter, kind, text);
}

void report_text(struct reporter *reporter, enum report_kind kind, const char *text)
{
	if (reporter)
		reporter->emit(reporter, kind, text);
}

void report_output(void *reporter, const char *data, size_t length)
{
	cleanup(buffer_free) struct buffer text = {0};

	for (size_t i = 0; i < length; i++)
		if (data[i])
			buffer_add_char(&text, data[i]);
	if (text.length)
		report_text(reporter, REPORT_OUTPUT, text.data);
}

struct glimpse *glimpse_new(void)
{
	void *memory = mmap(NULL, sizeof(struct glimpse), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	return memory == MAP_FAILED ? NULL : memory;
}

void glimpse_free(struct glimpse *glimpse)
{
	if (glimpse)
		(void)munmap(glimpse, sizeof(*glimpse));
}

static size_t start_of_line(const char *piece, size_t end)
{
	while (end && piece[end - 1] != '\n')
		end--;
	return end;
}

static size_t without_blanks(const char *piece, size_t start, size_t end)
{
	while (end > start && strchr(" \t\r", piece[end - 1]))
		end--;
	return end;
}

void glimpse_take(struct glimpse *glimpse, const char *piece, size_t length)
{
	/* The text after the last newline is no whole line. */
	size_t end = start_of_line(piece, length);

	while (glimpse && end) {
		size_t start = start_of_line(piece, end - 1);
		size_t last = without_blanks(piece, start, end - 1);

		end = start;
		while (start < last && strchr(" \t\r", piece[start]))
			start++;
		if (last == start)
			continue;
		if (last - start >= GLIMPSE_SIZE)
			last = start + GLIMPSE_SIZE - 1;
		memcpy(glimpse->line, piece + start, last - start);
		glimpse->line[last - start] = '\0';
		glimpse->is_live = false;
		return;
	}
}

void glimpse_tell(struct glimpse *glimpse, const char *text)
{
	if (!glimpse)
		return;
	(void)snprintf(glimpse->line, sizeof(glimpse->line), "%s", text);
	glimpse->is_live = *text;
}

bool glimpse_is_live(const struct glimpse *glimpse)
{
	return glimpse && glimpse->is_live;
}

char *glimpse_read(const struct glimpse *glimpse)
{
	char line[GLIMPSE_SIZE];

	if (!glimpse || !*glimpse->line)
		return NULL;
	memcpy(line, glimpse->line, sizeof(line));
	line[sizeof(line) - 1] = '\0';
	return text_printable(line, sizeof(line));
}
