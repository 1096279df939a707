/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A word while it is being expanded: characters, and for each what may still happen to it. One
 * mark goes with each character; the marks without a character of their own carry a NUL.
 */
#pragma once

#include "conf/shell.h"

enum mark {
	MARK_QUOTED = 'q',   /* stands for itself */
	MARK_LITERAL = 'l',  /* unquoted in the source: patterns work, no splitting */
	MARK_EXPANDED = 'e', /* from an unquoted expansion: splitting and patterns */
	MARK_PRESENT = 'p',  /* no character: the word exists even if empty */
	MARK_BREAK = 'b',    /* no character: a new word begins, as in "$@" */
};

struct expansion {
	struct buffer text, marks;
	bool empty_list; /* a "$@" without words was in it: what else is empty may vanish too */
};

void expansion_add(struct expansion *expansion, const char *text, size_t length, enum mark mark);
void expansion_mark(struct expansion *expansion, enum mark mark);
void expansion_free(struct expansion *expansion);
/* Expands the parts of a word; quoted: all of it stands inside double quotes. */
void expand_parts(struct shell *shell, const struct word *word, bool quoted,
		  struct expansion *expansion);
