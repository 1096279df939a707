/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Changes that happen wholly or not at all, across file systems and deaths.
 *
 *	transaction_begin()
 *	transaction_put_…(), transaction_remove(), …	staged beside their targets, nothing visible
 *	transaction_apply()				journal synced, then the renames; undone on
 *failure transaction_commit()				backups away, journal away
 *
 * Between apply and commit the old state can still be had back: transaction_rollback(), or, after
 * transaction_detach() in a worker that ends, transactions_finish() in another process. A crash
 * leaves a journal from which transactions_recover() puts the old state back (or, once the commit
 * is on disk, completes the new one).
 *
 * A journal is <tree>/.dkms/journal/NAME: text, one operation a line, closed by a checksum line.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/report.h"
#include "base/strv.h"
#include "model/settings.h"

struct transaction;

/*
 * description: for the reader of a recovery message ("install foo/1.0 for 6.1"). group: what
 * transactions_finish() selects by, usually the kernel release; NULL for none.
 */
int transaction_begin(const struct settings *settings, const char *description, const char *group,
		      struct transaction **ret_transaction, struct error *error);

/* The target will be a copy of the file (mode and times kept), replacing what is there. */
int transaction_put_file(struct transaction *transaction, const char *file, const char *target,
			 struct error *error);
int transaction_put_data(struct transaction *transaction, const void *data, size_t length,
			 mode_t mode, const char *target, struct error *error);
int transaction_put_link(struct transaction *transaction, const char *link_target,
			 const char *target, struct error *error);
/* The target will be this very directory (same file system), which must be synced; it moves. */
int transaction_put_directory(struct transaction *transaction, const char *directory,
			      const char *target, struct error *error);
/* A file, a link or a whole directory goes; one that is not there is no error. */
int transaction_remove(struct transaction *transaction, const char *path, struct error *error);

/* Missing parent directories of targets are made by apply and taken back by rollback. */
int transaction_apply(struct transaction *transaction, struct error *error);
int transaction_commit(struct transaction *transaction, struct error *error);
int transaction_rollback(struct transaction *transaction, struct error *error);
/* Leaves the applied journal on disk for transactions_finish() and frees the transaction. */
void transaction_detach(struct transaction *transaction);
/* Rolls back what is not committed (staged files included) and frees. */
void transaction_free(struct transaction *transaction);
DEFINE_CLEANUP(struct transaction *, transaction_free)

/* Commits or rolls back every applied transaction of a group (NULL: all). */
int transactions_finish(const struct settings *settings, const char *group, bool commit,
			struct error *error);

/*
 * To be called by whoever has just taken the lock: finishes what dead runs left and reports it, a
 * line each. A journal that cannot be understood is left alone and is an error naming it.
 */
int transactions_recover(const struct settings *settings, struct reporter *reporter,
			 struct error *error);

/* Kernels whose depmod is still due, kept in <tree>/.dkms/depmod/K. */
int pending_depmod_set(const struct settings *settings, const char *release, struct error *error);
int pending_depmod_clear(const struct settings *settings, const char *release, struct error *error);
int pending_depmod_list(const struct settings *settings, struct strv *releases,
			struct error *error);
