/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a status says on stderr: builds that are known to fail (only names are looked at,
 * reuse/failed.h), and what stays installed of versions without a source.
 */
#include <string.h>

#include "base/cleanup.h"
#include "base/directory.h"
#include "base/path.h"
#include "base/strv.h"
#include "base/text.h"
#include "inspect/status.h"
#include "tree/layout.h"
#include "tree/registry.h"

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

static void warn_of_installed(const struct settings *settings, const struct module_id *id,
			      const struct kernel_id *kernel, struct reporter *reporter)
{
	cleanup(free_string) char *active = registry_active_version(settings, id->name, kernel);

	if (text_equal(active, id->version))
		report(reporter, REPORT_WARNING,
		       "%s/%s is still installed for kernel %s (%s), though its source is missing. "
		       "See: dkms check %s/%s",
		       id->name, id->version, kernel->release, kernel->arch, id->name, id->version);
}

void status_warn_of_broken(const struct settings *settings, const struct status_list *list,
			   const struct status_filter *filter, struct reporter *reporter)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct status_entry *entry = &list->items[i];
		cleanup(kernel_ids_free) struct kernel_ids kernels = {0};
		cleanup(error_clear) struct error unreadable = {0};

		if (entry->state != STATUS_BROKEN ||
		    registry_list_kernels(settings, &entry->id, &kernels, &unreadable) < 0)
			continue;
		for (size_t j = 0; j < kernels.count; j++)
			if (is_wanted(filter, &kernels.items[j]))
				warn_of_installed(settings, &entry->id, &kernels.items[j],
						  reporter);
	}
}
