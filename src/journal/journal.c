/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "journal/journal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "base/directory.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/temporary.h"
#include "base/text.h"
#include "tree/layout.h"

/* Some 100,000 operations; a larger file is no journal. */
enum { JOURNAL_LIMIT = 64 * 1024 * 1024, ORDER_DIGITS = 20, ID_DIGITS = 16 };

static const char *const state_names[] = {
	[JOURNAL_STAGING] = "staging", [JOURNAL_APPLYING] = "applying",
	[JOURNAL_APPLIED] = "applied", [JOURNAL_COMMITTED] = "committed",
	[JOURNAL_UNDONE] = "undone",
};

void operation_free(struct operation *operation)
{
	free(operation->staged);
	free(operation->backup);
	free(operation->target);
	free(operation->content.file);
	free(operation->content.link_target);
	free(operation->content.data);
}

struct journal *journal_new(const char *description, const char *group, int owner)
{
	struct journal *journal = NEW(struct journal);
	uint64_t random;

	if (getrandom(&random, sizeof(random), 0) != sizeof(random))
		abort();
	journal->id = text_format("%016" PRIx64, random);
	journal->description = xstrdup(description);
	journal->group = group ? xstrdup(group) : NULL;
	journal->owner = owner;
	return journal;
}

void journal_free(struct journal *journal)
{
	if (!journal)
		return;
	free(journal->path);
	free(journal->id);
	free(journal->description);
	free(journal->group);
	free(journal->module);
	strv_free(&journal->stages);
	strv_free(&journal->parents);
	strv_free(&journal->prunes);
	for (size_t i = 0; i < journal->operation_count; i++)
		operation_free(&journal->operations[i]);
	free(journal->operations);
	free(journal);
}

char *journal_name_beside(const struct journal *journal, const char *directory, const char *kind,
			  size_t number)
{
	cleanup(free_string) char *ending = text_format("%zu-%s", number, journal->id);

	return temporary_path_named(directory, kind, ending);
}

/* DIRECTORY/ORDER-ID.STATE with the order of this instant, owned by the caller. */
static char *path_now(const char *directory, const char *id, enum journal_state state)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	cleanup(free_string) char *name = text_format(
		"%020" PRIu64 "-%s.%s", (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec,
		id, state_names[state]);

	return path_join(directory, name, NULL);
}

int journal_lock(const struct settings *settings, struct error *error)
{
	cleanup(free_string) char *directory = layout_private(settings, "journal");

	if (file_make_directories(directory, error) < 0)
		return error->code;
	cleanup(close_fd) int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 || flock(fd, LOCK_EX) < 0)
		return error_errno(error, -errno, 0, "Cannot lock %s", directory);
	return TAKE_FD(fd);
}

int journal_write(const struct settings *settings, struct journal *journal, struct error *error)
{
	cleanup(free_string) char *directory = layout_private(settings, "journal");
	cleanup(free_string) char *text = journal_format(journal);

	journal->path = path_now(directory, journal->id, journal->state);
	return file_write(journal->path, text, strlen(text), 0644, error);
}

int journal_set_state(struct journal *journal, enum journal_state state, struct error *error)
{
	cleanup(free_string) char *directory = path_parent(journal->path);
	size_t kept = strlen(journal->path) - strlen(state_names[journal->state]);
	/* The order is that of applying. Later states keep it. */
	cleanup(free_string) char *path = journal->state == JOURNAL_STAGING
						  ? path_now(directory, journal->id, state)
						  : text_format("%.*s%s", (int)kept, journal->path,
								state_names[state]);

	if (file_rename(journal->path, path, error) < 0)
		return error->code;
	free(journal->path);
	journal->path = TAKE(path);
	journal->state = state;
	return file_sync_directory(directory, error);
}

int journal_delete(struct journal *journal, struct error *error)
{
	if (journal->path && file_unlink(journal->path, error) < 0)
		return error->code;
	free(TAKE(journal->path));
	return 0;
}

int journal_list(const struct settings *settings, struct strv *names, struct error *error)
{
	cleanup(free_string) char *directory = layout_private(settings, "journal");

	return directory_list(directory, names, error);
}

/* Takes ORDER-ID.STATE apart. False for any other name. */
static bool parse_name(const char *name, char **ret_id, enum journal_state *ret_state)
{
	if (strspn(name, "0123456789") != ORDER_DIGITS || name[ORDER_DIGITS] != '-')
		return false;
	const char *id = name + ORDER_DIGITS + 1;

	if (strspn(id, "0123456789abcdef") != ID_DIGITS || id[ID_DIGITS] != '.')
		return false;
	for (int state = JOURNAL_STAGING; state <= JOURNAL_UNDONE; state++)
		if (text_equal(id + ID_DIGITS + 1, state_names[state])) {
			*ret_id = xstrndup(id, ID_DIGITS);
			*ret_state = (enum journal_state)state;
			return true;
		}
	return false;
}

static int refuse(const char *path, struct error *error)
{
	error_wrap(error, "The journal %s cannot be understood", path);
	return error_hint(
		error,
		"It describes a change that an interrupted dkms had begun. dkms changes nothing "
		"until this journal is gone. If another version of dkms wrote the journal, run that "
		"version. Else look at the files that the journal names, move it out of the way, "
		"and build and install its module again with --force.");
}

int journal_load(const struct settings *settings, const char *name, struct journal **ret_journal,
		 struct error *error)
{
	cleanup(free_string) char *directory = layout_private(settings, "journal");
	cleanup(free_string) char *path = path_join(directory, name, NULL);
	cleanup(journal_free_handler) struct journal *journal = NULL;
	cleanup(free_string) char *text = NULL;
	cleanup(free_string) char *id = NULL;
	enum journal_state state;
	size_t length;

	if (!parse_name(name, &id, &state)) {
		error_set(error, -EBADMSG, 0, "dkms gives no such name");
		return refuse(path, error);
	}
	if (file_read(path, JOURNAL_LIMIT, &text, &length, error) < 0)
		return error->code;
	if (journal_parse(text, length, &journal, error) < 0)
		return refuse(path, error);
	if (!text_equal(journal->id, id)) {
		error_set(error, -EBADMSG, 0, "it has the name of another journal");
		return refuse(path, error);
	}
	journal->path = TAKE(path);
	journal->state = state;
	*ret_journal = TAKE(journal);
	return 0;
}

int journal_sweep(const struct settings *settings, struct error *error)
{
	cleanup(free_string) char *path = layout_private(settings, "journal");
	cleanup(closedir_handler) DIR *directory = opendir(path);
	const struct dirent *entry;

	while (directory && (entry = readdir(directory))) {
		cleanup(free_string) char *file = path_join(path, entry->d_name, NULL);

		if (temporary_is(entry->d_name, "write") && file_unlink(file, error) < 0)
			return error->code;
	}
	return 0;
}
