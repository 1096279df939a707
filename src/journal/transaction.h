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
 * Between apply and commit, transaction_rollback() restores the old state. A worker that ends calls
 * transaction_detach(), and another process decides by transactions_finish(). A crash leaves a
 * journal, from which transactions_recover() restores the old state, or completes the new one if
 * the commit is on disk. A second recovery can finish what an interrupted recovery began.
 *
 * Until the transaction is settled, old content stays beside each target under a name that begins
 * with ".dkms-old", and keeps its directory from being removed. journal/journal.h describes the
 * journal, a file in <tree>/.dkms/journal.
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

/* The module that the transaction installs or uninstalls: transactions_take_back() selects by it.
 */
void transaction_set_module(struct transaction *transaction, const char *module);

/*
 * The parts of the change. The last call about a target counts. A call about a directory overrides
 * earlier calls about its content. Putting something into a directory that the same transaction
 * replaces or removes is an error (-EINVAL). Links in the directory part of a target are followed,
 * the target itself is not. After an error the transaction can go on without the part that failed.
 *
 * put_file, put_data, put_link: the target is a file, a link or nothing now. It becomes a copy of
 * the file (mode and times kept), the data, or a link. Apply reads the file, which must stay until
 * then. A directory at the target is an error (-EISDIR) unless the transaction removes it.
 */
int transaction_put_file(struct transaction *transaction, const char *file, const char *target,
			 struct error *error);
int transaction_put_data(struct transaction *transaction, const void *data, size_t length,
			 mode_t mode, const char *target, struct error *error);
int transaction_put_link(struct transaction *transaction, const char *link_target,
			 const char *target, struct error *error);
/*
 * Apply moves the directory to the target, whatever is there now; rollback moves it back. The
 * directory must be synced, on the same file system (-EXDEV), and not below a path that the
 * transaction removes.
 */
int transaction_put_directory(struct transaction *transaction, const char *directory,
			      const char *target, struct error *error);
/* Removes a file, a link or a whole directory. A missing path is no error. */
int transaction_remove(struct transaction *transaction, const char *path, struct error *error);

/*
 * The commit removes the directory and its parents below stop, as far as they are empty then. A
 * directory that is not empty, or missing, is no error.
 */
int transaction_prune(struct transaction *transaction, const char *directory, const char *stop,
		      struct error *error);

/*
 * Apply makes missing parent directories of targets (mode 0755); rollback removes those that are
 * empty then. A target that somebody else makes meanwhile is spared: apply fails and is undone.
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
 * Commits or rolls back every applied transaction of a group (NULL: all). A transaction that is not
 * wholly applied, because its worker died, is rolled back in any case. No other process, and no
 * open transaction of this process, may be at work on that group. Commits go in the order in which
 * the transactions were applied, rollbacks in the opposite order. A group of which a part is
 * committed is committed wholly.
 */
int transactions_finish(const struct settings *settings, const char *group, bool commit,
			struct error *error);

/*
 * Rolls back, the last first, the transactions of a group that install or uninstall versions of one
 * module. The others stay open.
 */
int transactions_take_back(const struct settings *settings, const char *group, const char *module,
			   struct error *error);

/*
 * Fails with EXIT_INSTALL if a transaction of a group (NULL: of any) could neither be committed
 * nor rolled back. Then the caller may remove nothing that the transaction works on.
 */
int transactions_require_settled(const struct settings *settings, const char *group,
				 struct error *error);

/*
 * True if others' transactions are applied and can still be rolled back. These are of other
 * groups, or of another dkms, a script of which started this one. _for: only those of this
 * group.
 */
int transactions_others_open(const struct settings *settings, const char *group, bool *ret_open,
			     struct error *error);
int transactions_others_open_for(const struct settings *settings, const char *group, bool *ret_open,
				 struct error *error);

/*
 * Finishes the transactions of dead runs, with a warning for each. The caller has just taken the
 * lock of the tree and does not share it. A journal that dkms cannot read is an error that names
 * the journal. Then nothing is touched, because other journals may build on it.
 */
int transactions_recover(const struct settings *settings, struct reporter *reporter,
			 struct error *error);
