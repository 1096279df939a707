/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "distribute/publication.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/directory.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/temporary.h"
#include "base/text.h"
#include "distribute/workshop.h"

int publication_open(const char *directory, struct publication *publication, struct error *error)
{
	publication->given = xstrdup(directory);
	publication->present = directory_nearest(directory);
	if (file_make_directories(directory, error) < 0)
		return error_set_status(error, EXIT_NO_PRODUCT);
	publication->directory = realpath(directory, NULL);
	if (!publication->directory)
		return error_errno(error, -errno, EXIT_NO_PRODUCT, "Cannot use %s", directory);
	return 0;
}

/* Adds a name and its temporary file. */
static int add_name(struct publication *publication, const char *name, const char **ret_temporary,
		    struct error *error)
{
	cleanup(free_string) char *place = path_join(publication->directory, name, NULL);

	if (file_is_directory(place))
		return error_set(error, -EISDIR, EXIT_NO_PRODUCT,
				 "%s is a directory, so no package can have its place.", place);
	strv_add_owned(&publication->temporaries,
		       temporary_path(publication->directory, "package"));
	strv_add(&publication->names, name);
	*ret_temporary = publication->temporaries.items[publication->temporaries.count - 1];
	return 0;
}

int publication_add(struct publication *publication, const struct workshop *workshop,
		    const char *made, const char *name, struct error *error)
{
	const char *temporary = NULL;

	if (add_name(publication, name, &temporary, error) < 0)
		return error->code;
	return workshop_take(workshop, made, temporary, error);
}

int publication_link(struct publication *publication, const char *name, struct error *error)
{
	const size_t last = publication->temporaries.count - 1;
	const char *temporary = NULL;

	if (add_name(publication, name, &temporary, error) < 0)
		return error->code;
	if (link(publication->temporaries.items[last], temporary) < 0)
		return error_errno(error, -errno, EXIT_NO_PRODUCT, "Cannot make %s/%s",
				   publication->directory, name);
	return 0;
}

/* Keeps the present file of a place under a temporary name, and adds that to former ("": no file).
 */
static int keep_former(struct publication *publication, const char *place, struct error *error)
{
	cleanup(free_string) char *kept = temporary_path(publication->directory, "package");
	bool is_kept = link(place, kept) == 0;

	/* rename() is for file systems without links. */
	if (!is_kept && errno != ENOENT && !(is_kept = rename(place, kept) == 0))
		return error_errno(error, -errno, EXIT_NO_PRODUCT, "Cannot replace %s", place);
	strv_add(&publication->former, is_kept ? kept : "");
	return 0;
}

static char *place_of(const struct publication *publication, size_t index)
{
	return path_join(publication->directory, publication->names.items[index], NULL);
}

/* Puts the former files back. */
static void take_back(struct publication *publication)
{
	for (size_t i = 0; i < publication->former.count; i++) {
		cleanup(free_string) char *place = place_of(publication, i);
		cleanup(error_clear) struct error ignored = {0};

		if (!*publication->former.items[i])
			(void)file_unlink(place, &ignored);
		else if (file_rename(publication->former.items[i], place, &ignored) == 0)
			/* rename() keeps both names if they are of one file. */
			(void)file_unlink(publication->former.items[i], &ignored);
	}
	strv_free(&publication->former);
}

static int put_all(struct publication *publication, struct error *error)
{
	for (size_t i = 0; i < publication->names.count; i++) {
		cleanup(free_string) char *place = place_of(publication, i);

		if (keep_former(publication, place, error) < 0 ||
		    file_rename(publication->temporaries.items[i], place, error) < 0)
			return error_set_status(error, EXIT_NO_PRODUCT);
	}
	return 0;
}

static void remove_former(struct publication *publication)
{
	const char *path;

	STRV_FOREACH (path, &publication->former) {
		cleanup(error_clear) struct error ignored = {0};

		if (*path)
			(void)file_unlink(path, &ignored);
	}
	strv_free(&publication->former);
}

int publication_commit(struct publication *publication, struct reporter *reporter,
		       struct error *error)
{
	report(reporter, REPORT_LINE, "Moving built files to %s...", publication->directory);
	if (put_all(publication, error) < 0) {
		take_back(publication);
		return error->code;
	}
	remove_former(publication);
	if (file_sync_directory(publication->directory, error) < 0)
		return error_set_status(error, EXIT_NO_PRODUCT);
	for (size_t i = 0; i < publication->names.count; i++)
		report(reporter, REPORT_WROTE, "%s/%s", publication->directory,
		       publication->names.items[i]);
	strv_free(&publication->temporaries);
	return 0;
}

void publication_close(struct publication *publication)
{
	const char *path;

	STRV_FOREACH (path, &publication->temporaries) {
		cleanup(error_clear) struct error ignored = {0};

		(void)file_unlink(path, &ignored);
	}
	if (publication->given)
		directory_prune(publication->given, publication->present);
	strv_free(&publication->temporaries);
	strv_free(&publication->names);
	free(publication->directory);
	free(publication->given);
	free(publication->present);
	*publication = (struct publication){0};
}
