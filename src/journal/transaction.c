/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "journal/transaction.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
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

struct transaction *transaction_begin(const struct settings *settings, const char *description,
				      const char *group)
{
	struct transaction *transaction = NEW(struct transaction);

	transaction->settings = settings;
	transaction->journal = journal_new(description, group, settings->nested);
	return transaction;
}

void transaction_set_module(struct transaction *transaction, const char *module)
{
	text_assign(&transaction->journal->module, module);
}

static void drop_removals_of_nothing(struct journal *journal)
{
	for (size_t i = journal->operation_count; i-- > 0;)
		if (journal->operations[i].kind == OPERATION_REMOVE &&
		    !file_exists_nofollow(journal->operations[i].target))
			drop_operation(journal, i);
}

/* Decides where the new content is staged and which directories have to be made for the target. */
static void choose_place(struct journal *journal, struct operation *operation, size_t number)
{
	cleanup(free_string) char *place = find_place(operation->target, &journal->parents);

	if (operation->kind != OPERATION_FILE)
		return;
	operation->staged = journal_name_beside(journal, place, "new", number);
	if (!strv_contains(&journal->stages, place))
		strv_add(&journal->stages, place);
}

/* Looks at each target, and names the places of its backup and its new content. */
static void survey(struct journal *journal)
{
	for (size_t i = 0; i < journal->operation_count; i++) {
		struct operation *operation = &journal->operations[i];
		cleanup(free_string) char *directory = path_parent(operation->target);

		operation->had_target = file_exists_nofollow(operation->target);
		operation->backup = journal_name_beside(journal, directory, "old", i);
		if (operation->kind != OPERATION_REMOVE)
			choose_place(journal, operation, i);
	}
}

static int create(const struct content *content, const char *path, struct error *error)
{
	if (content->file)
		return file_copy(content->file, path, error);
	if (content->data)
		return file_create(path, content->data, content->length, content->mode, error);
	if (symlink(content->link_target, path) < 0)
		return error_errno(error, -errno, 0, "Cannot write %s", path);
	return 0;
}

/* Makes the new content beside its targets, durable on return. */
static int stage(const struct journal *journal, struct error *error)
{
	const char *directory;

	for (size_t i = 0; i < journal->operation_count; i++) {
		const struct operation *operation = &journal->operations[i];

		if (operation->kind == OPERATION_FILE &&
		    create(&operation->content, operation->staged, error) < 0)
			return error_wrap(error, "Cannot prepare %s", operation->target);
		if (operation->kind == OPERATION_DIRECTORY &&
		    file_sync_parent(operation->staged, error) < 0)
			return error->code;
	}
	STRV_FOREACH (directory, &journal->stages)
		if (file_sync_directory(directory, error) < 0)
			return error->code;
	return 0;
}

static bool is_empty(const struct journal *journal)
{
	return !journal->operation_count && !journal->prunes.count;
}

static int apply(const struct transaction *transaction, struct error *error)
{
	struct journal *journal = transaction->journal;

	survey(journal);
	if (journal_write(transaction->settings, journal, error) < 0 || stage(journal, error) < 0 ||
	    journal_set_state(journal, JOURNAL_APPLYING, error) < 0 ||
	    journal_apply(journal, error) < 0)
		return error->code;
	return journal_set_state(journal, JOURNAL_APPLIED, error);
}

int transaction_apply(struct transaction *transaction, struct error *error)
{
	struct journal *journal = transaction->journal;
	cleanup(error_clear) struct error second = {0};

	if (journal->state != JOURNAL_STAGING)
		return error_set(error, -EINVAL, 0, "The change \"%s\" was applied before",
				 journal->description);
	drop_removals_of_nothing(journal);
	if (is_empty(journal)) {
		journal->state = JOURNAL_UNDONE;
		return 0;
	}
	cleanup(close_fd) int lock = journal_lock(transaction->settings, error);

	if (lock < 0)
		return error->code;
	if (apply(transaction, error) == 0)
		return 0;
	if (journal_rollback(journal, &second) < 0) {
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
	cleanup(close_fd) int lock = journal_lock(transaction->settings, error);

	return lock < 0 ? error->code : journal_commit(journal, error);
}

int transaction_rollback(struct transaction *transaction, struct error *error)
{
	struct journal *journal = transaction->journal;

	if (!journal->path) {
		journal->state = JOURNAL_UNDONE; /* nothing is on disk */
		return 0;
	}
	cleanup(close_fd) int lock = journal_lock(transaction->settings, error);

	return lock < 0 ? error->code : journal_rollback(journal, error);
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
