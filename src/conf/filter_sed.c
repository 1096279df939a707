/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sed with the commands s, p and d, for all lines or those that /…/ matches. */
#include <ctype.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/memory.h"
#include "conf/command.h"

enum { COMMANDS = 8, GROUPS = 10 };

struct sed_command {
	bool addressed, negated;
	regex_t address;
	char kind; /* s p d; 0: unused */
	regex_t regex;
	char *replacement;
	bool global, print;
};

struct sed {
	bool silent, extended;
	struct sed_command commands[COMMANDS];
	size_t count;
};

static void sed_free(struct sed *sed)
{
	for (size_t i = 0; i < sed->count; i++) {
		struct sed_command *command = &sed->commands[i];

		if (command->addressed)
			regfree(&command->address);
		if (command->kind == 's')
			regfree(&command->regex);
		free(command->replacement);
	}
}

/* Takes text up to an unescaped delimiter and passes over it; NULL if there is none. */
static char *take_part(const char **script, char delimiter)
{
	cleanup(buffer_free) struct buffer part = {0};
	const char *c = *script;

	for (; *c && *c != '\n' && *c != delimiter; c++) {
		if (*c == '\\' && c[1] == delimiter && delimiter == '/') {
			c++;
		} else if (*c == '\\' && c[1]) {
			if (c[1] == delimiter) /* it may mean something in the expression */
				return NULL;
			buffer_add_char(&part, *c++);
		}
		buffer_add_char(&part, *c);
	}
	if (*c != delimiter)
		return NULL;
	*script = c + 1;
	return buffer_take(&part);
}

/* Expressions on which sed and the C library agree without doubt. */
static bool compile(const struct sed *sed, const char *pattern, regex_t *regex)
{
	if (!*pattern || strchr("*+?{", *pattern) || strchr(pattern, '{') ||
	    strstr(pattern, "[[") || strlen(pattern) > 1000 || !shell_is_plain_text(pattern))
		return false;
	for (const char *c = pattern; *c; c++) {
		if (*c == '\\' && (!*++c || !strchr("()|+?.*[]^$/\\-sSwW", *c)))
			return false;
		if (c > pattern && strchr("*+?", *c) && strchr("(|*+?^", c[-1]))
			return false;
		if (*c == '[') { /* a backslash in brackets is only itself, but not \n */
			const char *end = strchr(c + 2, ']');

			if (!c[1] || !end || memchr(c, '\\', (size_t)(end - c)) || c[1] == ']')
				return false;
			c = end;
		}
	}
	return regcomp(regex, pattern, sed->extended ? REG_EXTENDED : 0) == 0;
}

static bool is_plain_replacement(const char *text, size_t groups)
{
	for (; *text; text++) {
		if (*text != '\\')
			continue;
		text++;
		if (isdigit((unsigned char)*text)) {
			if (*text == '0' || (size_t)(*text - '0') > groups)
				return false;
		} else if (!*text || isalpha((unsigned char)*text) || *text == '\n') {
			return false;
		}
	}
	return true;
}

static bool parse_substitution(struct sed *sed, struct sed_command *command, const char **script)
{
	char delimiter = *(*script)++;

	if (!delimiter || isalnum((unsigned char)delimiter) || strchr("\\\n ", delimiter) ||
	    (delimiter != '/' && strchr(".*[]^$+?(){}&", delimiter)))
		return false;
	cleanup(free_string) char *pattern = take_part(script, delimiter);

	if (!pattern || !compile(sed, pattern, &command->regex))
		return false;
	command->kind = 's';
	command->replacement = take_part(script, delimiter);
	if (!command->replacement ||
	    !is_plain_replacement(command->replacement, command->regex.re_nsub) ||
	    command->regex.re_nsub >= GROUPS)
		return false;
	for (;; (*script)++) {
		if (**script == 'g' && !command->global)
			command->global = true;
		else if (**script == 'p' && !command->print)
			command->print = true;
		else
			return true;
	}
}

static bool parse_address(struct sed *sed, struct sed_command *command, const char **script)
{
	if (**script != '/')
		return !isdigit((unsigned char)**script) && **script != '$' && **script != '\\';
	(*script)++;
	cleanup(free_string) char *pattern = take_part(script, '/');

	command->addressed = pattern && compile(sed, pattern, &command->address);
	*script += strspn(*script, " \t");
	if (command->addressed && **script == '!') {
		command->negated = true;
		(*script)++;
		*script += strspn(*script, " \t");
	}
	return command->addressed;
}

/* A whole script; false for what is not known here. */
static bool parse_script_text(struct sed *sed, const char *script)
{
	for (;;) {
		struct sed_command *command = &sed->commands[sed->count];

		script += strspn(script, " \t\n;");
		if (!*script)
			return true;
		if (sed->count++ == COMMANDS - 1 || !parse_address(sed, command, &script))
			return false;
		char kind = *script++;

		if (kind == 's') {
			if (!parse_substitution(sed, command, &script))
				return false;
		} else if (kind == 'p' || kind == 'd') {
			command->kind = kind;
		} else {
			return false;
		}
		script += strspn(script, " \t");
		if (*script && *script != ';' && *script != '\n')
			return false;
	}
}

static void add_replacement(const char *replacement, const char *line, const regmatch_t *matches,
			    struct buffer *result)
{
	for (; *replacement; replacement++) {
		int group = -1;

		if (*replacement == '&')
			group = 0;
		else if (*replacement == '\\' && isdigit((unsigned char)*++replacement))
			group = *replacement - '0';
		if (group < 0)
			buffer_add_char(result, *replacement);
		else if (matches[group].rm_so >= 0)
			buffer_add(result, line + matches[group].rm_so,
				   (size_t)(matches[group].rm_eo - matches[group].rm_so));
	}
}

/* True if anything was replaced. */
static bool substitute(const struct sed_command *command, const char *line, struct buffer *result)
{
	regoff_t length = (regoff_t)strlen(line), at = 0, last_end = -1;
	bool replaced = false;

	while (at <= length) {
		regmatch_t matches[GROUPS] = {{.rm_so = at, .rm_eo = length}};

		if (regexec(&command->regex, line, GROUPS, matches, REG_STARTEND) != 0)
			break;
		regoff_t start = matches[0].rm_so, end = matches[0].rm_eo;

		buffer_add(result, line + at, (size_t)(start - at));
		if (start < end || start != last_end) {
			add_replacement(command->replacement, line, matches, result);
			replaced = true;
		}
		if (start == end && start < length)
			buffer_add_char(result, line[start]);
		at = start == end ? end + 1 : end;
		last_end = end;
		if (!command->global)
			break;
	}
	if (at < length)
		buffer_add(result, line + at, (size_t)(length - at));
	return replaced;
}

static bool applies(const struct sed_command *command, const char *line)
{
	if (!command->addressed)
		return true;
	return (regexec(&command->address, line, 0, NULL, 0) == 0) != command->negated;
}

static void print_line(struct shell *shell, const char *line)
{
	command_print_text(shell, line);
	command_print_text(shell, "\n");
}

static void edit_line(struct shell *shell, const struct sed *sed, const char *text, size_t length)
{
	cleanup(free_string) char *line = xstrndup(text, length);

	for (size_t i = 0; i < sed->count && shell_steps(shell, length); i++) {
		const struct sed_command *command = &sed->commands[i];
		bool print = command->kind == 'p';

		if (!applies(command, line))
			continue;
		if (command->kind == 'd')
			return;
		if (command->kind == 's') {
			cleanup(buffer_free) struct buffer result = {0};

			if (substitute(command, line, &result)) {
				print = command->print;
				free(line);
				line = buffer_take(&result);
			}
		}
		if (print)
			print_line(shell, line);
	}
	if (!sed->silent)
		print_line(shell, line);
}

static bool take_options(struct sed *sed, const struct strv *words, size_t *ret_files)
{
	const char *scripts[COMMANDS];
	size_t script_count = 0, i = 1;

	for (; i < words->count && words->items[i][0] == '-' && words->items[i][1]; i++) {
		const char *option = words->items[i] + 1;

		for (; *option && *option != 'e'; option++) {
			if (!strchr("nrE", *option))
				return false;
			sed->silent |= *option == 'n';
			sed->extended |= *option != 'n';
		}
		if (*option == 'e') {
			const char *script = option[1] ? option + 1 : words->items[++i];

			if (!script || script_count == COMMANDS)
				return false;
			scripts[script_count++] = script;
		}
	}
	if (!script_count && i < words->count)
		scripts[script_count++] = words->items[i++];
	*ret_files = i;
	for (size_t j = i; j < words->count; j++)
		if (words->items[j][0] == '-')
			return false;
	for (size_t j = 0; j < script_count; j++)
		if (!parse_script_text(sed, scripts[j]))
			return false;
	return script_count > 0;
}

int run_sed(struct shell *shell, const struct strv *words)
{
	cleanup(sed_free) struct sed sed = {0};
	int status = 0;
	size_t files;

	if (!take_options(&sed, words, &files) || words->count > files + 1)
		return command_give_up(shell, "this use of sed");
	cleanup(free_string) char *text = command_input(shell, "sed", words->items + files,
							words->count - files, 2, &status);

	if (status) /* its message is worded differently */
		return command_give_up(shell, "a file that is not there");
	if (*text && !text_ends_with(text, "\n"))
		return command_give_up(shell, "input without a newline at its end");
	for (const char *line = text; *line && shell_step(shell);) {
		size_t length = strcspn(line, "\n");

		edit_line(shell, &sed, line, length);
		line += length + 1;
	}
	return 0;
}
