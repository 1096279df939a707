/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The usage, made from the tables of actions and options. */
#pragma once

/* Owned by the caller. */
char *help_text(void);
