/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The record of one transaction, on disk before the change that it describes. For src/journal
 * alone: others use journal/transaction.h.
 *
 * File: <tree>/.dkms/journal/ORDER-ID.STATE. ORDER: 20 digits, nanoseconds of the monotonic clock
 * when the journal was written or left staging, so that names sort as transactions were applied.
 * ID: 16 hexadecimal digits, in the name of everything that the transaction leaves beside its
 * targets. New content is .dkms-new<N>-ID, old content .dkms-old<N>-ID. New directories that
 * replace something hold .dkms-mark<N>-ID (journal/swap.h). One rename changes STATE:
 *
 *	staging		no target was touched		→ staged files go
 *	applying	any part of the change is there	→ is undone
 *	applied		the whole change is there	→ is committed or undone
 *	committed	the new state stays		→ what was left beside targets goes
 *	undone		the old state is back		→ what was left beside targets goes
 *
 * Content, paths percent-encoded, one blank between words:
 *
 *	dkms-journal 1
 *	id ID
 *	description TEXT
 *	group TEXT				or none
 *	owner PID				of a dkms that a script of another started; or none
 *	module NAME				or none
 *	stage DIRECTORY				may hold .dkms-new<N>-ID
 *	parent DIRECTORY			made for a target, outermost first
 *	prune DIRECTORY			goes when committed, if empty, innermost first
 *	file new|replace STAGED BACKUP TARGET	STAGED becomes TARGET, the old one BACKUP
 *	directory new|replace ORIGIN BACKUP TARGET
 *	remove replace - BACKUP TARGET
 *	checksum 16HEX				FNV-1a of all bytes before this line
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/strv.h"
#include "model/settings.h"

enum operation_kind { OPERATION_FILE, OPERATION_DIRECTORY, OPERATION_REMOVE };

/* The content of a file or link before it is staged: a file to copy, a link's target, or data. */
struct content {
	char *file;
	char *link_target;
	char *data;
	size_t length;
	mode_t mode;
};

struct operation {
	enum operation_kind kind;
	bool had_target; /* there was something to keep when the transaction was applied */
	char *staged;    /* the new content; NULL for OPERATION_REMOVE */
	char *backup;    /* beside target */
	char *target;
	struct content content; /* not in the journal's file */
};

void operation_free(struct operation *operation);

enum journal_state {
	JOURNAL_STAGING,
	JOURNAL_APPLYING,
	JOURNAL_APPLIED,
	JOURNAL_COMMITTED,
	JOURNAL_UNDONE,
};

struct journal {
	char *path; /* of its file; NULL while there is none */
	enum journal_state state;
	char *id;
	char *description;
	char *group;  /* NULL: none */
	int owner;    /* the process that decides, if a script of another dkms started it; or 0 */
	char *module; /* that is installed or uninstalled; NULL: none */
	struct strv stages;
	struct strv parents;
	struct strv prunes;
	struct operation *operations;
	size_t operation_count;
};

/* group: NULL for none; owner: 0 for none. */
struct journal *journal_new(const char *description, const char *group, int owner);
void journal_free(struct journal *journal);
DEFINE_CLEANUP(struct journal *, journal_free)

/* ".dkms-KIND<number>-ID" in directory, owned by the caller. */
char *journal_name_beside(const struct journal *journal, const char *directory, const char *kind,
			  size_t number);

/* The content of the file, owned by the caller, and back. Parsing takes a whole journal or none. */
char *journal_format(const struct journal *journal);
int journal_parse(const char *text, size_t length, struct journal **ret_journal,
		  struct error *error);

/*
 * Locks the directory of journals; returns a descriptor for the caller to close. Whoever changes
 * targets or journals holds the lock: nobody else takes empty directories away meanwhile.
 */
int journal_lock(const struct settings *settings, struct error *error);

/* Writes the file of a journal that is staging; durable on return. */
int journal_write(const struct settings *settings, struct journal *journal, struct error *error);
/* Enters a later state by renaming the file; durable on return. */
int journal_set_state(struct journal *journal, enum journal_state state, struct error *error);
/* Removes the file. */
int journal_delete(struct journal *journal, struct error *error);

/* Adds the file names of all journals, in the order in which they were applied. */
int journal_list(const struct settings *settings, struct strv *names, struct error *error);
int journal_load(const struct settings *settings, const char *name, struct journal **ret_journal,
		 struct error *error);
/* Removes journals that a crash left half written. Nobody may be writing one. */
int journal_sweep(const struct settings *settings, struct error *error);
