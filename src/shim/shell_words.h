/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A list of simple commands as kbuild hands it to the shell, split into words. What a shell would
 * expand is not split but refused: all but "$TMP" and what begins with it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum { SHELL_MOST_WORDS = 512, SHELL_LONGEST = 1 << 15 };

struct shell_words {
	/* Operators ("|", "&&", "||", ";", ">", "2>") are kept apart by is_operator; a word that
	 * begins with "$TMP" was that in double quotes, and no other begins with "$". */
	char *words[SHELL_MOST_WORDS + 1];
	bool is_operator[SHELL_MOST_WORDS + 1];
	int count;
	char text[SHELL_LONGEST];
};

/* False for what is too long or holds anything else than such words. The last word is NULL. */
bool shell_words_split(const char *text, size_t length, struct shell_words *words);
