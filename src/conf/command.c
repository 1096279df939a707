/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the known commands share. */
#include "conf/command.h"

#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/process.h"

enum { FILE_LIMIT = 4 * 1024 * 1024 };

static command_function *find_in(const struct known_command *table, const char *name)
{
	for (; table->name; table++)
		if (text_equal(table->name, name))
			return table->run;
	return NULL;
}

command_function *command_find(const char *name)
{
	command_function *run = find_in(shell_builtins, name);

	if (!run)
		run = find_in(text_builtins, name);
	return run ? run : find_in(programs, name);
}

char *command_path(const char *name)
{
	return *name ? process_find_program(name) : NULL;
}

bool command_is_foreign_builtin(const char *name)
{
	static const char *const names[] = {
		"alias",    "bg",        "bind",     "builtin", "caller",  "cd",      "compgen",
		"complete", "compopt",   "coproc",   "declare", "dirs",    "disown",  "enable",
		"eval",     "exec",      "fc",       "fg",      "getopts", "hash",    "help",
		"history",  "jobs",      "kill",     "logout",  "mapfile", "popd",    "pushd",
		"pwd",      "readarray", "readonly", "select",  "set",     "suspend", "time",
		"times",    "trap",      "type",     "typeset", "ulimit",  "umask",   "unalias",
		"wait",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (text_equal(names[i], name))
			return true;
	return false;
}

void command_print(struct shell *shell, const char *text, size_t length)
{
	if (shell->out && shell_steps(shell, length))
		buffer_add(shell->out, text, length);
}

void command_print_text(struct shell *shell, const char *text)
{
	command_print(shell, text, strlen(text));
}

__attribute__((format(printf, 3, 0))) static void
add_message(struct shell *shell, const char *prefix, const char *format, va_list arguments)
{
	cleanup(free_string) char *text = text_vformat(format, arguments);

	if (shell->err && shell_steps(shell, strlen(text)))
		buffer_add_format(shell->err, "%s%s\n", prefix, text);
}

void command_message(struct shell *shell, const char *format, ...)
{
	cleanup(free_string) char *prefix = text_format(
		"%s: line %u: ", shell->variables.file ? shell->variables.file : "dkms",
		shell->variables.line);
	va_list arguments;

	va_start(arguments, format);
	add_message(shell, prefix, format, arguments);
	va_end(arguments);
}

void command_error(struct shell *shell, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	add_message(shell, "", format, arguments);
	va_end(arguments);
}

int command_give_up(struct shell *shell, const char *reason)
{
	(void)shell_give_up(shell, reason);
	return 1;
}

static void add_file(struct shell *shell, const char *name, const char *path, int failure,
		     struct buffer *input, int *ret_status)
{
	cleanup(free_string) char *data = NULL;
	struct error error = {0};
	size_t length;

	if (text_empty(path) || text_equal(path, "-") ||
	    (file_exists(path) && !file_is_regular(path))) {
		(void)shell_give_up(shell, "input that is no plain file");
		return;
	}
	int code = file_read(path, FILE_LIMIT, &data, &length, &error);

	error_clear(&error);
	if (code == -ENOENT || code == -ENOTDIR) {
		command_error(shell, "%s: %s: %s", name, path, strerror(-code));
		*ret_status = failure;
	} else if (code < 0) {
		(void)shell_give_up(shell, "a file that cannot be read");
	} else if (shell_steps(shell, length)) {
		buffer_add(input, data, length);
	}
}

char *command_input(struct shell *shell, const char *name, char *const *files, size_t count,
		    int failure, int *ret_status)
{
	cleanup(buffer_free) struct buffer input = {0};

	if (!count && !shell->in)
		(void)shell_give_up(shell, "it reads what dkms itself is given");
	else if (!count)
		buffer_add(&input, shell->in->data + shell->in->position,
			   shell->in->length - shell->in->position);
	if (!count && shell->in)
		shell->in->position = shell->in->length;
	for (size_t i = 0; i < count; i++)
		add_file(shell, name, files[i], failure, &input, ret_status);
	char *text = buffer_take(&input);

	if (!shell_is_plain_text(text))
		(void)shell_give_up(shell, "input that is not ASCII");
	return text;
}
