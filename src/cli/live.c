/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/live.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/text.h"

enum { USUAL_WIDTH = 80, SHORTEST = 20 };

void live_init(struct live *live)
{
	const char *terminal = getenv("TERM");

	*live = (struct live){.possible = isatty(STDOUT_FILENO) && !text_empty(terminal) &&
					  !text_equal(terminal, "dumb")};
}

void live_release(struct live *live)
{
	live_hide(live, "");
	free(live->text);
	live->text = NULL;
}

void live_set(struct live *live, const char *text)
{
	free(live->text);
	live->text = text_empty(text) ? NULL : xstrdup(text);
}

static int terminal_width(void)
{
	struct winsize size;

	return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col ? size.ws_col
									   : USUAL_WIDTH;
}

/* The largest number of bytes, at most so many, that cuts no character in two. */
static int whole_characters(const char *text, int room)
{
	if ((int)strlen(text) <= room)
		return room;
	while (room && ((unsigned char)text[room] & 0xc0) == 0x80)
		room--;
	return room;
}

void live_show(struct live *live, const char *before)
{
	/* A line that is full to its end would be followed by a second one. */
	int room = terminal_width() - (int)strlen(before) - 2;

	if (!live->possible || !live->text || live->shown || room < SHORTEST)
		return;
	(void)printf("%s%.*s", *before ? " " : "", whole_characters(live->text, room), live->text);
	(void)fflush(stdout);
	live->shown = true;
}

void live_hide(struct live *live, const char *before)
{
	if (!live->shown)
		return;
	(void)printf("\r\033[K%s", before);
	(void)fflush(stdout);
	live->shown = false;
}
