/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shim/make_flags.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char blanks[] = " \t";

/* Where the word "--" begins, or the text's end. */
static const char *find_variables(const char *text)
{
	const char *word = text + strspn(text, blanks);

	while (*word) {
		size_t length = strcspn(word, blanks);

		if (length == 2 && memcmp(word, "--", 2) == 0)
			break;
		word += length;
		word += strspn(word, blanks);
	}
	return word;
}

/* True for --jobserver-auth=ADDRESS or, before GNU make 4.2, --jobserver-fds=ADDRESS. */
static bool is_jobserver(const char *word, const char **ret_address)
{
	static const char *const options[] = {"--jobserver-auth=", "--jobserver-fds="};

	for (size_t i = 0; i < sizeof(options) / sizeof(*options); i++)
		if (strncmp(word, options[i], strlen(options[i])) == 0) {
			*ret_address = word + strlen(options[i]);
			return true;
		}
	return false;
}

/* The options as words; make takes a first word without "-" for a cluster of them. */
static bool split(struct make_flags *flags, char *options)
{
	size_t count = 1;
	char *save = NULL;

	flags->words[0] = (char *)"make";
	for (char *word = strtok_r(options, blanks, &save); word;
	     word = strtok_r(NULL, blanks, &save)) {
		if (is_jobserver(word, &flags->jobserver))
			continue;
		if (count > MAKE_FLAGS_MOST_WORDS)
			return false;
		if (word == options + 1 && *word != '-' && !strchr(word, '='))
			*--word = '-';
		flags->words[count++] = word;
	}
	flags->words[count] = NULL;
	return true;
}

bool make_flags_read(const char *makeflags, struct make_flags *ret_flags)
{
	const char *begin = makeflags + strspn(makeflags, blanks);
	struct make_flags flags = {.variables = find_variables(begin)};
	size_t length = (size_t)(flags.variables - begin);

	/* With a character to spare in front of the first word. */
	if (memchr(begin, '\\', length) || !(flags.text = calloc(1, length + 2)))
		return false;
	*flags.text = ' ';
	memcpy(flags.text + 1, begin, length);
	if (split(&flags, flags.text)) {
		flags.jobs = make_arguments_read(flags.words);
		if (flags.jobs.kind != MAKE_JOBS_ODD) {
			*ret_flags = flags;
			return true;
		}
	}
	make_flags_free(&flags);
	return false;
}

void make_flags_free(struct make_flags *flags)
{
	free(flags->text);
	flags->text = NULL;
}

char *make_flags_with_jobserver(const struct make_flags *flags, const struct make_jobs *jobs,
				const int ends[2])
{
	char *text = NULL;
	size_t size;
	FILE *stream = open_memstream(&text, &size);

	if (!stream)
		return NULL;
	for (char *const *word = flags->words + 1; *word; word++)
		(void)fprintf(stream, " %s", *word);
	if (flags->jobs.kind == MAKE_JOBS_UNSAID)
		(void)fprintf(stream, " -j%s", jobs->number ? jobs->number : "");
	(void)fprintf(stream, " --jobserver-auth=%d,%d", ends[0], ends[1]);
	if (*flags->variables)
		(void)fprintf(stream, " %s", flags->variables);
	if (fclose(stream) == 0)
		return text;
	free(text);
	return NULL;
}
