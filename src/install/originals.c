/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "install/originals.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/directory.h"
#include "base/file.h"
#include "base/path.h"
#include "base/text.h"
#include "install/ownership.h"
#include "kernel/module_lists.h"
#include "model/compression.h"
#include "tree/layout.h"

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

/* The original among the candidates (see the header); NULL: none. */
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

/* The path of a module's copy that is kept apart, owned by the caller. */
static char *kept_path(const struct placement *placement, const char *path)
{
	cleanup(free_string) char *base = place_kernel_directory(placement->settings,
								 placement->kernel);
	cleanup(free_string) char *all = originals_kept_directory(
		placement->settings, placement->id->name, placement->kernel);

	return path_join(all, path_is_within(path, base) ? path + strlen(base) : path, NULL);
}

/* Copies it to the archive, and to where it is kept apart, each with its .origin. */
static int keep(const struct placement *placement, const char *path, const char *copy,
		bool with_origin, struct strv *removals, struct transaction *transaction,
		struct error *error)
{
	cleanup(free_string) char *kept = kept_path(placement, path);
	cleanup(free_string) char *copy_origin = originals_origin_file(copy);
	cleanup(free_string) char *kept_origin = originals_origin_file(kept);
	cleanup(free_string) char *inside = settings_to_inside(placement->settings, path);
	cleanup(free_string) char *line = text_format("%s\n", inside);
	size_t length = strlen(line);

	if (!place_is_really_below(copy, placement->settings->dkms_tree))
		return error_set(error, -ELOOP, EXIT_INSTALL,
				 "A link leads out of %s on the way to %s.\n"
				 "Replace that link by a directory.",
				 placement->settings->dkms_tree, copy);
	if (put_copy(transaction, path, copy, error) < 0 ||
	    put_copy(transaction, path, kept, error) < 0 ||
	    transaction_put_data(transaction, line, length, 0644, kept_origin, error) < 0 ||
	    (with_origin &&
	     transaction_put_data(transaction, line, length, 0644, copy_origin, error) < 0))
		return error->code;
	strv_add(removals, path);
	return 0;
}

static int archive_original(const struct placement *placement, const char *directory,
			    const char *original, struct strv *removals,
			    struct transaction *transaction, struct reporter *reporter,
			    struct error *error)
{
	cleanup(free_string) char *copy = path_join(directory, path_basename(original), NULL);

	report(reporter, REPORT_LINE, "Found pre-existing %s, archiving for uninstallation",
	       original);
	return keep(placement, original, copy, true, removals, transaction, error);
}

/* The copy that the reference would make has no .origin. */
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
	       "%s makes place for dkms's module of that name. It is kept as %s and "
	       "comes back "
	       "on uninstall.",
	       path, copy);
	return keep(placement, path, copy, false, removals, transaction, error);
}

/* True if depmod prefers the module's destination to each candidate. */
static bool may_stay(const struct placement *placement, const struct placed_module *module,
		     const struct strv *candidates)
{
	cleanup(free_string) char *base = place_kernel_directory(placement->settings,
								 placement->kernel);
	cleanup(free_string) char *file = text_format("%s.ko", module->name);
	cleanup(free_string) char *target = path_join(module->directory, file, NULL);
	const char *path;

	STRV_FOREACH (path, candidates)
		if (!depmod_prefers(placement->settings, base, target, path))
			return false;
	return true;
}

static void say_they_stay(const struct placed_module *module, const struct strv *candidates,
			  struct reporter *reporter)
{
	cleanup(free_string) char *places = strv_join(candidates, ", ");

	report(reporter, REPORT_LINE, "Leaving %s: depmod prefers the module in %s.", places,
	       module->directory);
}

/* The kernel's package has brought the module again since it was archived. */
static bool is_renewed(const struct placement *placement, const char *path,
		       const struct strv *archived)
{
	cleanup(free_string) char *base = place_kernel_directory(placement->settings,
								 placement->kernel);
	const char *file;

	STRV_FOREACH (file, archived) {
		cleanup(free_string) char *origin = originals_origin(placement->settings, file);

		if (text_equal(origin, path))
			return modules_order_lists(base, path);
	}
	return false;
}

/* Decisions of an earlier install stay, except for files that would be lost. */
static int archive_newcomers(const struct placement *placement, const struct placed_module *module,
			     const struct strv *candidates, const struct strv *archived,
			     struct strv *removals, struct transaction *transaction,
			     struct reporter *reporter, struct error *error)
{
	cleanup(free_string) char *directory = archive_directory(placement);
	const char *path;
	int code = 0;

	STRV_FOREACH (path, candidates) {
		cleanup(free_string) char *parent = path_parent(path);

		if (is_renewed(placement, path, archived))
			code = archive_original(placement, directory, path, removals, transaction,
						reporter, error);
		else if (text_equal(parent, module->directory))
			code = archive_collision(placement, directory, path, removals, transaction,
						 reporter, error);
		if (code < 0)
			return code;
	}
	return 0;
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

	place_find_files(directory, module->name, &archived);
	if (!first_install || archived.count)
		return archive_newcomers(placement, module, candidates, &archived, removals,
					 transaction, reporter, error);
	if (original)
		return archive_original(placement, directory, original, removals, transaction,
					reporter, error);
	if (candidates->count && may_stay(placement, module, candidates)) {
		say_they_stay(module, candidates, reporter);
		return 0;
	}
	STRV_FOREACH (path, candidates)
		if (archive_collision(placement, directory, path, removals, transaction, reporter,
				      error) < 0)
			return error->code;
	return 0;
}

/* The former path, owned by the caller; NULL with a warning if nothing can be put back there. */
static char *read_origin(const struct placement *placement, const char *archived,
			 struct reporter *reporter)
{
	cleanup(free_string) char *base = place_kernel_directory(placement->settings,
								 placement->kernel);
	cleanup(free_string) char *file = originals_origin_file(archived);
	cleanup(free_string) char *text = NULL;
	cleanup(error_clear) struct error unreadable = {0};

	if (file_read(file, PATH_MAX, &text, NULL, &unreadable) < 0) {
		report(reporter, REPORT_WARNING,
		       "The archived original module %s is kept: where it was cannot be "
		       "read: %s",
		       archived, unreadable.message);
		return NULL;
	}
	cleanup(free_string) char *inside = text_trimmed(text);
	cleanup(free_string) char *origin = settings_from_inside(placement->settings, inside);

	if (!place_is_really_below(origin, base)) {
		report(reporter, REPORT_WARNING,
		       "The archived original module %s is kept: it would go to %s, which "
		       "is not "
		       "below %s. Put it back by hand if it belongs there.",
		       archived, origin, base);
		return NULL;
	}
	if (!text_equal(path_basename(origin), path_basename(archived))) {
		report(reporter, REPORT_WARNING,
		       "The archived original module %s is kept: it would go to %s, which is "
		       "another file's name.",
		       archived, origin);
		return NULL;
	}
	return TAKE(origin);
}

/* A place that is taken already, after the removals. True if the archive is no longer needed. */
static bool is_obsolete_archive(const struct placement *placement, const char *archived,
				const char *origin, struct reporter *reporter)
{
	cleanup(free_string) char *base = place_kernel_directory(placement->settings,
								 placement->kernel);

	if (file_same_content(archived, origin))
		return true;
	report(reporter, REPORT_WARNING,
	       "The archived original module %s is kept: another file is at its "
	       "former place %s by "
	       "now.%s",
	       archived, origin,
	       modules_order_lists(base, origin)
		       ? " It came with the kernel's package and stays. When no "
			 "installed module "
			 "needs the old one, dkms check --fix --force drops it."
		       : "");
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
		*ret_gone = is_obsolete_archive(placement, archived, origin, reporter);
		return 0;
	}
	report(reporter, REPORT_LINE, "Restoring archived original module %s", origin);
	strv_remove(removals, origin);
	return put_copy(transaction, archived, origin, error);
}

/* One that has left the archive, and its .origin. */
static int remove_archived(struct transaction *transaction, const char *path, struct error *error)
{
	cleanup(free_string) char *origin = originals_origin_file(path);

	if (transaction_remove(transaction, path, error) < 0)
		return error->code;
	return transaction_remove(transaction, origin, error);
}

/* The same of a module that is kept apart, and its copy in collisions/. */
static int remove_kept(const struct placement *placement, const char *path,
		       struct transaction *transaction, struct error *error)
{
	cleanup(free_string) char *all = originals_kept_directory(
		placement->settings, placement->id->name, placement->kernel);
	cleanup(free_string) char *directory = archive_directory(placement);
	cleanup(free_string) char *copy = path_join(directory, "collisions", path + strlen(all),
						    NULL);
	cleanup(free_string) char *copy_parent = path_parent(copy);
	cleanup(free_string) char *kept_parent = path_parent(path);
	cleanup(free_string) char *stop = layout_module(placement->settings, placement->id->name);
	cleanup(free_string) char *kept_stop = layout_private(placement->settings, "originals");

	if (remove_archived(transaction, path, error) < 0 ||
	    transaction_remove(transaction, copy, error) < 0 ||
	    transaction_prune(transaction, copy_parent, stop, error) < 0)
		return error->code;
	return transaction_prune(transaction, kept_parent, kept_stop, error);
}

int originals_discard(const struct placement *placement, const char *archived,
		      struct transaction *transaction, struct error *error)
{
	cleanup(free_string) char *origin = originals_origin(placement->settings, archived);
	cleanup(free_string) char *kept = origin ? kept_path(placement, origin) : NULL;

	if (kept && remove_kept(placement, kept, transaction, error) < 0)
		return error->code;
	return remove_archived(transaction, archived, error);
}

/* Decides for one file of the archive; *ret_gone: it leaves. */
static int visit_archived(const struct placement *placement, const char *path,
			  const struct strv *still_replaced, bool *ret_gone, struct strv *removals,
			  struct transaction *transaction, struct reporter *reporter,
			  struct error *error)
{
	cleanup(free_string) char *name = module_name_of_file(path_basename(path));

	*ret_gone = false;
	if (!name || file_is_directory(path) || strv_contains(still_replaced, name))
		return 0;
	return restore_one(placement, path, ret_gone, removals, transaction, reporter, error);
}

/* Handles the archive that the reference uses, too. `seen` gets the former places. */
static int restore_archived(const struct placement *placement, const struct strv *files,
			    const struct strv *still_replaced, struct strv *removals,
			    struct strv *seen, struct transaction *transaction,
			    struct reporter *reporter, struct error *error)
{
	cleanup(free_string) char *directory = archive_directory(placement);
	cleanup(free_string) char *stop = layout_module(placement->settings, placement->id->name);
	const char *file;

	STRV_FOREACH (file, files) {
		cleanup(free_string) char *path = path_join(directory, file, NULL);
		char *origin = originals_origin(placement->settings, path);
		bool leaves = false;

		if (origin)
			strv_add_owned(seen, origin);
		if (text_ends_with(file, ".origin"))
			continue;
		if (visit_archived(placement, path, still_replaced, &leaves, removals, transaction,
				   reporter, error) < 0 ||
		    (leaves && originals_discard(placement, path, transaction, error) < 0))
			return error->code;
	}
	return transaction_prune(transaction, directory, stop, error);
}

/* Originals without a copy in the archive, where the reference or nobody knows
 * what to do with them. */
static int restore_kept(const struct placement *placement, const struct strv *kept,
			const struct strv *still_replaced, struct strv *removals,
			const struct strv *seen, struct transaction *transaction,
			struct reporter *reporter, struct error *error)
{
	const char *path;

	STRV_FOREACH (path, kept) {
		cleanup(free_string) char *origin = originals_origin(placement->settings, path);
		bool leaves = false;

		if (origin && strv_contains(seen, origin))
			continue;
		if (visit_archived(placement, path, still_replaced, &leaves, removals, transaction,
				   reporter, error) < 0 ||
		    (leaves && remove_kept(placement, path, transaction, error) < 0))
			return error->code;
	}
	return 0;
}

/* An archive that a link leads away from is nobody's to take from. */
static bool is_in_the_tree(const struct placement *placement, const char *directory,
			   struct reporter *reporter)
{
	const char *tree = placement->settings->dkms_tree;
	cleanup(free_string) char *file = path_join(directory, "x", NULL);

	if (place_is_really_below(file, tree))
		return true;
	report(reporter, REPORT_WARNING,
	       "The original modules in %s are left there: a link leads out of %s.", directory,
	       tree);
	return false;
}

/* The kernel's package is gone: its modules have no place any more. */
static int drop(const struct placement *placement, const struct strv *kept,
		struct transaction *transaction, struct error *error)
{
	cleanup(free_string) char *directory = archive_directory(placement);
	cleanup(free_string) char *stop = layout_module(placement->settings, placement->id->name);
	const char *path;

	STRV_FOREACH (path, kept)
		if (remove_kept(placement, path, transaction, error) < 0)
			return error->code;
	if (transaction_remove(transaction, directory, error) < 0)
		return error->code;
	return transaction_prune(transaction, directory, stop, error);
}

int originals_restore(const struct placement *placement, const struct strv *still_replaced,
		      struct strv *removals, struct transaction *transaction,
		      struct reporter *reporter, struct error *error)
{
	cleanup(free_string) char *directory = archive_directory(placement);
	cleanup(strv_free) struct strv files = {0};
	cleanup(strv_free) struct strv kept = {0};
	cleanup(strv_free) struct strv seen = {0};

	if (directory_list(directory, &files, error) < 0 ||
	    originals_list_kept(placement->settings, placement->id->name, placement->kernel, &kept,
				error) < 0)
		return error->code;
	if (files.count && !is_in_the_tree(placement, directory, reporter))
		return 0;
	if (!files.count && !kept.count)
		return 0;
	if (place_kernel_is_gone(placement->settings, placement->kernel, files.count + kept.count))
		return drop(placement, &kept, transaction, error);
	if (restore_archived(placement, &files, still_replaced, removals, &seen, transaction,
			     reporter, error) < 0)
		return error->code;
	return restore_kept(placement, &kept, still_replaced, removals, &seen, transaction,
			    reporter, error);
}
