/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which builds are known to fail, for a status: only names are looked at (reuse/failed.h). */
#include <string.h>

#include "base/cleanup.h"
#include "base/directory.h"
#include "base/path.h"
#include "base/strv.h"
#include "base/text.h"
#include "inspect/status.h"
#include "tree/layout.h"

static bool is_wanted(const struct status_filter *filter, const struct kernel_id *kernel)
{
	if (filter->kernels->count)
		return kernel_ids_contain(filter->kernels, kernel);
	return !filter->arches->count || strv_contains(filter->arches, kernel->arch);
}

/* "K-A", beside its log. */
static void warn(const struct module_id *id, char *name, const struct status_filter *filter,
		 struct reporter *reporter)
{
	char *dash = strrchr(name, '-');

	if (!dash || text_ends_with(name, ".log"))
		return;
	*dash = '\0';
	const struct kernel_id kernel = {name, dash + 1};

	if (is_wanted(filter, &kernel))
		report(reporter, REPORT_WARNING,
		       "%s/%s failed to build for kernel %s (%s). See: dkms why %s/%s -k %s",
		       id->name, id->version, kernel.release, kernel.arch, id->name, id->version,
		       kernel.release);
}

void status_warn_of_failed(const struct settings *settings, const struct status_list *list,
			   const struct status_filter *filter, struct reporter *reporter)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct module_id *id = &list->items[i].id;
		cleanup(free_string) char *version = layout_version(settings, id);
		cleanup(free_string) char *directory = path_join(version, ".failed", NULL);
		cleanup(strv_free) struct strv names = {0};
		char *name;

		if (i > 0 && module_id_equal(&list->items[i - 1].id, id))
			continue;
		directory_list_if_possible(directory, &names);
		STRV_FOREACH (name, &names)
			warn(id, name, filter, reporter);
	}
}
