/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inspect/status.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/directory.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/text.h"
#include "install/difference.h"
#include "tree/layout.h"
#include "tree/registry.h"

/*
 * The messages of status on stderr: builds that are known to fail (only names are looked at,
 * reuse/record.h), and installed modules of versions without a source.
 */

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

const char *status_state_name(enum status_state state)
{
	static const char *const names[] = {
		[STATUS_ADDED] = "added",         [STATUS_BROKEN] = "broken",
		[STATUS_BUILT] = "built",         [STATUS_INSTALLED] = "installed",
		[STATUS_WEAK] = "installed-weak",
	};

	return names[state];
}

struct collector {
	const struct settings *settings;
	const struct status_filter *filter;
	struct status_list *list;
	struct install_comparison comparison;
	struct strv weak_releases; /* kernels that may have weak modules */
	bool keeps_originals;      /* the module that is looked at, for any kernel */
};

static void collector_release(struct collector *collector)
{
	install_comparison_close(&collector->comparison);
	strv_free(&collector->weak_releases);
}

static struct status_entry *add_entry(struct status_list *list, const struct module_id *id,
				      const struct kernel_id *kernel, enum status_state state)
{
	struct status_entry *entry = ARRAY_ADD(list->items, list->count);

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

static int compare(struct collector *collector, const struct visited_build *build,
		   struct install_difference *difference, struct error *error)
{
	const struct installed_build installed = {
		.id = build->id,
		.kernel = &build->kernel,
		.parent = build->release,
		.product = build->kernel.arch,
	};

	return install_find_difference(&collector->comparison, &installed, difference, error);
}

static int collect_build(const struct visited_build *build, void *context, struct error *error)
{
	struct collector *collector = context;
	const struct kernel_id *kernel = &build->kernel;
	struct install_difference difference = {0};

	if (!is_selected(collector->filter, kernel))
		return 0;
	bool active = visited_is_active(build);

	if (!active)
		difference.unbuilt = !visited_is_built(build);
	else if (compare(collector, build, &difference, error) < 0)
		return error->code;
	if (difference.unbuilt)
		return 0;
	struct status_entry *entry = add_entry(collector->list, build->id, kernel,
					       active ? STATUS_INSTALLED : STATUS_BUILT);

	entry->originals = collector->keeps_originals &&
			   registry_has_originals(build->settings, build->id->name, kernel);
	entry->reused_from = visited_reused_from(build);
	entry->pulled_from = visited_pulled_from(build);
	entry->lacking = visited_lacks_modules(build);
	entry->missing = difference.missing;
	entry->differs = difference.differs;
	return 0;
}

/* By the bytes of "K/A", which is not the order of K and then of A. */
static int compare_builds(const void *a, const void *b)
{
	const struct kernel_id *left = &((const struct status_entry *)a)->kernel;
	const struct kernel_id *right = &((const struct status_entry *)b)->kernel;
	size_t same = 0;

	while (left->release[same] && left->release[same] == right->release[same])
		same++;
	unsigned char first = (unsigned char)left->release[same];
	unsigned char second = (unsigned char)right->release[same];

	if (first == second)
		return strcmp(left->arch, right->arch);
	return (first ? first : '/') - (second ? second : '/');
}

static int collect_builds(struct collector *collector, const struct module_id *id,
			  struct error *error)
{
	struct status_list *list = collector->list;
	size_t before = list->count;

	if (registry_visit_builds(collector->settings, id, collect_build, collector, error) < 0)
		return error->code;
	if (list->count - before > 1)
		qsort(list->items + before, list->count - before, sizeof(*list->items),
		      compare_builds);
	return 0;
}

static int collect_weak(struct collector *collector, const struct module_id *id,
			struct error *error)
{
	struct weak_link *links = NULL;
	size_t count = 0;

	if (!collector->weak_releases.count)
		return 0;
	if (registry_list_weak(collector->settings, id, &collector->weak_releases, &links, &count,
			       error) < 0)
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

	collector->keeps_originals = registry_keeps_originals(collector->settings, name);
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
	cleanup(collector_release) struct collector collector = {
		.settings = settings,
		.filter = filter,
		.list = list,
		.comparison = install_comparison_open(settings, distro),
	};
	cleanup(strv_free) struct strv names = {0};
	const char *name;

	if (registry_list_weak_releases(settings, &collector.weak_releases, error) < 0)
		return error->code;
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
		free(list->items[i].pulled_from);
	}
	free(list->items);
	*list = (struct status_list){0};
}
