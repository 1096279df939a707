/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "install/displaced.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/path.h"
#include "base/text.h"
#include "install/originals.h"
#include "kernel/module_lists.h"
#include "tree/layout.h"
#include "tree/registry.h"

/* True if dkms had put it there for M/V: the recorded file, or in the destination as built. */
static bool was_ours(const struct placement *placement, const struct placed_module *module,
		     const char *archived)
{
	cleanup(free_string) char *base = place_kernel_directory(placement->settings,
								 placement->kernel);
	cleanup(free_string) char *origin = originals_origin(placement->settings, archived);
	cleanup(free_string) char *parent = origin ? path_parent(origin) : NULL;

	if (!origin || module->refused || modules_order_lists(base, origin))
		return false;
	if (module->recorded)
		return text_equal(origin, module->recorded);
	return module->built && text_equal(parent, module->directory) &&
	       file_same_content(module->built, archived);
}

/* From the originals of the package `other`. */
static int remove_from(const struct placement *placement, const char *other,
		       const struct placed_module *module, struct transaction *transaction,
		       struct reporter *reporter, struct error *error)
{
	cleanup(free_string) char *directory = layout_originals(placement->settings, other,
								placement->kernel);
	cleanup(free_string) char *stop = layout_module(placement->settings, other);
	const struct module_id id = {(char *)other, (char *)""};
	struct placement theirs = *placement;
	cleanup(strv_free) struct strv archived = {0};
	const char *path;

	theirs.id = &id;
	place_find_files(directory, module->name, &archived);
	STRV_FOREACH (path, &archived) {
		if (!was_ours(placement, module, path))
			continue;
		report(reporter, REPORT_LINE, "Deleting %s", path);
		if (originals_discard(&theirs, path, transaction, error) < 0 ||
		    transaction_prune(transaction, directory, stop, error) < 0)
			return error->code;
	}
	return 0;
}

int displaced_remove(const struct placement *placement, struct transaction *transaction,
		     struct reporter *reporter, struct error *error)
{
	cleanup(placed_modules_free) struct placed_modules modules = {0};
	cleanup(strv_free) struct strv others = {0};
	const char *other;

	if (placed_modules_list(placement, &modules, error) < 0)
		return error->code;
	placed_modules_add_recorded(placement, &modules);
	if (registry_list_modules(placement->settings, &others, error) < 0)
		return error->code;
	strv_remove(&others, placement->id->name);
	STRV_FOREACH (other, &others)
		for (size_t i = 0; i < modules.count; i++)
			if (remove_from(placement, other, &modules.items[i], transaction, reporter,
					error) < 0)
				return error->code;
	return 0;
}
