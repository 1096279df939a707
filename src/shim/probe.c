/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shim/probe.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "shim/compiler.h"

/*
 * kbuild's try-run (scripts/Makefile.compiler, Linux 5.10 and later), by which it asks whether a
 * command works:
 *
 *	set -e; TMP=D/.tmp_$$/tmp; trap "rm -rf D/.tmp_$$" EXIT; mkdir -p D/.tmp_$$;
 *	if (COMMAND) >/dev/null 2>&1; then echo "SUCCESS"; else echo "FAILURE"; fi
 */

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

/* Reads the directory from the assignment to TMP. */
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

static bool starts_with(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

static bool is_one_of(const char *text, const char *const *words)
{
	for (; *words; words++)
		if (strcmp(text, *words) == 0)
			return true;
	return false;
}

/* Letters, digits and some others: neither a path nor a list of options for another program. */
static bool is_plain(const char *text, const char *others)
{
	for (; *text; text++)
		if (!isalnum((unsigned char)*text) && !strchr(others, *text))
			return false;
	return true;
}

/* -f…: most choose how code is made; these read or write files, or load code. */
static bool is_code_option(const char *name)
{
	static const char *const maps[] = {
		"macro-prefix-map=", "debug-prefix-map=", "file-prefix-map=", NULL};
	static const char *const files[] = {
		"auto-profile", "branch-prob", "callgraph", "compare-debug", "crash-",
		"depfile",      "dump",        "embed",     "module",        "opt-info",
		"pass-plugin",  "plugin",      "proc-stat", "profile",       "save-",
		"stack-usage",  "test-cov",    "thinlto",   "time-trace",    NULL};

	if (starts_with(name, "no-"))
		name += strlen("no-");
	for (const char *const *map = maps; *map; map++)
		if (starts_with(name, *map))
			return true;
	for (const char *const *file = files; *file; file++)
		if (starts_with(name, *file))
			return false;
	/* -fsanitize-ignorelist= and its like. */
	return is_plain(name, "-_=,+") && !(strchr(name, '=') && strstr(name, "list"));
}

static bool is_harmless(const char *option)
{
	static const char *const whole[] = {
		"-w", "-pg", "-pipe", "-ansi", "-undef", "-nostdinc", "-Qunused-arguments", NULL};

	if (is_one_of(option, whole) || starts_with(option, "-D") || starts_with(option, "-U"))
		return true;
	if (starts_with(option, "-f"))
		return is_code_option(option + 2);
	if (starts_with(option, "-W")) /* without -Wa, and its like */
		return is_plain(option + 2, "-_=+");
	if (starts_with(option, "-m"))
		return is_plain(option + 2, "-_=,.+");
	if (starts_with(option, "-g"))
		return is_plain(option + 2, "-") && strcmp(option, "-gsplit-dwarf") != 0;
	return starts_with(option, "-O") || starts_with(option, "-std=") ||
	       (starts_with(option, "--param=") && is_plain(option + 8, "-_=")) ||
	       (starts_with(option, "--target=") && is_plain(option + 9, "-_."));
}

/*
 * These write a file, beside the output and with its name (gcc(1)). Harmless where that is in a
 * directory of the question's own.
 */
static bool writes_beside_output(const char *option)
{
	static const char *const whole[] = {"-fprofile-arcs", "-ftest-coverage",
					    "-fprofile-update=prefer-atomic", NULL};

	return is_one_of(option, whole);
}

static bool recognise(char *const argv[], const char *input, struct probe *ret_probe)
{
	static const char *const actions[] = {"-c", "-S", "-E", NULL};
	static const char *const languages[] = {"c", "assembler", "assembler-with-cpp", NULL};
	struct probe probe = {.output_index = -1};
	bool acts = false, preprocesses = false, typed = false;
	int inputs = 0;

	for (int i = 1; argv[i]; i++) {
		if (is_one_of(argv[i], actions)) {
			acts = true;
			preprocesses = argv[i][1] == 'E';
		} else if (strcmp(argv[i], input) == 0) {
			inputs++;
		} else if (strcmp(argv[i], "-x") == 0 && argv[i + 1]) {
			typed = is_one_of(argv[++i], languages);
			if (!typed)
				return false;
		} else if (strcmp(argv[i], "-o") == 0 && argv[i + 1] && !probe.output) {
			probe.output = argv[++i];
			probe.output_index = i;
		} else if (writes_beside_output(argv[i])) {
			probe.writes_beside_output = true;
		} else if (!is_harmless(argv[i])) {
			return false;
		}
	}
	if (!acts || !typed || inputs != 1 || (!probe.output && !preprocesses))
		return false;
	*ret_probe = probe;
	return true;
}

bool probe_recognise(char *const argv[], struct probe *ret_probe)
{
	struct probe probe;

	if (!recognise(argv, "/dev/null", &probe) || probe.writes_beside_output)
		return false;
	*ret_probe = probe;
	return true;
}

bool probe_recognise_filter(char *const argv[], struct probe *ret_probe)
{
	return recognise(argv, "-", ret_probe);
}

/* One simple command whose last words write the output. */
static bool writes_temporary(const struct span *command)
{
	static const char end[] = " -o \"$TMP\"";
	size_t length = 0;

	/* The $ is that of $TMP. */
	while (length < command->length && !strchr(";&|<>()`$\n#", command->text[length]))
		length++;
	length += strlen("$TMP\"");
	return length == command->length && length >= strlen(end) &&
	       strncmp(command->text + length - strlen(end), end, strlen(end)) == 0;
}

bool probe_output_is_discarded(const char *output, const char *script, long shell)
{
	char expected[4096];
	struct try_run run;

	if (!try_run_read(script, &run) || !writes_temporary(&run.command))
		return false;
	int length = snprintf(expected, sizeof(expected), "%.*s%ld/tmp",
			      (int)(run.directory.length - strlen("$$")), run.directory.text,
			      shell);

	return length < (int)sizeof(expected) && strcmp(output, expected) == 0;
}

bool probe_make_key(char *const argv[], const struct probe *probe, const char *compiler,
		    const char *search, struct memory_key *ret_key)
{
	struct memory_key key = memory_key_start();

	if (!compiler_add_identity(compiler, search, &key) || !compiler_add_environment(&key))
		return false;
	for (int i = 1; argv[i]; i++)
		memory_key_add_text(&key, i == probe->output_index ? "" : argv[i]);
	*ret_key = key;
	return true;
}
