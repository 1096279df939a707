/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "install/originals.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/directory.h"
#include "base/file.h"
#include "base/path.h"
#include "base/text.h"
#include "model/compression.h"
#include "tree/layout.h"

#define ORIGIN_SUFFIX ".origin"

char *originals_origin_file(const char *archived)
{
	return text_format("%s" ORIGIN_SUFFIX, archived);
}

static char *archive_directory(const struct placement *placement)
{
	return layout_originals(placement->settings, placement->id->name, placement->kernel);
}

/* A copy of a file, or of a link as it is. */
static int put_copy(struct transaction *transaction, const char *from, const char *to,
		    struct error *error)
{
	cleanup(free_string) char *link_target = file_readlink(from);

	return link_target ? transaction_put_link(transaction, link_target, to, error)
			   : transaction_put_file(transaction, from, to, error);
}

static const char *find_in(const struct strv *candidates, const char *directory)
{
	const char *path;

	STRV_FOREACH (path, candidates) {
		cleanup(free_string) char *parent = path_parent(path);

		if (text_equal(parent, directory))
			return path;
	}
	return NULL;
}

/* The one that counts: see the header. NULL for none. */
static const char *choose(const struct placement *placement, const struct placed_module *module,
			  const struct strv *candidates)
{
	cleanup(free_string) char *base = place_kernel_directory(placement->settings,
								 placement->kernel);
	cleanup(free_string) char *extra = path_join(base, "extra", NULL);
	cleanup(free_string) char *updates = path_join(base, "updates", NULL);
	const char *const preferred[] = {extra, updates, module->directory};

	for (size_t i = 0; i < sizeof(preferred) / sizeof(*preferred); i++) {
		const char *path = find_in(candidates, preferred[i]);

		if (path)
			return path;
	}
	return candidates->count == 1 ? candidates->items[0] : NULL;
}

static int archive_original(const char *directory, const char *original, struct strv *removals,
			    struct transaction *transaction, struct reporter *reporter,
			    struct error *error)
{
	cleanup(free_string) char *copy = path_join(directory, path_basename(original), NULL);
	cleanup(free_string) char *origin = originals_origin_file(copy);
	cleanup(free_string) char *line = text_format("%s\n", original);

	report(reporter, REPORT_LINE, "Found pre-existing %s, archiving for uninstallation",
	       original);
	int code = put_copy(transaction, original, copy, error);

	if (!code)
		code = transaction_put_data(transaction, line, strlen(line), 0644, origin, error);
	if (!code)
		strv_add(removals, original);
	return code;
}

static int archive_collision(const struct placement *placement, const char *directory,
			     const char *path, struct strv *removals,
			     struct transaction *transaction, struct reporter *reporter,
			     struct error *error)
{
	cleanup(free_string) char *base = place_kernel_directory(placement->settings,
								 placement->kernel);
	const char *below = path_is_within(path, base) ? path + strlen(base) : path;
	cleanup(free_string) char *copy = path_join(directory, "collisions", below, NULL);

	report(reporter, REPORT_WARNING,
	       "%s makes place for dkms's module of that name. It is kept as %s and not put back "
	       "on uninstall.",
	       path, copy);
	int code = put_copy(transaction, path, copy, error);

	if (!code)
		strv_add(removals, path);
	return code;
}

int originals_archive(const struct placement *placement, const struct placed_module *module,
		      bool first_install, const struct strv *candidates, struct strv *removals,
		      struct transaction *transaction, struct reporter *reporter,
		      struct error *error)
{
	cleanup(free_string) char *directory = archive_directory(placement);
	cleanup(strv_free) struct strv archived = {0};
	const char *original = choose(placement, module, candidates);
	const char *path;
	int code = 0;

	place_find_files(directory, module->name, &archived);
	bool settled = !first_install || archived.count;

	if (original && !settled)
		return archive_original(directory, original, removals, transaction, reporter,
					error);
	STRV_FOREACH (path, candidates) {
		cleanup(free_string) char *parent = path_parent(path);

		if (settled && !text_equal(parent, module->directory))
			continue;
		code = archive_collision(placement, directory, path, removals, transaction,
					 reporter, error);
		if (code < 0)
			return code;
	}
	return 0;
}

/* Resolves what exists of path, so that neither ".." nor a link leads out of base. */
static bool is_really_below(const char *path, const char *base)
{
	cleanup(free_string) char *real_base = realpath(base, NULL);
	cleanup(free_string) char *existing = path_normalize(path);

	if (!real_base || !existing || *path != '/')
		return false;
	for (;;) {
		char *parent = path_parent(existing);

		free(existing);
		existing = parent;
		cleanup(free_string) char *real = realpath(existing, NULL);

		if (real)
			return path_is_within(real, real_base);
		if (errno != ENOENT || text_equal(existing, "/"))
			return false;
	}
}

/* The former path, owned by the caller; NULL with a warning if nothing can be put back there. */
static char *read_origin(const struct placement *placement, const char *archived,
			 struct reporter *reporter)
{
	cleanup(free_string) char *base = place_kernel_directory(placement->settings,
								 placement->kernel);
	cleanup(free_string) char *file = originals_origin_file(archived);
	cleanup(free_string) char *text = NULL;
	struct error unreadable = {0};

	if (file_read(file, PATH_MAX, &text, NULL, &unreadable) < 0) {
		report(reporter, REPORT_WARNING,
		       "The archived original module %s is kept: where it was cannot be read: %s",
		       archived, unreadable.message);
		error_clear(&unreadable);
		return NULL;
	}
	cleanup(free_string) char *origin = text_trimmed(text);

	if (!is_really_below(origin, base)) {
		report(reporter, REPORT_WARNING,
		       "The archived original module %s is kept: it would go to %s, which is not "
		       "below %s. Put it back by hand if it belongs there.",
		       archived, origin, base);
		return NULL;
	}
	return TAKE(origin);
}

/* A place that is taken already, after the removals. True if the archive is no longer needed. */
static bool is_obsolete_archive(const char *archived, const char *origin, struct reporter *reporter)
{
	if (file_same_content(archived, origin))
		return true;
	report(reporter, REPORT_WARNING,
	       "The archived original module %s is kept: another file is at its former place %s by "
	       "now.",
	       archived, origin);
	return false;
}

/* Puts one back. *ret_gone: it leaves the archive. */
static int restore_one(const struct placement *placement, const char *archived, bool *ret_gone,
		       struct strv *removals, struct transaction *transaction,
		       struct reporter *reporter, struct error *error)
{
	cleanup(free_string) char *origin = read_origin(placement, archived, reporter);

	*ret_gone = origin != NULL;
	if (!origin)
		return 0;
	if (file_exists_nofollow(origin) && !strv_contains(removals, origin)) {
		*ret_gone = is_obsolete_archive(archived, origin, reporter);
		return 0;
	}
	report(reporter, REPORT_LINE, "Restoring archived original module %s", origin);
	strv_remove(removals, origin);
	return put_copy(transaction, archived, origin, error);
}

/* Removes what has left the archive, and its directories if nothing stays. */
static int remove_archived(const struct placement *placement, const char *directory,
			   const struct strv *files, struct transaction *transaction,
			   struct error *error)
{
	cleanup(free_string) char *stop = layout_module(placement->settings, placement->id->name);
	const char *file;

	STRV_FOREACH (file, files) {
		cleanup(free_string) char *path = path_join(directory, file, NULL);
		cleanup(free_string) char *origin = originals_origin_file(path);
		int code = transaction_remove(transaction, path, error);

		if (!code)
			code = transaction_remove(transaction, origin, error);
		if (code < 0)
			return code;
	}
	return transaction_prune(transaction, directory, stop, error);
}

/* Decides for one file of the archive; *ret_gone: it leaves. */
static int visit_archived(const struct placement *placement, const char *path,
			  const struct strv *still_replaced, bool *ret_gone, struct strv *removals,
			  struct transaction *transaction, struct reporter *reporter,
			  struct error *error)
{
	cleanup(free_string) char *name = module_name_of_file(path_basename(path));

	if (!name || file_is_directory(path) || strv_contains(still_replaced, name)) {
		*ret_gone = false;
		return 0;
	}
	return restore_one(placement, path, ret_gone, removals, transaction, reporter, error);
}

int originals_restore(const struct placement *placement, const struct strv *still_replaced,
		      struct strv *removals, struct transaction *transaction,
		      struct reporter *reporter, struct error *error)
{
	cleanup(free_string) char *base = place_kernel_directory(placement->settings,
								 placement->kernel);
	cleanup(free_string) char *directory = archive_directory(placement);
	cleanup(strv_free) struct strv files = {0};
	cleanup(strv_free) struct strv gone = {0};
	int code = directory_list(directory, &files, error);
	const char *file;

	if (code < 0 || !files.count)
		return code;
	if (!file_exists(base)) {
		code = transaction_remove(transaction, directory, error);
		return code ? code
			    : remove_archived(placement, directory, &gone, transaction, error);
	}
	STRV_FOREACH (file, &files) {
		cleanup(free_string) char *path = path_join(directory, file, NULL);
		bool leaves = false;

		if (text_ends_with(file, ORIGIN_SUFFIX))
			continue;
		code = visit_archived(placement, path, still_replaced, &leaves, removals,
				      transaction, reporter, error);
		if (code < 0)
			return code;
		if (leaves)
			strv_add(&gone, file);
	}
	return remove_archived(placement, directory, &gone, transaction, error);
}
