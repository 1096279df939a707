/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "journal/transaction.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/text.h"
#include "journal/apply.h"
#include "journal/journal.h"
#include "tree/layout.h"

struct transaction {
	const struct settings *settings;
	struct journal *journal;
};

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

/* The path from the root without "." and "..", owned by the caller; NULL for none such. */
static char *absolute_path(const char *path)
{
	cleanup(free_string) char *here = *path == '/' ? xstrdup("/") : realpath(".", NULL);
	cleanup(free_string) char *absolute = here ? path_join(here, path, NULL) : NULL;

	return absolute ? path_normalize(absolute) : NULL;
}

/* The nearest directory above path that exists, links resolved; *ret_rest: what follows it. */
static int resolve(const char *path, char **ret_directory, const char **ret_rest,
		   struct error *error)
{
	cleanup(free_string) char *parent = path_parent(path);

	for (;;) {
		cleanup(free_string) char *directory = realpath(parent, NULL);

		if (!directory && errno != ENOENT && errno != ENOTDIR)
			return error_errno(error, -errno, 0, "Cannot resolve %s", parent);
		if (directory && file_is_directory(directory)) {
			*ret_rest = path + strlen(parent);
			*ret_directory = TAKE(directory);
			return 0;
		}
		if (directory && file_exists(directory))
			return error_set(error, -ENOTDIR, 0,
					 "%s cannot be changed: %s is no directory", path,
					 directory);
		char *above = path_parent(parent);

		free(parent);
		parent = above;
	}
}

/* Resolves links in the directory of path, so that one target has one name. */
static int locate(const char *path, char **ret_target, struct error *error)
{
	cleanup(free_string) char *absolute = absolute_path(path);
	cleanup(free_string) char *directory = NULL;

	if (!absolute || text_equal(absolute, "/"))
		return error_set(error, -EINVAL, 0, "%s cannot be replaced or removed", path);
	const char *rest = "";

	if (resolve(absolute, &directory, &rest, error) < 0)
		return error->code;
	*ret_target = path_join(directory, rest, NULL);
	return 0;
}

/*
 * The nearest directory above target that exists, owned by the caller: new content is staged there,
 * on the same file system. Adds the missing directories below it to parents, outermost first.
 */
static char *find_place(const char *target, struct strv *parents)
{
	char *parent = path_parent(target);

	if (file_exists(parent))
		return parent;
	char *place = find_place(parent, parents);

	if (!strv_contains(parents, parent))
		strv_add(parents, parent);
	free(parent);
	return place;
}

/* The operation that changes this very target, or NULL. */
static struct operation *find_operation(const struct journal *journal, const char *target)
{
	for (size_t i = 0; i < journal->operation_count; i++)
		if (text_equal(journal->operations[i].target, target))
			return &journal->operations[i];
	return NULL;
}

static int check_target(const struct journal *journal, enum operation_kind kind, const char *target,
			struct error *error)
{
	struct stat info;

	if (journal->state != JOURNAL_STAGING)
		return error_set(error, -EINVAL, 0, "%s cannot join a change already applied",
				 target);
	for (size_t i = 0; i < journal->operation_count; i++) {
		const char *other = journal->operations[i].target;

		if (path_is_within(target, other) && !text_equal(target, other))
			return error_set(error, -EINVAL, 0,
					 "%s cannot be changed together with %s, which holds it",
					 target, other);
	}
	if (kind == OPERATION_FILE && !find_operation(journal, target) &&
	    lstat(target, &info) == 0 && S_ISDIR(info.st_mode))
		return error_set(
			error, -EISDIR, 0,
			"%s is a directory where a file is to be put; move it out of the way",
			target);
	return 0;
}

/* Fills what is known of an operation before anything is staged. */
static int start_operation(const struct transaction *transaction, enum operation_kind kind,
			   const char *path, struct operation *operation, struct error *error)
{
	cleanup(free_string) char *target = NULL;

	if (locate(path, &target, error) < 0 ||
	    check_target(transaction->journal, kind, target, error) < 0)
		return error->code;
	operation->kind = kind;
	operation->target = TAKE(target);
	return 0;
}

static void drop_operation(struct journal *journal, size_t index)
{
	struct operation *operation = &journal->operations[index];

	operation_free(operation);
	memmove(operation, operation + 1,
		(--journal->operation_count - index) * sizeof(*operation));
}

/* The last call about a target counts. A call about a directory overrides those about its content.
 */
static void add_operation(struct journal *journal, struct operation *operation)
{
	for (size_t i = journal->operation_count; i-- > 0;)
		if (path_is_within(journal->operations[i].target, operation->target))
			drop_operation(journal, i);
	*ARRAY_ADD(journal->operations, journal->operation_count) = *operation;
	*operation = (struct operation){0};
}

/* Takes the content over. */
static int put(struct transaction *transaction, const struct content *content, const char *target,
	       struct error *error)
{
	cleanup(operation_free) struct operation operation = {.content = *content};

	if (start_operation(transaction, OPERATION_FILE, target, &operation, error) < 0)
		return error->code;
	add_operation(transaction->journal, &operation);
	return 0;
}

int transaction_put_file(struct transaction *transaction, const char *file, const char *target,
			 struct error *error)
{
	cleanup(free_string) char *real = realpath(file, NULL);

	if (!real)
		return error_errno(error, -errno, 0, "Cannot prepare %s: Cannot read %s", target,
				   file);
	if (!file_is_regular(real))
		return error_set(error, -EINVAL, 0, "Cannot prepare %s: %s is no regular file",
				 target, file);
	const struct content content = {.file = TAKE(real)};

	return put(transaction, &content, target, error);
}

int transaction_put_data(struct transaction *transaction, const void *data, size_t length,
			 mode_t mode, const char *target, struct error *error)
{
	struct buffer copy = {0};

	buffer_add(&copy, data, length);
	const struct content content = {.data = buffer_take(&copy), .length = length, .mode = mode};

	return put(transaction, &content, target, error);
}

int transaction_put_link(struct transaction *transaction, const char *link_target,
			 const char *target, struct error *error)
{
	const struct content content = {.link_target = xstrdup(link_target)};

	return put(transaction, &content, target, error);
}

int transaction_put_directory(struct transaction *transaction, const char *directory,
			      const char *target, struct error *error)
{
	cleanup(operation_free) struct operation operation = {0};
	cleanup(strv_free) struct strv missing = {0};
	struct stat from, to;

	if (start_operation(transaction, OPERATION_DIRECTORY, target, &operation, error) < 0)
		return error->code;
	cleanup(free_string) char *beside = find_place(operation.target, &missing);

	if (lstat(directory, &from) < 0 || stat(beside, &to) < 0)
		return error_errno(error, -errno, 0, "Cannot move %s to %s", directory, target);
	if (!S_ISDIR(from.st_mode) || from.st_dev != to.st_dev)
		return error_errno(error, S_ISDIR(from.st_mode) ? -EXDEV : -ENOTDIR, 0,
				   "Cannot move %s to %s", directory, target);
	operation.staged = realpath(directory, NULL);
	if (!operation.staged)
		return error_errno(error, -errno, 0, "Cannot resolve %s", directory);
	add_operation(transaction->journal, &operation);
	return 0;
}

int transaction_remove(struct transaction *transaction, const char *path, struct error *error)
{
	cleanup(operation_free) struct operation operation = {0};

	if (start_operation(transaction, OPERATION_REMOVE, path, &operation, error) < 0)
		return error->code;
	add_operation(transaction->journal, &operation);
	return 0;
}

int transaction_prune(struct transaction *transaction, const char *directory, const char *stop,
		      struct error *error)
{
	struct journal *journal = transaction->journal;
	cleanup(free_string) char *current = realpath(directory, NULL);
	cleanup(free_string) char *end = realpath(stop, NULL);

	if (journal->state != JOURNAL_STAGING)
		return error_set(error, -EINVAL, 0, "%s cannot join a change already applied",
				 directory);
	while (current && end && path_is_within(current, end) && !text_equal(current, end)) {
		/* Parents come after all that they hold. */
		strv_remove(&journal->prunes, current);
		strv_add(&journal->prunes, current);
		path_ascend(&current);
	}
	return 0;
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
	/* Recovery completes a rollback that fails here. */
	(void)transaction_rollback(transaction, &error);
	transaction_detach(transaction);
}
