/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Questions that kbuild has the shell ask: scripts whose output depends on nothing but their text
 * and the programs that they start.
 *
 *	try-run (shim/probe.h) of a compiler over /dev/null, and of commands that read nothing
 *	but each other's output and files that they themselves made below $TMP
 *	LC_ALL=C gcc --version 2>/dev/null | head -n 1
 *	PAHOLE=pahole …/scripts/pahole-flags.sh			(Linux 5.16 to 6.8)
 *
 * Whatever is not known to be one is none.
 */
#pragma once

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#include "shim/probe.h"
#include "shim/remembered.h"

enum { SHELL_MOST_WORDS = 512, SHELL_LONGEST = 1 << 15 };

struct shell_words {
	/*
	 * Operators ("|", "&&", "||", ";", ">", "2>") are kept apart by is_operator. A word
	 * that begins with "$TMP" was that in double quotes, and no other begins with "$".
	 */
	char *words[SHELL_MOST_WORDS + 1];
	bool is_operator[SHELL_MOST_WORDS + 1];
	int count;
	char text[SHELL_LONGEST];
};

/* False for what is too long or holds anything else than such words. The last word is NULL. */
bool shell_words_split(const char *text, size_t length, struct shell_words *words);

struct question {
	/* The script's arguments, and the programs that it starts. */
	struct memory_key key;
	/* The answer is a compiler's exit status, which compiler-front remembers by this key. */
	bool is_probe;
	bool is_try_run;
	struct try_run try_run;
	/* A probe's compiler and its arguments; words[output] is a file below $TMP. The words
	 * are those of the last question that was read. */
	char program[PATH_MAX];
	char **words;
	int output;
};

/* front: the directory that compiler-front is in on the search path; its links are passed over. */
bool question_read(const char *script, const char *search, const char *front,
		   struct question *ret_question);
