/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shim/try_run.h"

#include <string.h>

/* Steps over text if it comes next. */
static bool take(const char **at, const char *text)
{
	size_t length = strlen(text);

	if (strncmp(*at, text, length) != 0)
		return false;
	*at += length;
	return true;
}

/* The same for text around the directory. */
static bool take_around(const char **at, const char *before, const struct span *directory,
			const char *after)
{
	const char *start = *at;

	if (take(at, before) && strncmp(*at, directory->text, directory->length) == 0) {
		*at += directory->length;
		if (take(at, after))
			return true;
	}
	*at = start;
	return false;
}

/* What TMP is set to says what the directory is. */
static bool find_directory(const char *script, struct span *directory)
{
	static const char before[] = "; TMP=", process[] = ".tmp_$$";
	const char *set = strstr(script, before);

	if (!set)
		return false;
	set += strlen(before);
	size_t length = strcspn(set, " ;\"`$\\\n");

	if (strncmp(set + length, "$$", 2) != 0 || length < strlen(".tmp_"))
		return false;
	length += strlen("$$");
	*directory = (struct span){set, length};
	return strncmp(set + length - strlen(process), process, strlen(process)) == 0;
}

/* The statements before "if", in any order. */
static bool take_preparations(const char **at, const struct span *directory)
{
	bool named = false;

	for (;;) {
		if (take_around(at, "TMP=", directory, "/tmp; "))
			named = true;
		else if (!take_around(at, "TMPO=", directory, "/tmp.o; ") &&
			 !take_around(at, "mkdir -p ", directory, "; ") &&
			 !take_around(at, "trap \"rm -rf ", directory, "\" EXIT; "))
			return named;
	}
}

/* Up to where its output is thrown away; what is in it is for others to judge. */
static bool take_command(const char **at, struct span *command)
{
	static const char end[] = ") >/dev/null 2>&1; then";
	const char *found = strstr(*at, end);

	if (!found)
		return false;
	*command = (struct span){*at, (size_t)(found - *at)};
	*at = found + strlen(end);
	return true;
}

static bool take_echo(const char **at, struct span *text)
{
	if (!take(at, " echo \""))
		return false;
	*text = (struct span){*at, strcspn(*at, "\"`$\\")};
	*at += text->length;
	/* echo takes one option. */
	return take(at, "\";") && strncmp(text->text, "-n\"", 3) != 0;
}

bool try_run_read(const char *script, struct try_run *ret_try_run)
{
	struct try_run parts;

	if (!find_directory(script, &parts.directory) || !take(&script, "set -e; ") ||
	    !take_preparations(&script, &parts.directory) || !take(&script, "if (") ||
	    !take_command(&script, &parts.command) || !take_echo(&script, &parts.success) ||
	    !take(&script, " else") || !take_echo(&script, &parts.failure) || !take(&script, " fi"))
		return false;
	*ret_try_run = parts;
	return script[strspn(script, " ")] == '\0';
}
