/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "build/diagnosis.h"

#include <errno.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "base/memory.h"
#include "base/text.h"

enum {
	LINE_SIZE = 4096, /* what is longer is looked at piece by piece */
	SHOWN_LENGTH = 300,
	COMPILER_ERRORS = 5,
	OTHER_ERRORS = 3,
};

static bool contains_one_of(const char *line, const char *const *words)
{
	for (; *words; words++)
		if (strstr(line, *words))
			return true;
	return false;
}

/* Compiler, linker and modpost say what is wrong with the code itself. */
static bool is_compiler_error(const char *line)
{
	static const char *const words[] = {
		": error:", ": fatal error:", "ERROR: modpost:", ": undefined reference to", NULL,
	};

	return contains_one_of(line, words);
}

/* make and the shell say what is wrong around it. */
static bool is_other_error(const char *line)
{
	static const char *const words[] = {
		" *** ",
		": command not found",
		": not found",
		": No such file or directory",
		"Error! ",
		"ERROR: ",
		"error: ",
		": Permission denied",
		"No space left on device",
		" FAILED at ",
		NULL,
	};

	return contains_one_of(line, words);
}

static bool is_refused_write(const char *line)
{
	static const char *const words[] = {"Read-only file system", "Permission denied", NULL};

	return contains_one_of(line, words);
}

static bool is_refused_network(const char *line)
{
	static const char *const words[] = {
		"Network is unreachable",
		"Could not resolve host",
		"Temporary failure in name resolution",
		"unable to resolve host",
		"Name or service not known",
		NULL,
	};

	return contains_one_of(line, words);
}

/* A copy that is safe to show on a terminal. */
static char *printable(const char *line)
{
	char *shown = xstrndup(line, strnlen(line, SHOWN_LENGTH));

	for (char *c = shown; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = *c == '\t' ? ' ' : '?';
	return shown;
}

static void remember_first(char **place, const char *line, bool applies)
{
	if (applies && !*place)
		*place = printable(line);
}

static void look_at(const char *line, struct diagnosis *found, struct strv *others)
{
	if (is_compiler_error(line)) {
		if (found->errors.count < COMPILER_ERRORS)
			strv_add_owned(&found->errors, printable(line));
	} else if (is_other_error(line) && others->count < OTHER_ERRORS) {
		strv_add_owned(others, printable(line));
	}
	remember_first(&found->refused_write, line, is_refused_write(line));
	remember_first(&found->refused_network, line, is_refused_network(line));
}

int diagnosis_read(const char *log, struct diagnosis *ret_diagnosis, struct error *error)
{
	cleanup(fclose_handler) FILE *file = fopen(log, "re");
	cleanup(strv_free) struct strv others = {0};
	cleanup(diagnosis_free) struct diagnosis found = {0};
	char line[LINE_SIZE];

	if (!file)
		return error_errno(error, -errno, 0, "Cannot read %s", log);
	while (fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = '\0';
		if (*line != '#') /* ours: "# command: …" */
			look_at(line, &found, &others);
	}
	if (ferror(file))
		return error_errno(error, -EIO, 0, "Cannot read %s", log);
	if (found.errors.count == 0)
		strv_add_all(&found.errors, &others);
	*ret_diagnosis = found;
	found = (struct diagnosis){0};
	return 0;
}

void diagnosis_free(struct diagnosis *diagnosis)
{
	strv_free(&diagnosis->errors);
	free(diagnosis->refused_write);
	free(diagnosis->refused_network);
	*diagnosis = (struct diagnosis){0};
}
