/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Causes of failing builds, as a table: how a cause shows in a make.log, and what to say
 * about it. build/explanation.h decides which of them counts.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "build/interface.h"

/* The earlier one explains the later ones, if a log shows several. */
enum cause_kind {
	CAUSE_OUT_OF_MEMORY,
	CAUSE_DISK_FULL,
	CAUSE_PROCESS_LIMIT,
	CAUSE_OTHER_KERNEL, /* the build asks for another one's headers */
	CAUSE_HEADERS_INCOMPLETE,
	CAUSE_HEADERS_FOREIGN, /* their programs were built for another system */
	CAUSE_COMPILER_MISSING,
	CAUSE_COMPILER_UNFIT, /* refuses the kernel's options, plugins or headers */
	CAUSE_TOOL_MISSING,
	CAUSE_NOT_EXECUTABLE,
	CAUSE_LIBRARY_MISSING, /* for programs that are built along the way */
	CAUSE_OPTION_MISSING,
	CAUSE_OPTION_OF_SYMBOL, /* a symbol that is not exported for want of an option */
	CAUSE_SOURCE_REFUSES,   /* #error or $(error) of the source itself */
	CAUSE_INTERFACE_CHANGED,
	CAUSE_SYMBOL_NOT_EXPORTED,
	CAUSE_SYMBOL_NAMESPACE,
	CAUSE_SYMBOL_GPL,
	CAUSE_WARNING_AS_ERROR,
	CAUSE_OBJTOOL,
	CAUSE_SOURCE_EMPTY,
	CAUSE_LICENSE_MISSING,
	CAUSE_FILE_MISSING,     /* the source lacks a file of its own */
	CAUSE_NO_TARGET,        /* a Makefile is empty */
	CAUSE_COMPILER_DIFFERS, /* no more than a suspicion: kbuild only warns */
	CAUSE_NETWORK_REFUSED,  /* by the cage */
	CAUSE_NETWORK_TOOL,     /* something wanted it, and said nothing */
	CAUSE_ODD_PATH,         /* of the tree, which makefiles and shells divide; in no log */
	CAUSE_NETWORK_TRIED,    /* the same, and nobody knows what; shows in no log */
	CAUSE_WRITE_REFUSED,    /* by the cage */
	CAUSE_ACCESS_REFUSED,   /* by the cage: not root */
	CAUSE_RIGHT_REFUSED,    /* by the cage: a device, or what only root may do */
	CAUSES,
};

/*
 * Sentences have fields (base/text.h): {subject}, {detail}, {module}, {name}, {kernel}, {tree}
 * and those that build/explanation.c knows besides.
 */
struct cause {
	const char *name; /* a word for programs and tests: "disk-full" */
	const char *sentence;
	/* The advice: the first step without an unknown field counts. */
	const char *next, *next_otherwise;
};

const struct cause *cause_of_kind(enum cause_kind kind);

/* How the first line that shows each cause says it; all owned. Start with {0}. */
struct cause_findings {
	struct cause_finding {
		char *line;    /* printable; NULL: it does not show */
		char *subject; /* the symbol, program, file …; "" if the line names none */
		char *detail;  /* how it is wrong; NULL: none */
		bool doubtful; /* of an interface: headers have to tell (interface.h) */
	} items[CAUSES];
	struct interface_reading interface;
	/* A line about a program that may be missing, as the status will say; owned, or NULL. */
	char *program, *attempt;
	bool denied, included; /* for want of rights; a file that a makefile includes */
};

/* Looks at one line of a log, without its newline. */
void cause_findings_look_at(struct cause_findings *findings, const char *line);
void cause_findings_free(struct cause_findings *findings);

/* The first program of a command that needs a network, owned by the caller, or NULL. only_first:
 * look at the first word alone, as in what make shows of a recipe. */
char *cause_network_tool(const char *command, bool only_first);
