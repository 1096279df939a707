/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plan/status.h"

#include <stdlib.h>

#include "base/cleanup.h"
#include "base/memory.h"
#include "base/text.h"
#include "install/difference.h"
#include "tree/registry.h"

struct collector {
	const struct settings *settings;
	const struct distro *distro;
	const struct status_filter *filter;
	struct status_list *list;
};

static struct status_entry *add_entry(struct status_list *list, const struct module_id *id,
				      const struct kernel_id *kernel, enum status_state state)
{
	list->items = xreallocarray(list->items, list->count + 1, sizeof(*list->items));
	struct status_entry *entry = &list->items[list->count++];

	*entry = (struct status_entry){.id = module_id_new(id->name, id->version), .state = state};
	if (kernel)
		entry->kernel = kernel_id_new(kernel->release, kernel->arch);
	return entry;
}

static bool is_selected(const struct status_filter *filter, const struct kernel_id *kernel)
{
	for (size_t i = 0; i < filter->kernels->count; i++)
		if (kernel_id_equal(&filter->kernels->items[i], kernel))
			return true;
	if (filter->kernels->count)
		return false;
	return !filter->arches->count || strv_contains(filter->arches, kernel->arch);
}

static int collect_build(struct collector *collector, const struct module_id *id,
			 const struct kernel_id *kernel, struct error *error)
{
	const struct settings *settings = collector->settings;
	bool installed = registry_is_installed(settings, id, kernel);
	struct status_entry *entry = add_entry(collector->list, id, kernel,
					       installed ? STATUS_INSTALLED : STATUS_BUILT);
	struct install_difference difference = {0};

	entry->originals = registry_has_originals(settings, id->name, kernel);
	entry->reused_from = registry_reused_from(settings, id, kernel);
	if (!installed)
		return 0;
	if (install_find_difference(settings, collector->distro, id, NULL, kernel, &difference,
				    error) < 0)
		return error->code;
	entry->missing = difference.missing;
	entry->differs = difference.differs;
	return 0;
}

static int collect_builds(struct collector *collector, const struct module_id *id,
			  struct error *error)
{
	cleanup(kernel_ids_free) struct kernel_ids kernels = {0};

	if (registry_list_kernels(collector->settings, id, &kernels, error) < 0)
		return error->code;
	for (size_t i = 0; i < kernels.count; i++)
		if (is_selected(collector->filter, &kernels.items[i]) &&
		    collect_build(collector, id, &kernels.items[i], error) < 0)
			return error->code;
	return 0;
}

static int collect_weak(struct collector *collector, const struct module_id *id,
			struct error *error)
{
	struct weak_link *links = NULL;
	size_t count = 0;

	if (registry_list_weak(collector->settings, id, &links, &count, error) < 0)
		return error->code;
	for (size_t i = 0; i < count; i++) {
		if (!is_selected(collector->filter, &links[i].kernel))
			continue;
		struct status_entry *entry = add_entry(collector->list, id, &links[i].kernel,
						       STATUS_WEAK);

		text_assign(&entry->weak_from, links[i].from_release);
	}
	weak_links_free(links, count);
	return 0;
}

static int collect_version(struct collector *collector, const struct module_id *id,
			   struct error *error)
{
	size_t before = collector->list->count;

	switch (registry_version_state(collector->settings, id)) {
	case VERSION_UNKNOWN:
		return 0;
	case VERSION_BROKEN:
		(void)add_entry(collector->list, id, NULL, STATUS_BROKEN);
		return 0;
	case VERSION_ADDED:
		break;
	}
	if (collect_builds(collector, id, error) < 0 || collect_weak(collector, id, error) < 0)
		return error->code;
	if (collector->list->count == before)
		(void)add_entry(collector->list, id, NULL, STATUS_ADDED);
	return 0;
}

static int collect_module(struct collector *collector, const char *name, struct error *error)
{
	cleanup(strv_free) struct strv versions = {0};
	const char *wanted = collector->filter->id->version;
	char *version;

	if (wanted)
		strv_add(&versions, wanted);
	else if (registry_list_versions(collector->settings, name, &versions, error) < 0)
		return error->code;
	STRV_FOREACH (version, &versions) {
		const struct module_id id = {(char *)name, version};

		if (collect_version(collector, &id, error) < 0)
			return error->code;
	}
	return 0;
}

int status_collect(const struct settings *settings, const struct distro *distro,
		   const struct status_filter *filter, struct status_list *list,
		   struct error *error)
{
	struct collector collector = {settings, distro, filter, list};
	cleanup(strv_free) struct strv names = {0};
	const char *name;

	if (filter->id->name)
		strv_add(&names, filter->id->name);
	else if (registry_list_modules(settings, &names, error) < 0)
		return error->code;
	STRV_FOREACH (name, &names)
		if (collect_module(&collector, name, error) < 0)
			return error->code;
	return 0;
}

void status_list_free(struct status_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		module_id_free(&list->items[i].id);
		kernel_id_free(&list->items[i].kernel);
		free(list->items[i].weak_from);
		free(list->items[i].reused_from);
	}
	free(list->items);
	*list = (struct status_list){0};
}
