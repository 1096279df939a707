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
#define HEADER(kind, directory)                                                    \
	{                                                                          \
		kind, "fatal error: ", NO_SUCH_FILE, IS_ERROR directory, no_header \
	}
#define INTERFACE(before, after, detail)                                 \
	{                                                                \
		CAUSE_INTERFACE_CHANGED, before, after, IS_ERROR, detail \
	}

static const char no_header[] = "it has no header {subject}";
static const char no_function[] = "it has no function {subject}";
static const char no_name[] = "it has no {subject}";
static const char no_member[] = "a structure has no member {subject}";
static const char no_type[] = "it does not define {subject}";
static const char other_arguments[] = "{subject} takes other arguments";
static const char other_function[] = "another function than {subject} was given";
static const char own_name[] = "it has a {subject} of its own";

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
	{CAUSE_TOOL_MISSING, "make: ", NO_SUCH_FILE, NULL, NULL},
	{CAUSE_TOOL_MISSING, "]: ", NO_SUCH_FILE, "make[", NULL},
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

	NEEDS(CAUSE_WRITE_REFUSED, "Read-only file system"),
	NEEDS(CAUSE_WRITE_REFUSED, "Permission denied"),

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

	INTERFACE("implicit declaration of function '", "'", no_function),
	INTERFACE("call to undeclared function '", "'", no_function),
	INTERFACE("'", "' undeclared", no_name),
	INTERFACE("use of undeclared identifier '", "'", no_name),
	INTERFACE("no member named '", "'", no_member),
	INTERFACE("unknown field '", "'", no_member),
	INTERFACE("field designator '", "'", no_member),
	INTERFACE("unknown type name '", "'", no_type),
	INTERFACE("invalid use of undefined type '", "'", no_type),
	INTERFACE("to incomplete type '", "'", no_type),
	INTERFACE("incomplete definition of type '", "'", no_type),
	INTERFACE("storage size of '", "'", "it does not define the type of {subject}"),
	INTERFACE("' has incomplete type", NULL, "it does not define a type"),
	INTERFACE("initialization of '", "' from incompatible pointer type", other_function),
	INTERFACE("assignment to '", "' from incompatible pointer type", other_function),
	INTERFACE("of '", "' from incompatible pointer type", other_arguments),
	INTERFACE("from incompatible pointer type", NULL, "a pointer is of another type"),
	INTERFACE("incompatible function pointer types", NULL, "a function has another type"),
	INTERFACE("incompatible pointer types", NULL, "a pointer is of another type"),
	INTERFACE("too many arguments to function '", "'", other_arguments),
	INTERFACE("too few arguments to function '", "'", other_arguments),
	INTERFACE("arguments to function call", NULL, "a function takes other arguments"),
	INTERFACE("macro \"", "\" requires", other_arguments),
	INTERFACE("macro \"", "\" passed", other_arguments),
	INTERFACE("conflicting types for '", "'", own_name),
	INTERFACE("static declaration of '", "'", own_name),
	INTERFACE("redefinition of '", "'", own_name),
	INTERFACE("assignment of read-only member '", "'", "{subject} must not be written"),
	INTERFACE("void value not ignored", NULL, "a function returns nothing any more"),
	HEADER(CAUSE_INTERFACE_CHANGED, "linux/"),
	HEADER(CAUSE_INTERFACE_CHANGED, "asm/"),
	HEADER(CAUSE_INTERFACE_CHANGED, "asm-generic/"),
	HEADER(CAUSE_INTERFACE_CHANGED, "net/"),
	HEADER(CAUSE_INTERFACE_CHANGED, "media/"),
	HEADER(CAUSE_INTERFACE_CHANGED, "drm/"),
	HEADER(CAUSE_INTERFACE_CHANGED, "sound/"),
	HEADER(CAUSE_INTERFACE_CHANGED, "scsi/"),
	HEADER(CAUSE_INTERFACE_CHANGED, "crypto/"),
	HEADER(CAUSE_INTERFACE_CHANGED, "stdarg.h"),
	{CAUSE_INTERFACE_CHANGED, "No rule to make target 'arch/", "'", "needed by 'arch/",
	 "kbuild takes the directory as M=, no longer as SUBDIRS="},

	{CAUSE_SYMBOL_NOT_EXPORTED, "ERROR: modpost: \"", "\" [", "undefined!", NULL},
	{CAUSE_SYMBOL_NOT_EXPORTED, "ERROR: \"", "\" [", "undefined!", NULL},
	{CAUSE_SYMBOL_NAMESPACE, "uses symbol ", NULL, "from namespace", NULL},
	{CAUSE_SYMBOL_GPL, "uses GPL-only symbol '", "'", NULL, NULL},

	{CAUSE_WARNING_AS_ERROR, "[-Werror=", "]", IS_ERROR, NULL},
	{CAUSE_WARNING_AS_ERROR, "[-Werror,-W", "]", IS_ERROR, NULL},
	{CAUSE_OBJTOOL, "objtool: ", "", IS_ERROR, NULL},
	{CAUSE_LICENSE_MISSING, "missing MODULE_LICENSE() in ", NULL, "ERROR", NULL},
	{CAUSE_FILE_MISSING, "No rule to make target '", "'", "needed by", NULL},
	{CAUSE_FILE_MISSING, "No rule to make target '", "'", "/Makefile'", NULL},
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

static void remember(struct cause_findings *findings, const struct pattern *pattern,
		     const char *subject, const char *line)
{
	bool compiler = pattern->kind == CAUSE_TOOL_MISSING && is_compiler(subject);
	struct cause_finding *finding =
		&findings->items[compiler ? CAUSE_COMPILER_MISSING : pattern->kind];

	if (!finding->line)
		*finding = (struct cause_finding){text_printable(line, SHOWN_LENGTH),
						  text_printable(subject, SHOWN_LENGTH),
						  pattern->detail};
}

void cause_findings_look_at(struct cause_findings *findings, const char *line)
{
	cleanup(free_string) char *plain = xstrdup(line);

	straighten(plain);
	for (size_t i = 0; i < sizeof(patterns) / sizeof(*patterns); i++) {
		cleanup(free_string) char *found = may_be_first(findings, patterns[i].kind)
							   ? match(&patterns[i], plain)
							   : NULL;
		cleanup(free_string) char *subject = found ? text_trimmed(found) : NULL;

		if (subject)
			remember(findings, &patterns[i], subject, line);
	}
}

void cause_findings_free(struct cause_findings *findings)
{
	for (size_t i = 0; i < CAUSES; i++) {
		free(findings->items[i].line);
		free(findings->items[i].subject);
	}
	*findings = (struct cause_findings){0};
}
