/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "conf/plain_assignments.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"

static bool is_name(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
	       (c >= 'a' && c <= 'z');
}

/* The end of the line if it is an assignment of a plain value, else NULL. */
static const char *pass_assignment(const char *line)
{
	if (!text_starts_with(line, "CONFIG_"))
		return NULL;
	while (is_name(*line))
		line++;
	if (*line++ != '=')
		return NULL;
	if (*line == '"') {
		line += 1 + strcspn(line + 1, "\"$`\\\n");
		return *line == '"' ? line + 1 : NULL;
	}
	while (is_name(*line) || (*line && strchr("./,:+-", *line)))
		line++;
	return line;
}

bool plain_assignments_are(const char *text)
{
	while (*text) {
		const char *end = *text == '#'    ? strchrnul(text, '\n')
				  : *text == '\n' ? text
						  : pass_assignment(text);

		if (!end || (*end && *end != '\n'))
			return false;
		text = end + (*end == '\n');
	}
	return true;
}

const char *plain_assignments_find(const struct plain_assignments *assignments, const char *name,
				   size_t *ret_length)
{
	cleanup(free_string) char *needle = text_format("\n%s=", name);
	const char *found = NULL, *from = assignments->text;

	for (const char *next; (next = strstr(from, needle)); from = next + 1)
		found = next;
	if (!found)
		return NULL;
	const char *value = found + strlen(needle);
	bool quoted = *value == '"';

	value += quoted;
	*ret_length = strcspn(value, quoted ? "\"" : "\n");
	return value;
}
