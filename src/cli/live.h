/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The end of a terminal's last line, which comes and goes: how far a run is. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct live {
	bool possible; /* stdout is a terminal that can erase */
	char *text;    /* NULL: nothing to show */
	bool shown;
};

void live_init(struct live *live);
void live_release(struct live *live);

/* What live_show() shows; "" for nothing. To be called while nothing is shown. */
void live_set(struct live *live, const char *text);
/* Behind what stands in the line, before ("" for nothing); as much as fits. */
void live_show(struct live *live, const char *before);
/* Leaves before alone in the line. */
void live_hide(struct live *live, const char *before);
