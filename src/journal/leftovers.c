/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "journal/leftovers.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/directory.h"
#include "base/file.h"
#include "base/path.h"
#include "base/staging.h"
#include "base/text.h"
#include "tree/layout.h"
#include "journal/transaction.h"

enum { HEX_DIGITS = 16 };

/* What file_temporary_name() gives, but for what others answer for. */
bool leftovers_is_one(const char *name)
{
	size_t length = strlen(name);

	return text_starts_with(name, ".dkms-") && !text_starts_with(name, ".dkms-old") &&
	       !text_starts_with(name, ".dkms-build-") && length > HEX_DIGITS &&
	       name[length - HEX_DIGITS - 1] == '-' &&
	       strspn(name + length - HEX_DIGITS, "0123456789abcdef") == HEX_DIGITS;
}

static int sweep(const char *path, struct error *error)
{
	cleanup(closedir_handler) DIR *directory = opendir(path);
	const struct dirent *entry;

	while (directory && (entry = readdir(directory))) {
		cleanup(free_string) char *file = path_join(path, entry->d_name, NULL);

		if (leftovers_is_one(entry->d_name) && !staging_is_in_use(file) &&
		    directory_remove(file, error) < 0)
			return error->code;
	}
	return 0;
}

/* Sweeps <tree>/M or <tree>/M/V and what is in it, down to that depth; what is empty goes. */
static int sweep_below(const char *path, int depth, struct error *error)
{
	cleanup(strv_free) struct strv names = {0};
	const char *name;

	if (file_is_symlink(path))
		return 0; /* it leads to where others write */
	if (sweep(path, error) < 0)
		return error->code;
	if (depth && directory_list(path, &names, error) < 0)
		return error->code;
	STRV_FOREACH (name, &names) {
		cleanup(free_string) char *below = path_join(path, name, NULL);

		if (sweep_below(below, depth - 1, error) < 0)
			return error->code;
	}
	/* Of files, links and what holds something this is none of our business. */
	(void)rmdir(path);
	return 0;
}

int leftovers_remove(const struct settings *settings, struct error *error)
{
	cleanup(free_string) char *pending = layout_private(settings, "depmod");
	cleanup(strv_free) struct strv names = {0};
	const char *name;

	if (sweep(settings->dkms_tree, error) < 0 || sweep(pending, error) < 0 ||
	    sweep(settings->source_tree, error) < 0 ||
	    directory_list(settings->dkms_tree, &names, error) < 0)
		return error->code;
	STRV_FOREACH (name, &names) {
		cleanup(free_string) char *module = layout_module(settings, name);

		if (sweep_below(module, 1, error) < 0)
			return error->code;
	}
	return 0;
}

int leftovers_discard(const struct settings *settings, const char *path, struct error *error)
{
	cleanup(transaction_free_handler) struct transaction *transaction = NULL;
	cleanup(free_string) char *description = text_format("remove %s", path);
	cleanup(free_string) char *above = path_parent(path);
	/* Elsewhere directories are not dkms's to remove. */
	const char *stop = path_is_within(path, settings->dkms_tree) ? settings->dkms_tree : above;

	if (transaction_begin(settings, description, NULL, &transaction, error) < 0 ||
	    transaction_remove(transaction, path, error) < 0 ||
	    transaction_prune(transaction, above, stop, error) < 0 ||
	    transaction_apply(transaction, error) < 0)
		return error->code;
	return transaction_commit(transaction, error);
}
