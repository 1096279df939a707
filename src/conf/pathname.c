/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Patterns that name files. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/memory.h"
#include "base/file.h"
#include "conf/pattern.h"
#include "conf/shell.h"

/* One component of a pattern and what is behind it. */
struct component {
	const char *text, *rest; /* rest: behind the slashes; NULL for the last one */
	size_t length, slashes;
};

/* Splits at the first slash. */
static void next_component(const char *pattern, struct component *component)
{
	size_t i = 0;

	component->text = pattern;
	while (pattern[i] && pattern[i] != '/')
		i += pattern[i] == '\\' && pattern[i + 1] ? 2 : 1;
	component->length = i;
	/* "\/" is a slash too. */
	for (size_t j = 0; j + 1 < i; j++)
		if (pattern[j] == '\\' && pattern[j + 1] == '/') {
			component->length = i = j;
			break;
		}
	component->slashes = 0;
	for (;;) {
		size_t slash = pattern[i] == '/'                             ? 1
			       : pattern[i] == '\\' && pattern[i + 1] == '/' ? 2
									     : 0;

		if (!slash)
			break;
		i += slash;
		component->slashes++;
	}
	component->rest = component->slashes ? pattern + i : NULL;
}

static bool has_wildcard(const char *pattern)
{
	for (; *pattern; pattern++) {
		if (*pattern == '\\' && pattern[1])
			pattern++;
		else if (strchr("*?[", *pattern) || (strchr("+@!", *pattern) && pattern[1] == '('))
			return true;
	}
	return false;
}

static void add_unquoted(struct buffer *path, const char *pattern)
{
	for (; *pattern; pattern++) {
		if (*pattern == '\\' && pattern[1])
			pattern++;
		buffer_add_char(path, *pattern);
	}
}

static void walk(struct shell *shell, const char *base, const char *pattern, struct strv *found);

/* Goes on behind a component of which path is the expansion so far. */
static void descend(struct shell *shell, struct buffer *path, const struct component *component,
		    struct strv *found)
{
	cleanup(free_string) char *text = NULL;

	for (size_t i = 0; i < component->slashes; i++)
		buffer_add_char(path, '/');
	text = buffer_take(path);
	if (component->rest && *component->rest)
		walk(shell, text, component->rest, found);
	else if (component->rest ? file_is_directory(text) : file_exists_nofollow(text))
		strv_add(found, text);
}

/* Whether a directory's entry fits; names with a leading dot need one in the pattern. */
static bool fits(struct shell *shell, const char *pattern, const char *name)
{
	enum pattern_result result;

	if (*name == '.') {
		if (strchr("?*+@!", *pattern) && pattern[1] == '(') {
			(void)shell_give_up(shell, "a pattern for hidden files");
			return false;
		}
		if (*pattern != '.' && !(pattern[0] == '\\' && pattern[1] == '.'))
			return false;
	}
	if (!shell_is_plain_text(name) || !shell_is_plain_text(pattern))
		(void)shell_give_up(shell, "file names that are not ASCII");
	result = pattern_match(pattern, name, strlen(name));
	/* Versions of bash differ in whether a pattern finds . and .. */
	if (result == PATTERN_UNSURE ||
	    (result == PATTERN_YES && (text_equal(name, ".") || text_equal(name, ".."))))
		(void)shell_give_up(shell, "this pattern");
	return result == PATTERN_YES;
}

static void match_directory(struct shell *shell, const char *base, const char *pattern,
			    const struct component *component, struct strv *found)
{
	cleanup(closedir_handler) DIR *directory = opendir(*base ? base : ".");
	struct dirent *entry;

	while (directory && (entry = readdir(directory)) && shell_step(shell)) {
		cleanup(buffer_free) struct buffer path = {0};

		if (!fits(shell, pattern, entry->d_name))
			continue;
		buffer_add_text(&path, base);
		buffer_add_text(&path, entry->d_name);
		descend(shell, &path, component, found);
	}
}

static void walk(struct shell *shell, const char *base, const char *pattern, struct strv *found)
{
	struct component component;
	cleanup(buffer_free) struct buffer path = {0};

	next_component(pattern, &component);
	cleanup(free_string) char *text = xstrndup(component.text, component.length);

	if (has_wildcard(text)) {
		match_directory(shell, base, text, &component, found);
		return;
	}
	buffer_add_text(&path, base);
	add_unquoted(&path, text);
	descend(shell, &path, &component, found);
}

bool expand_pathname(struct shell *shell, const char *pattern, struct strv *fields)
{
	cleanup(strv_free) struct strv found = {0};

	walk(shell, "", pattern, &found);
	if (found.count > 1 && !shell_has_plain_order())
		return shell_give_up(shell, "sorted file names in this locale");
	strv_sort(&found);
	strv_add_all(fields, &found);
	return found.count > 0;
}
