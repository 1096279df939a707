/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How the work rooms tell what they do. They emit events to a reporter. Only cli/ turns events
 * into text, and only cli/ knows which stream and which words of decoration each gets.
 * Text is one message without a trailing newline (REPORT_OUTPUT: raw bytes as they came).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum report_kind {
	REPORT_LINE,       /* a line on stdout that others may read */
	REPORT_STEP,       /* a step begins: "Building module(s)"; shown as "label..." */
	REPORT_STEP_DONE,  /* it ended: "" for " done.", otherwise the text that follows the dots */
	REPORT_OUTPUT,     /* raw output of a script */
	REPORT_WARNING,    /* "Warning: …" */
	REPORT_DEPRECATED, /* "Deprecated feature: …" */
	REPORT_CONF_ERROR, /* "dkms.conf: Error! …" */
	REPORT_CONF_WARNING, /* "dkms.conf: Warning! …" */
	REPORT_ERROR,        /* "Error! …" that does not end the run (the final one is main's) */
	REPORT_VERBOSE,      /* shown with --verbose */
	REPORT_PROGRESS, /* how far the run is, for whoever watches; "": nothing to tell any more */
	REPORT_IDLE,     /* only the disk is waited for; for the engine, never shown */
	REPORT_NOTICE,   /* a line on stdout; the same text is shown once a run */
	REPORT_DEBUG,    /* shown with --debug */
	REPORT_TAKEN_BACK, /* "M/V": its install was taken back; for the engine, never shown */
	REPORT_WROTE,      /* the path of a file that was asked for: "Wrote: …" on stdout */
};

struct reporter {
	void (*emit)(struct reporter *reporter, enum report_kind kind, const char *text);
};

/* A NULL reporter swallows everything. */
void report(struct reporter *reporter, enum report_kind kind, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The same with text taken as it is. */
void report_text(struct reporter *reporter, enum report_kind kind, const char *text);

/*
 * Raw bytes as REPORT_OUTPUT, without NUL bytes: reported text ends at one. reporter is a struct
 * reporter *; the function serves as a process_output (base/process.h).
 */
void report_output(void *reporter, const char *data, size_t length);

/*
 * The last line that a program printed, for somebody who watches: in memory that a process shares
 * with those it forks. Only a look at it: who reads while another writes may see parts of both.
 */
enum { GLIMPSE_SIZE = 256 };

struct glimpse {
	unsigned char is_live; /* what the line says is true now, and worth showing at once */
	char line[GLIMPSE_SIZE];
};

/* NULL if there is no memory to share: then nobody sees anything. */
struct glimpse *glimpse_new(void);
void glimpse_free(struct glimpse *glimpse);

/* A piece of output: its last whole line that is not blank is kept. glimpse may be NULL. */
void glimpse_take(struct glimpse *glimpse, const char *piece, size_t length);

/* How far something is: shown at once, until this is told "" or a piece is taken. */
void glimpse_tell(struct glimpse *glimpse, const char *text);
bool glimpse_is_live(const struct glimpse *glimpse);

/* The line without control characters, owned by the caller; NULL: there is none. */
char *glimpse_read(const struct glimpse *glimpse);
