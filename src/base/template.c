/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/template.h"

#include <stddef.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/memory.h"
#include "base/text.h"

/* The length of the field's name after an opening brace; 0: it opens no field. */
static size_t field_length(const char *after_brace)
{
	size_t length = strspn(after_brace, "abcdefghijklmnopqrstuvwxyz_");

	return after_brace[length] == '}' ? length : 0;
}

char *template_fill(const char *text, template_value *value, const void *context)
{
	cleanup(buffer_free) struct buffer filled = {0};

	while (*text) {
		size_t plain = strcspn(text, "{");
		size_t length = text[plain] ? field_length(text + plain + 1) : 0;

		if (!length) {
			plain += text[plain] != '\0';
			buffer_add(&filled, text, plain);
			text += plain;
			continue;
		}
		cleanup(free_string) char *field = xstrndup(text + plain + 1, length);
		cleanup(free_string) char *found = value(context, field);

		if (!found)
			return NULL;
		buffer_add(&filled, text, plain);
		buffer_add_text(&filled, found);
		text += plain + length + 2;
	}
	return buffer_take(&filled);
}
