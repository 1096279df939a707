/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What there is to type, made from the tables of actions and options. Texts are the caller's. */
#pragma once

/* All of it, for who asked. */
char *help_text(void);
/* A few lines, below an error which is to stay in sight. */
char *usage_text(void);
