/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Programs whose work is done here: the short ones. */
#include <ctype.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "base/cleanup.h"
#include "base/memory.h"
#include "conf/command.h"

static int run_nproc(struct shell *shell, const struct strv *words)
{
	cpu_set_t cpus;
	cleanup(free_string) char *number = NULL;

	if (words->count > 1 || getenv("OMP_NUM_THREADS") || getenv("OMP_THREAD_LIMIT") ||
	    sched_getaffinity(0, sizeof(cpus), &cpus) < 0)
		return command_give_up(shell, "this use of nproc");
	number = text_format("%d\n", CPU_COUNT(&cpus));
	command_print_text(shell, number);
	return 0;
}

static int run_uname(struct shell *shell, const struct strv *words)
{
	const char *option = words->count > 1 ? words->items[1] : "-s";
	struct utsname names;
	const char *text;

	if (words->count > 2 || uname(&names) < 0)
		return command_give_up(shell, "this use of uname");
	text = text_equal(option, "-r")   ? names.release
	       : text_equal(option, "-m") ? names.machine
	       : text_equal(option, "-s") ? names.sysname
	       : text_equal(option, "-n") ? names.nodename
	       : text_equal(option, "-v") ? names.version
					  : NULL;
	if (!text)
		return command_give_up(shell, "this use of uname");
	command_print_text(shell, text);
	command_print_text(shell, "\n");
	return 0;
}

static int run_cat(struct shell *shell, const struct strv *words)
{
	int status = 0;

	for (size_t i = 1; i < words->count; i++)
		if (words->items[i][0] == '-')
			return command_give_up(shell, "this use of cat");
	cleanup(free_string) char *text = command_input(shell, "cat", words->items + 1,
							words->count - 1, 1, &status);

	command_print_text(shell, text);
	return status;
}

/* -n N, -nN or -N, then files; *ret_files is the index of the first. */
static bool take_count(struct shell *shell, const struct strv *words, long *ret_count,
		       size_t *ret_files)
{
	const char *text = NULL;
	char *end;

	*ret_count = 10;
	*ret_files = 1;
	if (words->count > 1 && words->items[1][0] == '-') {
		text = words->items[1] + 1;
		*ret_files = 2;
		if (*text == 'n' && !*++text && words->count > 2)
			text = words->items[(*ret_files)++];
	}
	if (text) {
		*ret_count = strtol(text, &end, 10);
		if (!isdigit((unsigned char)*text) || *end || *ret_count > 1000000)
			return shell_give_up(shell, "this count of lines");
	}
	if (words->count > *ret_files + 1 ||
	    (words->count > *ret_files && words->items[*ret_files][0] == '-'))
		return shell_give_up(shell, "these files");
	return true;
}

static const char *after_line(const char *text)
{
	const char *end = strchr(text, '\n');

	return end ? end + 1 : text + strlen(text);
}

static int run_head_or_tail(struct shell *shell, const struct strv *words)
{
	bool head = text_equal(words->items[0], "head");
	int status = 0;
	size_t files;
	long count, lines = 0;

	if (!take_count(shell, words, &count, &files))
		return 1;
	cleanup(free_string) char *text = command_input(
		shell, words->items[0], words->items + files, words->count - files, 1, &status);
	const char *end = text;

	if (status) /* their messages are worded differently */
		return command_give_up(shell, "a file that is not there");
	if (head) {
		while (*end && count-- > 0)
			end = after_line(end);
		command_print(shell, text, (size_t)(end - text));
		return 0;
	}
	for (const char *line = text; *line; line = after_line(line))
		lines++;
	for (; lines > count; lines--)
		end = after_line(end);
	command_print_text(shell, end);
	return 0;
}

static int run_wc(struct shell *shell, const struct strv *words)
{
	const char *option = words->count == 2 ? words->items[1] : "";
	cleanup(free_string) char *text = NULL, *number = NULL;
	size_t count = 0;
	int status = 0;

	if (!text_equal(option, "-l") && !text_equal(option, "-w") && !text_equal(option, "-c"))
		return command_give_up(shell, "this use of wc");
	text = command_input(shell, "wc", NULL, 0, 1, &status);
	for (const char *c = text; *c; c++)
		if (option[1] == 'l')
			count += *c == '\n';
		else if (option[1] == 'c')
			count++;
		else
			count += !isspace((unsigned char)*c) &&
				 (c == text || isspace((unsigned char)c[-1]));
	number = text_format("%zu\n", count);
	command_print_text(shell, number);
	return 0;
}

static int run_basename(struct shell *shell, const struct strv *words)
{
	if (words->count < 2 || words->count > 3 || words->items[1][0] == '-' || !*words->items[1])
		return command_give_up(shell, "this use of basename");
	cleanup(free_string) char *path = xstrdup(words->items[1]);
	size_t length = strlen(path);

	while (length > 1 && path[length - 1] == '/')
		path[--length] = '\0';
	char *base = length > 1 && strrchr(path, '/') ? strrchr(path, '/') + 1 : path;

	if (words->count == 3 && text_ends_with(base, words->items[2]) &&
	    !text_equal(base, words->items[2]))
		base[strlen(base) - strlen(words->items[2])] = '\0';
	command_print_text(shell, base);
	command_print_text(shell, "\n");
	return 0;
}

static int run_dirname(struct shell *shell, const struct strv *words)
{
	if (words->count != 2 || words->items[1][0] == '-')
		return command_give_up(shell, "this use of dirname");
	cleanup(free_string) char *path = xstrdup(words->items[1]);
	size_t length = strlen(path);

	while (length > 1 && path[length - 1] == '/')
		length--;
	while (length && path[length - 1] != '/')
		length--;
	while (length > 1 && path[length - 1] == '/')
		length--;
	path[length] = '\0';
	command_print_text(shell, length ? path : ".");
	command_print_text(shell, "\n");
	return 0;
}

/* {print $N}: N, or 0 for any other program. */
static long awk_column(const char *program)
{
	char *end;
	long column;

	program += strspn(program, " \t");
	if (*program++ != '{')
		return 0;
	program += strspn(program, " \t");
	if (!text_starts_with(program, "print"))
		return 0;
	program += 5;
	program += strspn(program, " \t");
	if (*program++ != '$' || !isdigit((unsigned char)*program))
		return 0;
	column = strtol(program, &end, 10);
	end += strspn(end, " \t;");
	return *end == '}' && !end[1 + strspn(end + 1, " \t")] ? column : 0;
}

/* The column of a line; separator '\0' for runs of blanks. *ret_length its length. */
static const char *find_column(const char *line, size_t length, char separator, long column,
			       size_t *ret_length)
{
	const char *end = line + length;

	for (;;) {
		const char *start;

		if (!separator)
			while (line < end && (*line == ' ' || *line == '\t'))
				line++;
		start = line;
		while (line < end &&
		       (separator ? *line != separator : *line != ' ' && *line != '\t'))
			line++;
		*ret_length = (size_t)(line - start);
		if (--column == 0 || line == end)
			break;
		line++;
	}
	if (column)
		*ret_length = 0;
	return line - *ret_length;
}

/* awk '{print $N}', with -F and one character. */
static int run_awk(struct shell *shell, const struct strv *words)
{
	size_t next = 1;
	char separator = '\0';
	int status = 0;

	if (words->count > 1 && text_starts_with(words->items[1], "-F")) {
		const char *text = words->items[1] + 2;

		next = 2;
		if (!*text && words->count > 2)
			text = words->items[next++];
		if (strlen(text) != 1 || strchr(" \\t", *text))
			return command_give_up(shell, "this use of awk");
		separator = *text;
	}
	long column = next < words->count ? awk_column(words->items[next]) : 0;

	if (column <= 0 || words->count != next + 1)
		return command_give_up(shell, "this use of awk");
	cleanup(free_string) char *text = command_input(shell, "awk", NULL, 0, 2, &status);

	for (const char *line = text; *line; line = after_line(line)) {
		size_t length;
		const char *found = find_column(line, strcspn(line, "\n"), separator, column,
						&length);

		command_print(shell, found, length);
		command_print_text(shell, "\n");
	}
	return 0;
}

const struct known_command programs[] = {
	{"nproc", run_nproc},
	{"uname", run_uname},
	{"cat", run_cat},
	{"head", run_head_or_tail},
	{"tail", run_head_or_tail},
	{"wc", run_wc},
	{"basename", run_basename},
	{"dirname", run_dirname},
	{"awk", run_awk},
	{"cut", run_cut},
	{"tr", run_tr},
	{"sed", run_sed},
	{"grep", run_grep},
	{"egrep", run_grep},
	{"fgrep", run_grep},
	{"sort", run_sort},
	{NULL, NULL},
};
