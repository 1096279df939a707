/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What there is to type, made from the tables of actions and options. Texts are the caller's. */
#pragma once

#include "base/error.h"
#include "base/strv.h"

/*
 * All of it, for who asked; of an action alone, if one is among the words. NULL and EXIT_NOT_FOUND
 * for "help" and what is no action.
 */
char *help_text(const struct strv *words, struct error *error);
/* A few lines, below an error which is to stay in sight: of the action among the words, or of all.
 */
char *usage_text(const struct strv *words);
