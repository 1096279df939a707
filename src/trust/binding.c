/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "trust/binding.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/memory.h"
#include "base/text.h"

/* VALUE, 'VALUE' or "VALUE"; NULL for what would need a shell. */
static char *plain_value(const char *text)
{
	cleanup(free_string) char *value = text_trimmed(text);
	size_t length = strlen(value);
	char quote = *value;

	if (quote == '"' || quote == '\'') {
		if (length < 2 || value[length - 1] != quote)
			return NULL;
		value[length - 1] = '\0';
		memmove(value, value + 1, length - 1);
	}
	return strpbrk(value, "\"'$`\\#;") ? NULL : TAKE(value);
}

static bool set(struct trust_binding *binding, const char *name, const char *value)
{
	if (text_equal(name, "modules")) {
		binding->bound_modules = true;
		strv_split(&binding->modules, value, " \t");
	} else if (text_equal(name, "remotes")) {
		binding->bound_remotes = true;
		strv_split(&binding->remotes, value, " \t");
	} else if (text_equal(name, "revoked") &&
		   (text_equal(value, "yes") || text_equal(value, "no"))) {
		binding->revoked |= text_equal(value, "yes");
	} else {
		return false;
	}
	return true;
}

static bool parse_line(struct trust_binding *binding, const char *line)
{
	const char *equals = strchr(line, '=');

	if (!equals)
		return false;
	cleanup(free_string) char *raw = xstrndup(line, (size_t)(equals - line));
	cleanup(free_string) char *name = text_trimmed(raw);
	cleanup(free_string) char *value = plain_value(equals + 1);

	return value && set(binding, name, value);
}

bool binding_parse(const char *text, struct trust_binding *ret_binding, char **ret_offence)
{
	struct trust_binding binding = {0};
	cleanup(strv_free) struct strv lines = {0};
	const char *item;

	strv_split(&lines, text, "\n");
	STRV_FOREACH (item, &lines) {
		cleanup(free_string) char *line = text_trimmed(item);

		if (!*line || *line == '#' || parse_line(&binding, line))
			continue;
		cleanup(free_string) char *shown = text_printable(line, 60);

		*ret_offence = text_format("\"%s\" is none of modules=, remotes= and revoked= with "
					   "a plain value",
					   shown);
		binding_free(&binding);
		return false;
	}
	*ret_binding = binding;
	return true;
}

void binding_free(struct trust_binding *binding)
{
	strv_free(&binding->modules);
	strv_free(&binding->remotes);
	*binding = (struct trust_binding){0};
}

static bool allows_module(const struct trust_binding *binding, const char *module)
{
	const char *pattern;

	STRV_FOREACH (pattern, &binding->modules)
		if (fnmatch(pattern, module, 0) == 0)
			return true;
	return !binding->bound_modules;
}

/* "https://example/dkms" is the beginning of "https://example/dkms/gpu", not of ".../dkms2". */
static bool allows_remote(const struct trust_binding *binding, const char *remote)
{
	const char *start;

	STRV_FOREACH (start, &binding->remotes) {
		size_t length = strlen(start);

		while (length && start[length - 1] == '/')
			length--;
		if (length && strncmp(remote, start, length) == 0 && strchr("/", remote[length]))
			return true;
	}
	return !binding->bound_remotes;
}

bool binding_allows(const struct trust_binding *binding, const char *module, const char *remote)
{
	return allows_module(binding, module) && allows_remote(binding, remote);
}
