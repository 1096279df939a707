/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What there is to type, made from the tables of actions and options. Texts are the caller's. */
#pragma once

#include "base/strv.h"

/* All of it, for who asked; of an action alone, if one is among the words. */
char *help_text(const struct strv *words);
/* A few lines, below an error which is to stay in sight. */
char *usage_text(void);
