/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shim/try_probe.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "shim/ask.h"

/* The directory that is the shell's own, by this process' number in place of "$$". */
static bool make_directory(const struct try_run *run, char *path)
{
	int length = snprintf(path, PATH_MAX, "%.*s%ld",
			      (int)(run->directory.length - strlen("$$")), run->directory.text,
			      (long)getpid());

	return length < PATH_MAX && mkdir(path, 0777) == 0;
}

static int remove_entry(const char *path, const struct stat *info, int type, struct FTW *place)
{
	(void)info;
	(void)type;
	(void)place;
	(void)remove(path);
	return 0;
}

/* Where the compiler writes: "$TMP" is D/.tmp_$$/tmp. */
static bool place_output(const char *directory, const char *output, char *path)
{
	return snprintf(path, PATH_MAX, "%s/tmp%s", directory, output + strlen("$TMP")) < PATH_MAX;
}

bool try_probe(const struct question *question, const char *learned, bool *ret_success)
{
	char directory[PATH_MAX], output[PATH_MAX];
	char **written = &question->words[question->output];
	int status = -1;

	/* The script sets these, which a compiler would see if they are exported. */
	if (getenv("TMP") || getenv("TMPO") || !make_directory(&question->try_run, directory))
		return false;
	if (place_output(directory, *written, output)) {
		char *const called = question->words[0], *const named = *written;

		question->words[0] = (char *)question->program;
		*written = output;
		status = ask_compiler(question->program, question->words, &question->key, learned);
		question->words[0] = called;
		*written = named;
	}
	(void)nftw(directory, remove_entry, 1, FTW_DEPTH | FTW_PHYS);
	if (status < 0)
		return false;
	*ret_success = WIFEXITED(status) && WEXITSTATUS(status) == 0;
	return true;
}
