/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How causes show: messages of gcc, clang, binutils, GNU make, shells, kbuild and modpost, in
 * English, as a build's environment has them.
 */
#include <ctype.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/memory.h"
#include "base/text.h"
#include "build/causes.h"

enum { SHOWN_LENGTH = 300 };

/*
 * The subject stands between two texts. One that is NULL leaves it to the word that borders on the
 * other; "" after it means the rest of the line.
 */
struct pattern {
	enum cause_kind kind;
	const char *before, *after;
	const char *also;   /* the line must hold this, too; NULL: nothing */
	const char *detail; /* NULL: none */
};

#define NO_SUCH_FILE ": No such file or directory"
#define IS_ERROR     "error: "

#define NEEDS(kind, text)                    \
	{                                    \
		kind, text, NULL, NULL, NULL \
	}

static const struct pattern patterns[] = {
	NEEDS(CAUSE_OUT_OF_MEMORY, "fatal error: Killed signal"),
	NEEDS(CAUSE_OUT_OF_MEMORY, "internal compiler error: Killed"),
	NEEDS(CAUSE_OUT_OF_MEMORY, "unable to execute command: Killed"),
	NEEDS(CAUSE_OUT_OF_MEMORY, "out of memory allocating"),
	NEEDS(CAUSE_OUT_OF_MEMORY, "memory exhausted"),
	NEEDS(CAUSE_OUT_OF_MEMORY, "Cannot allocate memory"),
	NEEDS(CAUSE_OUT_OF_MEMORY, "# exit code: 137"),
	{CAUSE_OUT_OF_MEMORY, "] Killed", NULL, " *** ", NULL},
	{CAUSE_OUT_OF_MEMORY, " Killed      ", NULL, ": line ", NULL},

	NEEDS(CAUSE_DISK_FULL, "No space left on device"),
	NEEDS(CAUSE_DISK_FULL, "Disk quota exceeded"),

	{CAUSE_PROCESS_LIMIT, "Resource temporarily unavailable", NULL, "fork", NULL},
	NEEDS(CAUSE_PROCESS_LIMIT, "annot fork"),

	{CAUSE_OTHER_KERNEL, "*** ", NO_SUCH_FILE ".  Stop", "/lib/modules/", NULL},
	{CAUSE_HEADERS_INCOMPLETE, "*** ", NO_SUCH_FILE ".  Stop", "/lib/modules/", NULL},
	{CAUSE_HEADERS_INCOMPLETE, "No rule to make target '", "'", "/linux-headers-", NULL},
	{CAUSE_HEADERS_INCOMPLETE, "No rule to make target '", "'", "/linux-kbuild-", NULL},
	{CAUSE_HEADERS_INCOMPLETE, "No rule to make target '", "'", "'scripts/", NULL},
	{CAUSE_HEADERS_INCOMPLETE, NULL, NO_SUCH_FILE, ": scripts/", NULL},
	{CAUSE_HEADERS_INCOMPLETE, NULL, NO_SUCH_FILE, "/include/linux/kconfig.h", NULL},
	{CAUSE_HEADERS_INCOMPLETE, NULL, NO_SUCH_FILE, "/include/linux/compiler", NULL},
	{CAUSE_HEADERS_INCOMPLETE, NULL, NO_SUCH_FILE, " generated/", NULL},
	{CAUSE_HEADERS_INCOMPLETE, NULL, NO_SUCH_FILE, " linux/kernel.h", NULL},
	{CAUSE_HEADERS_INCOMPLETE, NULL, NO_SUCH_FILE, " linux/module.h", NULL},
	{CAUSE_HEADERS_INCOMPLETE, NULL, NO_SUCH_FILE, " linux/init.h", NULL},
	{CAUSE_HEADERS_INCOMPLETE, NULL, ": not found", "scripts/", NULL},
	{CAUSE_HEADERS_INCOMPLETE, NULL, ": not found", "tools/objtool/", NULL},
	{CAUSE_HEADERS_INCOMPLETE, NULL, ": not found", "tools/bpf/", NULL},
	{CAUSE_HEADERS_INCOMPLETE, NULL, " or ", "auto.conf are missing", NULL},

	{CAUSE_HEADERS_FOREIGN, "(required by ", ")", "GLIBC_", NULL},
	{CAUSE_HEADERS_FOREIGN, NULL, ": Exec format error", "scripts/", NULL},
	{CAUSE_HEADERS_FOREIGN, NULL, ": cannot execute binary file", "scripts/", NULL},

	{CAUSE_COMPILER_UNFIT, "unrecognized command-line option '", "'", IS_ERROR,
	 "it does not know {subject}"},
	{CAUSE_COMPILER_UNFIT, "unrecognized command line option '", "'", IS_ERROR,
	 "it does not know {subject}"},
	{CAUSE_COMPILER_UNFIT, "unknown argument: '", "'", IS_ERROR, "it does not know {subject}"},
	{CAUSE_COMPILER_UNFIT, "incompatible gcc/plugin versions", NULL, NULL,
	 "the kernel's plugins are for another version"},
	{CAUSE_COMPILER_UNFIT, "cannot load plugin ", NULL, NULL, "it cannot load {subject}"},
	{CAUSE_COMPILER_UNFIT, "fail to initialize plugin ", NULL, NULL,
	 "it cannot load {subject}"},
	{CAUSE_COMPILER_UNFIT, "compiler is too old", NULL, NULL, "it is too old"},
	{CAUSE_COMPILER_UNFIT, "Compiler is too old", NULL, NULL, "it is too old"},
	{CAUSE_COMPILER_UNFIT, "version of GCC is too old", NULL, NULL, "it is too old"},
	{CAUSE_COMPILER_UNFIT, "ompiler lacks asm-goto support", NULL, NULL, "it is too old"},
	{CAUSE_COMPILER_UNFIT, "kernel does not support PIC mode", NULL, NULL,
	 "it makes position-independent code"},

	{CAUSE_TOOL_MISSING, NULL, ": command not found", NULL, NULL},
	{CAUSE_TOOL_MISSING, NULL, ": Command not found", NULL, NULL},
	{CAUSE_TOOL_MISSING, NULL, ": not found", "sh: ", NULL},
	{CAUSE_TOOL_MISSING, "env: '", "'" NO_SUCH_FILE, NULL, NULL},
	{CAUSE_TOOL_MISSING, "cannot execute '", "'", "execvp", NULL},

	{CAUSE_LIBRARY_MISSING, "fatal error: ", NO_SUCH_FILE, "elf.h", NULL},
	{CAUSE_LIBRARY_MISSING, "fatal error: ", NO_SUCH_FILE, " openssl/", NULL},
	{CAUSE_LIBRARY_MISSING, "fatal error: ", NO_SUCH_FILE, " stdio.h", NULL},
	{CAUSE_LIBRARY_MISSING, "fatal error: ", NO_SUCH_FILE, " stdlib.h", NULL},
	{CAUSE_LIBRARY_MISSING, "please install ", NULL, "libelf-dev", NULL},
	{CAUSE_LIBRARY_MISSING, "cannot find -l", NULL, NULL, NULL},

	NEEDS(CAUSE_NETWORK_REFUSED, "Network is unreachable"),
	NEEDS(CAUSE_NETWORK_REFUSED, "Could not resolve host"),
	NEEDS(CAUSE_NETWORK_REFUSED, "Temporary failure in name resolution"),
	NEEDS(CAUSE_NETWORK_REFUSED, "unable to resolve host"),
	NEEDS(CAUSE_NETWORK_REFUSED, "Name or service not known"),
	NEEDS(CAUSE_NETWORK_REFUSED, "Address family not supported by protocol"),
	{CAUSE_NETWORK_REFUSED, "curl: (", ")", "connect to ", NULL},
	{CAUSE_NETWORK_REFUSED, "fatal: unable to access '", "'", "://", NULL},

	NEEDS(CAUSE_WRITE_REFUSED, "Read-only file system"),
	{CAUSE_WRITE_REFUSED, "cannot create", "", "Permission denied", NULL},
	{CAUSE_WRITE_REFUSED, "cannot touch", "", "Permission denied", NULL},
	{CAUSE_WRITE_REFUSED, "cannot remove", "", "Permission denied", NULL},
	{CAUSE_WRITE_REFUSED, "cannot move", "", "Permission denied", NULL},
	{CAUSE_WRITE_REFUSED, "cannot overwrite", "", "Permission denied", NULL},
	{CAUSE_WRITE_REFUSED, "cannot open output", "", "Permission denied", NULL},
	NEEDS(CAUSE_ACCESS_REFUSED, ": Permission denied"),

	NEEDS(CAUSE_RIGHT_REFUSED, "Operation not permitted"),
	NEEDS(CAUSE_RIGHT_REFUSED, ": permission denied."), /* mount */
	{CAUSE_RIGHT_REFUSED, "'/dev/", "'" NO_SUCH_FILE, NULL, NULL},
	{CAUSE_RIGHT_REFUSED, " /dev/", NO_SUCH_FILE, NULL, NULL},
	{CAUSE_RIGHT_REFUSED, "No such file or directory: '/dev/", "'", NULL, NULL},

	{CAUSE_OPTION_MISSING, "CONFIG_", NULL, "#error", NULL},
	{CAUSE_OPTION_MISSING, "CONFIG_", NULL, ": *** ", NULL},
	{CAUSE_OPTION_MISSING, "CONFIG_", NULL, "not set", NULL},
	{CAUSE_OPTION_MISSING, "CONFIG_", NULL, "not enabled", NULL},
	{CAUSE_OPTION_OF_SYMBOL, "ERROR: modpost: \"", "\" [", "undefined!", NULL},
	{CAUSE_OPTION_OF_SYMBOL, "ERROR: \"", "\" [", "undefined!", NULL},

	{CAUSE_SOURCE_REFUSES, "#error ", "", IS_ERROR, NULL},
	{CAUSE_SOURCE_REFUSES, ": *** ", ".  Stop", "akefile:", NULL},
	{CAUSE_SOURCE_REFUSES, ": *** ", ".  Stop", "Kbuild:", NULL},

	{CAUSE_INTERFACE_CHANGED, "No rule to make target 'arch/", "'", "needed by 'arch/",
	 "kbuild takes the directory as M=, no longer as SUBDIRS="},

	{CAUSE_SYMBOL_NOT_EXPORTED, "ERROR: modpost: \"", "\" [", "undefined!", NULL},
	{CAUSE_SYMBOL_NOT_EXPORTED, "ERROR: \"", "\" [", "undefined!", NULL},
	{CAUSE_SYMBOL_NAMESPACE, "uses symbol ", NULL, "from namespace", NULL},
	{CAUSE_SYMBOL_GPL, "uses GPL-only symbol '", "'", NULL, NULL},

	{CAUSE_WARNING_AS_ERROR, "[-Werror=", "]", IS_ERROR, NULL},
	{CAUSE_WARNING_AS_ERROR, "[-Werror,-W", "]", IS_ERROR, NULL},
	{CAUSE_OBJTOOL, "objtool: ", "", IS_ERROR, NULL},
	{CAUSE_SOURCE_EMPTY, "missing MODULE_LICENSE() in ", NULL, "ERROR", NULL},
	{CAUSE_LICENSE_MISSING, "missing MODULE_LICENSE() in ", NULL, "ERROR", NULL},
	{CAUSE_FILE_MISSING, "No rule to make target '", "'", "needed by", NULL},
	{CAUSE_FILE_MISSING, "No rule to make target '", "'", "/Makefile'", NULL},
	{CAUSE_FILE_MISSING, "No targets specified and no ", " found", " *** ", NULL},
	NEEDS(CAUSE_NO_TARGET, "*** No targets.  Stop"),
	{CAUSE_FILE_MISSING, "fatal error: ", NO_SUCH_FILE, NULL, NULL},

	{CAUSE_COMPILER_DIFFERS, "You are using: ", "", NULL, NULL},
};

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || (c && strchr("_.+-/", c));
}

static const char *word_end(const char *begin)
{
	while (is_word(*begin))
		begin++;
	return begin;
}

/* The place after the last text in what ends at end; NULL: it is not there. */
static const char *after_last(const char *line, const char *text, const char *end)
{
	const char *found = NULL;

	for (const char *at = line; (at = strstr(at, text)) && at + strlen(text) <= end; at++)
		found = at + strlen(text);
	return found;
}

/* The subject ends where a text begins that is there once only. */
static char *subject_before(const char *line, const char *before, const char *after)
{
	const char *end = strstr(line, after);
	const char *begin = end && before ? after_last(line, before, end) : end;

	while (begin && !before && begin > line && is_word(begin[-1]))
		begin--;
	return begin ? xstrndup(begin, (size_t)(end - begin)) : NULL;
}

static char *subject_after(const char *line, const char *before, const char *after)
{
	const char *begin = strstr(line, before);

	if (!begin)
		return NULL;
	begin += strlen(before);
	if (!after)
		return xstrndup(begin, (size_t)(word_end(begin) - begin));
	if (!*after)
		return xstrdup(begin);
	const char *end = strstr(begin, after);

	return end ? xstrndup(begin, (size_t)(end - begin)) : NULL;
}

/* NULL: the line does not match. */
static char *match(const struct pattern *pattern, const char *line)
{
	const char *before = pattern->before, *after = pattern->after;

	if (pattern->also && !strstr(line, pattern->also))
		return NULL;
	if (!before || (after && strlen(after) > strlen(before)))
		return subject_before(line, before, after);
	return subject_after(line, before, after);
}

/* Typographic quotes as plain ones. */
static void straighten(char *line)
{
	char *to = line;

	for (const char *from = line; *from; from++) {
		if (strncmp(from, "\xe2\x80", 2) == 0 && from[2] && strchr("\x98\x99", from[2])) {
			*to++ = '\'';
			from += 2;
		} else {
			*to++ = *from;
		}
	}
	*to = '\0';
}

static bool is_compiler(const char *program)
{
	static const char *const names[] = {"cc", "gcc", "clang", "c++", "g++", "cc1", "cc1plus"};
	cleanup(free_string) char *name = xstrndup(program, strcspn(program, "-0123456789"));

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (text_equal(name, names[i]) || text_equal(program, names[i]))
			return true;
	return text_ends_with(program, "-gcc");
}

/* A line about a missing program may be the first about a compiler, and not about a tool. */
static bool may_be_first(const struct cause_findings *findings, enum cause_kind kind)
{
	return !findings->items[kind].line ||
	       (kind == CAUSE_TOOL_MISSING && !findings->items[CAUSE_COMPILER_MISSING].line);
}

/* The only field of a detail. */
static char *subject_field(const void *context, const char *field)
{
	return text_equal(field, "subject") ? xstrdup(context) : NULL;
}

static struct cause_finding make_finding(const char *line, const char *subject, const char *detail)
{
	struct cause_finding finding = {
		.line = text_printable(line, SHOWN_LENGTH),
		.subject = text_printable(subject, SHOWN_LENGTH),
	};

	finding.detail = detail ? template_fill(detail, subject_field, finding.subject) : NULL;
	return finding;
}

static void finding_free(struct cause_finding *finding)
{
	free(finding->line);
	free(finding->subject);
	free(finding->detail);
}

static void remember(struct cause_findings *findings, enum cause_kind kind, const char *detail,
		     const char *subject, const char *line)
{
	bool compiler = kind == CAUSE_TOOL_MISSING && is_compiler(subject);
	struct cause_finding *finding = &findings->items[compiler ? CAUSE_COMPILER_MISSING : kind];

	if (!finding->line)
		*finding = make_finding(line, subject, detail);
}

/* The file of "MAKEFILE:LINE: FILE: REASON", as make says of one that is included; owned. */
static char *missing_include(const char *line)
{
	const char *number = line + strcspn(line, ": ");
	const char *file = number + 1 + (*number ? strspn(number + 1, "0123456789") : 0);
	const char *end = strstr(line, NO_SUCH_FILE);

	if (*number != ':' || file == number + 1 || strncmp(file, ": ", 2) != 0)
		return NULL;
	file += 2;
	return end > file && word_end(file) == end && !end[strlen(NO_SUCH_FILE)]
		       ? xstrndup(file, (size_t)(end - file))
		       : NULL;
}

/* The one word between what make or a shell begins its messages with and the reason; owned. */
static char *refused_program(const char *line, const char *reason)
{
	static const char *const beginnings[] = {"make",    "gmake",     "sh",           "bash",
						 "/bin/sh", "/bin/bash", "/usr/bin/bash"};
	const char *rest = line + strcspn(line, ":[");
	const char *end = strstr(line, reason);
	bool speaker = false;

	for (size_t i = 0; i < sizeof(beginnings) / sizeof(*beginnings); i++)
		speaker |= strlen(beginnings[i]) == (size_t)(rest - line) &&
			   strncmp(line, beginnings[i], (size_t)(rest - line)) == 0;
	if (!speaker || !end || end[strlen(reason)])
		return NULL;
	const char *begin = end;

	while (begin > rest && is_word(begin[-1]))
		begin--;
	/* "make[1]: ", "sh: 1: ", "bash: line 1: " */
	return begin < end && begin[-1] == ' ' && begin[-2] == ':'
		       ? xstrndup(begin, (size_t)(end - begin))
		       : NULL;
}

static void forget_attempt(struct cause_findings *findings)
{
	free(findings->program);
	free(findings->attempt);
	findings->program = findings->attempt = NULL;
}

static enum cause_kind kind_of_attempt(const struct cause_findings *findings, const char *line)
{
	bool own = strchr(findings->program, '/') && !findings->denied; /* of the source */

	/* A rule may still make what is included. */
	if (findings->included)
		return strstr(line, "No rule to make target '") && strstr(line, findings->program)
			       ? CAUSE_FILE_MISSING
			       : CAUSES;
	if (strstr(line, " Error 127") || strstr(line, "# exit code: 127"))
		return own ? CAUSE_FILE_MISSING : CAUSE_TOOL_MISSING;
	if (strstr(line, " Error 126") || strstr(line, "# exit code: 126"))
		return CAUSE_NOT_EXECUTABLE;
	if (strstr(line, "No rule to make target"))
		return CAUSE_FILE_MISSING;
	if (strstr(line, " Error ") || strstr(line, "# exit code: "))
		return findings->denied ? CAUSE_ACCESS_REFUSED : CAUSE_FILE_MISSING;
	return CAUSES;
}

/* The status of a command tells whether a program was missing, or something that it looked for. */
static void conclude_attempt(struct cause_findings *findings, const char *line)
{
	enum cause_kind kind = kind_of_attempt(findings, line);

	if (kind == CAUSES)
		return;
	remember(findings, kind, NULL, findings->program, findings->attempt);
	forget_attempt(findings);
}

/* True for a line of which is not known yet what it says. */
static bool is_attempt(struct cause_findings *findings, const char *line)
{
	char *denied = refused_program(line, ": Permission denied");
	char *included = denied ? NULL : missing_include(line);
	char *program = denied ? denied : included ? included : refused_program(line, NO_SUCH_FILE);

	if (!program || text_starts_with(program, "/dev/")) {
		free(program);
		return false;
	}
	forget_attempt(findings);
	findings->program = program;
	findings->attempt = xstrdup(line);
	findings->denied = denied != NULL;
	findings->included = included != NULL;
	return true;
}

/* Programs that work over a network, and of git what does. */
static bool is_network_tool(const char *word, size_t length, const char *next)
{
	static const char *const tools[] = {"curl", "wget",  "aria2c", "pip",   "pip3",
					    "npm",  "cargo", "svn",    "rsync", "scp"};
	static const char *const of_git[] = {"clone", "fetch", "pull", "submodule", "ls-remote"};

	for (size_t i = 0; i < sizeof(tools) / sizeof(*tools); i++)
		if (strlen(tools[i]) == length && strncmp(word, tools[i], length) == 0)
			return true;
	if (length != 3 || strncmp(word, "git", 3) != 0)
		return false;
	next += strspn(next, " ");
	for (size_t i = 0; i < sizeof(of_git) / sizeof(*of_git); i++)
		if (text_starts_with(next, of_git[i]))
			return true;
	return false;
}

char *cause_network_tool(const char *command, bool only_first)
{
	static const char separators[] = " \t\n;&|()`'\"@{}";

	for (const char *word = command; *(word += strspn(word, separators));) {
		size_t length = strcspn(word, separators);
		const char *slash = memrchr(word, '/', length);
		const char *name = slash ? slash + 1 : word;

		if (is_network_tool(name, length - (size_t)(name - word), word + length))
			return xstrndup(name, length - (size_t)(name - word));
		if (only_first)
			return NULL;
		word += length;
	}
	return NULL;
}

static void look_at_tool(struct cause_findings *findings, const char *line)
{
	cleanup(free_string) char *tool = findings->items[CAUSE_NETWORK_TOOL].line
						  ? NULL
						  : cause_network_tool(line, true);

	if (tool)
		remember(findings, CAUSE_NETWORK_TOOL, NULL, tool, line);
}

static void look_at_interface(struct cause_findings *findings, const char *line)
{
	struct interface_finding found = {0};

	interface_look_at(&findings->interface, &found, line);
	if (!found.line)
		return;
	struct cause_finding *finding = &findings->items[CAUSE_INTERFACE_CHANGED];

	if (!finding->line || (found.certain && finding->doubtful)) {
		finding_free(finding);
		*finding = make_finding(found.line, found.subject, found.detail);
		finding->doubtful = !found.certain;
	}
	free(found.line);
	free(found.subject);
}

void cause_findings_look_at(struct cause_findings *findings, const char *line)
{
	cleanup(free_string) char *plain = xstrdup(line);

	straighten(plain);
	look_at_interface(findings, plain);
	look_at_tool(findings, plain);
	if (findings->program)
		conclude_attempt(findings, plain);
	if (is_attempt(findings, plain) && !findings->included)
		return;
	for (size_t i = 0; i < sizeof(patterns) / sizeof(*patterns); i++) {
		cleanup(free_string) char *found = may_be_first(findings, patterns[i].kind)
							   ? match(&patterns[i], plain)
							   : NULL;
		cleanup(free_string) char *subject = found ? text_trimmed(found) : NULL;

		if (subject)
			remember(findings, patterns[i].kind, patterns[i].detail, subject, line);
	}
}

void cause_findings_free(struct cause_findings *findings)
{
	forget_attempt(findings);
	interface_reading_free(&findings->interface);
	for (size_t i = 0; i < CAUSES; i++)
		finding_free(&findings->items[i]);
	*findings = (struct cause_findings){0};
}
