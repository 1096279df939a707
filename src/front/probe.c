/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "front/probe.h"

#include <ctype.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

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

bool probe_recognise(char *const argv[], struct probe *ret_probe)
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
		} else if (strcmp(argv[i], "/dev/null") == 0) {
			inputs++;
		} else if (strcmp(argv[i], "-x") == 0 && argv[i + 1]) {
			typed = is_one_of(argv[++i], languages);
			if (!typed)
				return false;
		} else if (strcmp(argv[i], "-o") == 0 && argv[i + 1] && !probe.output) {
			probe.output = argv[++i];
			probe.output_index = i;
		} else if (!is_harmless(argv[i])) {
			return false;
		}
	}
	if (!acts || !typed || inputs != 1 || (!probe.output && !preprocesses))
		return false;
	*ret_probe = probe;
	return true;
}

/* Steps over text if it comes next. */
static bool take(const char **at, const char *text)
{
	if (!starts_with(*at, text))
		return false;
	*at += strlen(text);
	return true;
}

/* The statements of try-run before its "if", in any order; directory is D/.tmp_$$ */
static bool take_preparations(const char **at, const char *directory)
{
	bool named = false;

	for (;;) {
		const char *before = *at;

		if (take(at, "TMP=") && take(at, directory) && take(at, "/tmp; ")) {
			named = true;
			continue;
		}
		*at = before;
		if (take(at, "TMPO=") && take(at, directory) && take(at, "/tmp.o; "))
			continue;
		*at = before;
		if (take(at, "mkdir -p ") && take(at, directory) && take(at, "; "))
			continue;
		*at = before;
		if (take(at, "trap \"rm -rf ") && take(at, directory) && take(at, "\" EXIT; "))
			continue;
		*at = before;
		return named;
	}
}

/* One simple command whose last words write the output. */
static bool take_command(const char **at)
{
	static const char end[] = " -o \"$TMP\")";
	size_t length = strcspn(*at, ";&|<>()`$\n#");

	/* The $ is that of $TMP. */
	if (length < strlen(" -o \"") || (*at)[length] != '$')
		return false;
	*at += length - strlen(" -o \"");
	return take(at, end);
}

static bool take_echo(const char **at)
{
	if (!take(at, " echo \""))
		return false;
	*at += strcspn(*at, "\"`$\\");
	return take(at, "\";");
}

bool probe_output_is_discarded(const char *output, const char *script, long shell)
{
	char directory[4096], end[64];
	size_t length = strlen(output);
	int end_length = snprintf(end, sizeof(end), ".tmp_%ld/tmp", shell);

	if (length < (size_t)end_length || strcmp(output + length - end_length, end) != 0)
		return false;
	length -= (size_t)end_length;
	if (length >= sizeof(directory) - sizeof(".tmp_$$") ||
	    (length && output[length - 1] != '/') || strcspn(output, " ;\"`$\\\n") < length)
		return false;
	(void)snprintf(directory, sizeof(directory), "%.*s.tmp_$$", (int)length, output);
	if (!take(&script, "set -e; ") || !take_preparations(&script, directory) ||
	    !take(&script, "if (") || !take_command(&script) ||
	    !take(&script, " >/dev/null 2>&1; then") || !take_echo(&script) ||
	    !take(&script, " else") || !take_echo(&script) || !take(&script, " fi"))
		return false;
	return script[strspn(script, " ")] == '\0';
}
