/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/report.h"

#include <stdarg.h>
#include <stddef.h>

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
