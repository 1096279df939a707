/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "journal/transaction.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/directory.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/text.h"
#include "journal/apply.h"
#include "journal/stage.h"
#include "tree/layout.h"

static char *marker(const struct settings *settings, const char *release)
{
	cleanup(free_string) char *directory = layout_private(settings, "depmod");

	return path_join(directory, release, NULL);
}

int pending_depmod_set(const struct settings *settings, const char *release, struct error *error)
{
	cleanup(free_string) char *path = marker(settings, release);
	cleanup(free_string) char *directory = path_parent(path);

	if (!path_is_plain_name(release))
		return error_set(error, -EINVAL, EXIT_EMPTY_KERNEL,
				 "\"%s\" cannot be the name of a kernel", release);
	if (file_exists(path))
		return 0;
	if (file_make_directories(directory, error) < 0)
		return error->code;
	return file_write(path, "", 0, 0644, error);
}

bool pending_depmod_is_set(const struct settings *settings, const char *release)
{
	cleanup(free_string) char *path = marker(settings, release);

	return file_exists(path);
}

int pending_depmod_clear(const struct settings *settings, const char *release, struct error *error)
{
	cleanup(free_string) char *path = marker(settings, release);

	return path_is_plain_name(release) ? file_unlink(path, error) : 0;
}

int pending_depmod_list(const struct settings *settings, struct strv *releases, struct error *error)
{
	cleanup(free_string) char *directory = layout_private(settings, "depmod");

	return directory_list(directory, releases, error);
}

int pending_depmod_keep(const struct settings *settings, const char *release, struct error *error)
{
	static const char kept[] = "kept\n";
	cleanup(free_string) char *path = marker(settings, release);

	return file_write(path, kept, strlen(kept), 0644, error);
}

int pending_depmod_withdraw(const struct settings *settings, const char *release,
			    struct error *error)
{
	cleanup(free_string) char *path = marker(settings, release);
	struct stat info;

	if (stat(path, &info) == 0 && info.st_size)
		return 0;
	return pending_depmod_clear(settings, release, error);
}

int transaction_begin(const struct settings *settings, const char *description, const char *group,
		      struct transaction **ret_transaction, struct error *error)
{
	(void)error;
	cleanup(free_string) char *own_group = journal_group(settings, group);
	struct transaction *transaction = NEW(struct transaction);

	transaction->settings = settings;
	transaction->journal = journal_new(description, own_group);
	*ret_transaction = transaction;
	return 0;
}

void transaction_set_module(struct transaction *transaction, const char *module)
{
	text_assign(&transaction->journal->module, module);
}

static void add_missing_parents(struct strv *parents, const char *path)
{
	cleanup(free_string) char *parent = path_parent(path);

	if (file_exists(parent) || strv_contains(parents, parent))
		return;
	add_missing_parents(parents, parent);
	strv_add(parents, parent);
}

/* Looks at the targets: what is there to keep, which directories they lack. */
static void survey(struct journal *journal)
{
	for (size_t i = journal->operation_count; i-- > 0;) {
		struct operation *operation = &journal->operations[i];

		operation->had_target = file_exists_nofollow(operation->target);
		if (operation->kind != OPERATION_REMOVE)
			add_missing_parents(&journal->parents, operation->target);
		else if (!operation->had_target)
			drop_operation(journal, i);
	}
}

/* The journal speaks of staged names as evidence, so they must be on disk before it is. */
static int sync_staged(const struct journal *journal, struct error *error)
{
	const char *stage;

	STRV_FOREACH (stage, &journal->stages)
		if (sync_if_there(stage, error) < 0)
			return error->code;
	for (size_t i = 0; i < journal->operation_count; i++)
		if (journal->operations[i].kind == OPERATION_DIRECTORY &&
		    file_sync_parent(journal->operations[i].staged, error) < 0)
			return error->code;
	return 0;
}

static bool is_empty(const struct journal *journal)
{
	return !journal->operation_count && !journal->prunes.count;
}

static int apply(struct transaction *transaction, struct error *error)
{
	struct journal *journal = transaction->journal;

	survey(journal);
	if (is_empty(journal))
		return journal_rollback(journal, error); /* what was staged and given up */
	if (sync_staged(journal, error) < 0 ||
	    journal_write(transaction->settings, journal, error) < 0 ||
	    journal_set_state(journal, JOURNAL_APPLYING, error) < 0 ||
	    journal_apply(journal, error) < 0)
		return error->code;
	return journal_set_state(journal, JOURNAL_APPLIED, error);
}

int transaction_apply(struct transaction *transaction, struct error *error)
{
	cleanup(error_clear) struct error second = {0};

	if (transaction->journal->state != JOURNAL_STAGING)
		return error_set(error, -EINVAL, 0, "The change \"%s\" was applied before",
				 transaction->journal->description);
	if (apply(transaction, error) == 0)
		return 0;
	if (journal_rollback(transaction->journal, &second) < 0) {
		error_hint(error,
			   "What was changed could not be put back: %s\n"
			   "The next dkms that changes the tree tries that again.",
			   second.message);
	}
	return error->code;
}

int transaction_commit(struct transaction *transaction, struct error *error)
{
	struct journal *journal = transaction->journal;

	if (is_empty(journal) && journal->state == JOURNAL_UNDONE)
		return 0; /* apply found nothing to change */
	if (journal->state != JOURNAL_APPLIED)
		return error_set(error, -EINVAL, 0, "The change \"%s\" is not applied",
				 journal->description);
	return journal_commit(journal, error);
}

int transaction_rollback(struct transaction *transaction, struct error *error)
{
	return journal_rollback(transaction->journal, error);
}

void transaction_detach(struct transaction *transaction)
{
	journal_free(transaction->journal);
	free(transaction);
}

void transaction_free(struct transaction *transaction)
{
	cleanup(error_clear) struct error error = {0};

	if (!transaction)
		return;
	/* What fails here is left to recovery. */
	(void)transaction_rollback(transaction, &error);
	transaction_detach(transaction);
}
