/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Changes that happen wholly or not at all, across file systems and deaths.
 *
 *	transaction_begin()
 *	transaction_put_…(), transaction_remove(), …
 *					collected; the disk is not touched
 *	transaction_apply()		journal synced, new content staged beside its targets and
 *					synced, then the renames; undone on failure
 *	transaction_commit()		one rename in the journal, then the backups go
 *
 * Between apply and commit the old state can still be had back: transaction_rollback(), or, after
 * transaction_detach() in a worker that ends, transactions_finish() in another process. A crash
 * leaves a journal from which transactions_recover() puts the old state back (or, once the commit
 * is on disk, completes the new one). What recovery begins, a second recovery can finish.
 *
 * Until the transaction is settled, old content stays beside each target under a name that begins
 * with ".dkms-old". No directory with such a name in it can be removed. journal/journal.h describes
 * the journal, a file in <tree>/.dkms/journal.
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
 * transactions_finish() selects by, usually the kernel release; NULL for none. A dkms that a script
 * of another started (settings->nested) has groups of its own. The settings must outlive the
 * transaction; the lock of the tree must be held until it is settled.
 */
struct transaction *transaction_begin(const struct settings *settings, const char *description,
				      const char *group);

/* It installs or uninstalls a version of this module: transactions_take_back() selects by it. */
void transaction_set_module(struct transaction *transaction, const char *module);

/*
 * What the change consists of. Later words about a target win over earlier ones, and those about
 * a directory over earlier ones about what is in it; to put something into a directory that the
 * same transaction replaces or removes is an error (-EINVAL). Links in the directory part of a
 * target are followed, the target itself is never. After a failure the transaction can go on
 * without what failed.
 *
 * put_file, put_data, put_link: the target, a file, a link or nothing now, will be a copy of the
 * file (mode and times kept), the data, or a link. Apply reads the file, which must stay until
 * then. A directory at the target is an error (-EISDIR) unless the transaction removes it.
 */
int transaction_put_file(struct transaction *transaction, const char *file, const char *target,
			 struct error *error);
int transaction_put_data(struct transaction *transaction, const void *data, size_t length,
			 mode_t mode, const char *target, struct error *error);
int transaction_put_link(struct transaction *transaction, const char *link_target,
			 const char *target, struct error *error);
/*
 * The target, whatever is there now, will be this very directory. The directory must be synced, on
 * the same file system (-EXDEV), and not below a path that the transaction removes. Apply moves it
 * there, rollback moves it back.
 */
int transaction_put_directory(struct transaction *transaction, const char *directory,
			      const char *target, struct error *error);
/* A file, a link or a whole directory goes; one that is not there is no error. */
int transaction_remove(struct transaction *transaction, const char *path, struct error *error);

/*
 * When the transaction is committed, the directory goes, and its parents below stop, as far as they
 * are empty then. What stays is no error, nor is a directory that is not there.
 */
int transaction_prune(struct transaction *transaction, const char *directory, const char *stop,
		      struct error *error);

/*
 * Missing parent directories of targets are made by apply (mode 0755) and, if they are empty then,
 * taken back by rollback. A target that appears between the look at it and the change is spared:
 * that is a failure, and undone.
 */
int transaction_apply(struct transaction *transaction, struct error *error);
int transaction_commit(struct transaction *transaction, struct error *error);
int transaction_rollback(struct transaction *transaction, struct error *error);
/* Leaves the applied journal on disk for transactions_finish() and frees the transaction. */
void transaction_detach(struct transaction *transaction);
/* Rolls back what is not committed (staged files included) and frees. */
void transaction_free(struct transaction *transaction);
DEFINE_CLEANUP(struct transaction *, transaction_free)

/*
 * Commits or rolls back every applied transaction of a group (NULL: all); those that a worker died
 * over before they were wholly applied are rolled back in any case. No other process, and no
 * transaction still open here, may be at work on that group. Commits go in the order in which the
 * transactions were applied, rollbacks in the opposite order. A group that is committed in part is
 * never rolled back, but committed wholly.
 */
int transactions_finish(const struct settings *settings, const char *group, bool commit,
			struct error *error);

/*
 * Rolls back, the last first, those transactions of a group that install or uninstall versions of
 * one module; the others stay open.
 */
int transactions_take_back(const struct settings *settings, const char *group, const char *module,
			   struct error *error);

/*
 * EXIT_INSTALL if a transaction of a group (NULL: of any) could neither be committed nor rolled
 * back: then nothing that it works on may be removed.
 */
int transactions_require_settled(const struct settings *settings, const char *group,
				 struct error *error);

/*
 * True if a transaction of another group is applied and can still be taken back; _for: of this
 * group, but of another dkms, in a script of which this one runs.
 */
int transactions_others_open(const struct settings *settings, const char *group, bool *ret_open,
			     struct error *error);
int transactions_others_open_for(const struct settings *settings, const char *group, bool *ret_open,
				 struct error *error);

/*
 * To be called by whoever has just taken the lock (and does not share it): finishes what dead runs
 * left and reports it, a warning each. A journal that cannot be understood is an error that names
 * it; then nothing is touched, as what others tell may build on it.
 */
int transactions_recover(const struct settings *settings, struct reporter *reporter,
			 struct error *error);

/*
 * Kernels whose depmod is still due, kept in <tree>/.dkms/depmod/K: set before a change that needs
 * it is applied, cleared after depmod ran. Setting what is set and clearing what is not is fine.
 */
int pending_depmod_set(const struct settings *settings, const char *release, struct error *error);
bool pending_depmod_is_set(const struct settings *settings, const char *release);
int pending_depmod_clear(const struct settings *settings, const char *release, struct error *error);
int pending_depmod_list(const struct settings *settings, struct strv *releases,
			struct error *error);
/*
 * keep: depmod was tried for what an earlier run did, and failed. withdraw clears unless that is
 * so: it is for a run that has undone what it set the mark for.
 */
int pending_depmod_keep(const struct settings *settings, const char *release, struct error *error);
int pending_depmod_withdraw(const struct settings *settings, const char *release,
			    struct error *error);
