/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "install/displaced.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "install/originals.h"
#include "tree/layout.h"
#include "tree/registry.h"

/* From the originals of the package `other`. */
static int remove_from(const struct placement *placement, const char *other,
		       const struct placed_module *module, struct transaction *transaction,
		       struct reporter *reporter, struct error *error)
{
	cleanup(free_string) char *directory = layout_originals(placement->settings, other,
								placement->kernel);
	cleanup(free_string) char *stop = layout_module(placement->settings, other);
	cleanup(strv_free) struct strv archived = {0};
	const char *path;

	place_find_files(directory, module->name, &archived);
	STRV_FOREACH (path, &archived) {
		cleanup(free_string) char *origin = originals_origin_file(path);

		/* The kernel's own might be the same module: only the very bytes are dkms's. */
		if (!module->built || !file_same_content(module->built, path))
			continue;
		report(reporter, REPORT_LINE, "Deleting %s", path);
		if (transaction_remove(transaction, path, error) < 0 ||
		    transaction_remove(transaction, origin, error) < 0 ||
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

	if (placed_modules_list(placement, &modules, error) < 0 ||
	    registry_list_modules(placement->settings, &others, error) < 0)
		return error->code;
	strv_remove(&others, placement->id->name);
	STRV_FOREACH (other, &others)
		for (size_t i = 0; i < modules.count; i++)
			if (remove_from(placement, other, &modules.items[i], transaction, reporter,
					error) < 0)
				return error->code;
	return 0;
}
