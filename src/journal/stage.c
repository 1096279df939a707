/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "journal/stage.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/text.h"
#include "journal/transaction.h"

/* Others may be at work on other targets in the same directories. */
enum { PUT_TRIES = 5 };

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

/*
 * *ret_target: path with links in its directory resolved, so that one target has one name.
 * *ret_beside: the nearest directory above it that exists already: new content for the target can
 * be prepared there, on the same file system.
 */
static int locate(const char *path, char **ret_target, char **ret_beside, struct error *error)
{
	cleanup(free_string) char *absolute = absolute_path(path);

	if (!absolute || text_equal(absolute, "/"))
		return error_set(error, -EINVAL, 0, "%s cannot be replaced or removed", path);
	const char *rest = "";
	int code = resolve(absolute, ret_beside, &rest, error);

	if (code >= 0)
		*ret_target = path_join(*ret_beside, rest, NULL);
	return code;
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

/* Nothing may be left in a directory that the journal on disk does not name. */
static int announce_stage(struct transaction *transaction, const char *directory,
			  struct error *error)
{
	struct journal *journal = transaction->journal;

	for (size_t i = 0; i < transaction->announced; i++)
		if (text_equal(journal->stages.items[i], directory))
			return 0;
	if (!strv_contains(&journal->stages, directory))
		strv_add(&journal->stages, directory);
	if (journal_write(transaction->settings, journal, error) < 0) {
		strv_remove(&journal->stages, directory);
		return error->code;
	}
	transaction->announced = journal->stages.count;
	return 0;
}

void transaction_expect(struct transaction *transaction, const char *target)
{
	struct strv *stages = &transaction->journal->stages;
	cleanup(free_string) char *ignored = NULL, *beside = NULL;
	cleanup(error_clear) struct error unknown = {0};

	if (locate(target, &ignored, &beside, &unknown) == 0 && !strv_contains(stages, beside))
		strv_add(stages, beside);
}

/* Fills a new operation, except for the staged path of a directory. */
static int start_operation(struct transaction *transaction, enum operation_kind kind,
			   const char *path, struct operation *operation, struct error *error)
{
	cleanup(free_string) char *target = NULL, *beside = NULL;
	struct journal *journal = transaction->journal;
	size_t number = transaction->next_number;
	int code = locate(path, &target, &beside, error);

	if (code >= 0)
		code = check_target(journal, kind, target, error);
	if (code >= 0 && kind == OPERATION_FILE)
		code = announce_stage(transaction, beside, error);
	if (code < 0)
		return code;
	if (kind == OPERATION_FILE)
		operation->staged = journal_name_beside(journal, beside, "new", number);
	cleanup(free_string) char *directory = path_parent(target);

	operation->kind = kind;
	/* Else there is nothing to do. The journal may be written before the survey has a look. */
	operation->had_target = kind == OPERATION_REMOVE;
	operation->backup = journal_name_beside(journal, directory, "old", number);
	operation->target = TAKE(target);
	transaction->next_number++;
	return 0;
}

void drop_operation(struct journal *journal, size_t index)
{
	struct operation *operation = &journal->operations[index];

	if (operation->kind == OPERATION_FILE)
		(void)unlink(operation->staged); /* else it goes with the transaction */
	operation_free(operation);
	memmove(operation, operation + 1,
		(--journal->operation_count - index) * sizeof(*operation));
}

/* The last word about a target counts, and so does one about a directory for what is in it. */
static void add_operation(struct journal *journal, struct operation *operation)
{
	for (size_t i = journal->operation_count; i-- > 0;)
		if (path_is_within(journal->operations[i].target, operation->target))
			drop_operation(journal, i);
	journal->operations = xreallocarray(journal->operations, journal->operation_count + 1,
					    sizeof(*operation));
	journal->operations[journal->operation_count++] = *operation;
	*operation = (struct operation){0};
}

/* What a file or link will be: one of three. */
struct content {
	const char *file;
	const char *link_target;
	const void *data;
	size_t length;
	mode_t mode;
};

static int create(const struct content *content, const char *path, struct error *error)
{
	if (content->file)
		return file_copy(content->file, path, error);
	if (!content->link_target)
		return file_create(path, content->data, content->length, content->mode, error);
	if (symlink(content->link_target, path) < 0)
		return error_errno(error, -errno, 0, "Cannot write %s", path);
	return 0;
}

static int put(struct transaction *transaction, const struct content *content, const char *target,
	       struct error *error)
{
	for (int tries = 1;; tries++) {
		cleanup(operation_free) struct operation operation = {0};
		cleanup(error_clear) struct error failure = {0};
		int code = start_operation(transaction, OPERATION_FILE, target, &operation, error);

		if (code < 0)
			return code;
		if (create(content, operation.staged, &failure) == 0) {
			add_operation(transaction->journal, &operation);
			return 0;
		}
		/* Another transaction's rollback may have taken the directory that was chosen. */
		if (tries == PUT_TRIES || failure.code != -ENOENT) {
			error_wrap(&failure, "Cannot prepare %s", target);
			return error_move(error, &failure);
		}
	}
}

int transaction_put_file(struct transaction *transaction, const char *file, const char *target,
			 struct error *error)
{
	const struct content content = {.file = file};

	return put(transaction, &content, target, error);
}

int transaction_put_data(struct transaction *transaction, const void *data, size_t length,
			 mode_t mode, const char *target, struct error *error)
{
	const struct content content = {.data = data, .length = length, .mode = mode};

	return put(transaction, &content, target, error);
}

int transaction_put_link(struct transaction *transaction, const char *link_target,
			 const char *target, struct error *error)
{
	const struct content content = {.link_target = link_target};

	return put(transaction, &content, target, error);
}

int transaction_put_directory(struct transaction *transaction, const char *directory,
			      const char *target, struct error *error)
{
	cleanup(operation_free) struct operation operation = {0};
	cleanup(free_string) char *beside = NULL, *ignored = NULL;
	struct stat from, to;

	(void)locate(target, &ignored, &beside, error); /* else they stay NULL */
	if (!beside ||
	    start_operation(transaction, OPERATION_DIRECTORY, target, &operation, error) < 0)
		return error->code;
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
		char *parent = path_parent(current);

		/* Parents come after all that they hold. */
		strv_remove(&journal->prunes, current);
		strv_add(&journal->prunes, current);
		free(current);
		current = parent;
	}
	return 0;
}
