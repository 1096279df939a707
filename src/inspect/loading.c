/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inspect/loading.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "install/ownership.h"
#include "install/place.h"
#include "sign/signing.h"

struct loading_kernel {
	struct kernel *kernel;
	struct verdict_kernel *facts;
};

static void loading_kernel_free(void *value)
{
	struct loading_kernel *kernel = value;

	verdict_kernel_free(kernel->facts);
	kernel_free(kernel->kernel);
	free(kernel);
}

static int facts_of(struct loading *loading, const struct kernel_id *id,
		    struct verdict_kernel **ret_facts, struct error *error)
{
	cleanup(free_string) char *name = text_format("%s/%s", id->release, id->arch);
	struct loading_kernel *known = strmap_get(&loading->kernels, name);
	cleanup(free_string) char *key = NULL;
	cleanup(free_string) char *certificate = NULL;
	struct kernel *kernel = NULL;

	if (known) {
		*ret_facts = known->facts;
		return 0;
	}
	if (kernel_open(loading->settings, id, &kernel, error) < 0)
		return error->code;
	signing_key_places(loading->settings, loading->distro, kernel, &key, &certificate);
	known = NEW(struct loading_kernel);
	known->kernel = kernel;
	known->facts = verdict_kernel_open(loading->settings, kernel, certificate,
					   loading->reporter);
	(void)strmap_set(&loading->kernels, name, known);
	*ret_facts = known->facts;
	return 0;
}

static void add_report(struct loading *loading, const struct placement *placement, const char *path,
		       struct verdict_kernel *facts)
{
	*ARRAY_ADD(loading->items, loading->count) = (struct loading_report){
		.id = module_id_new(placement->id->name, placement->id->version),
		.kernel = kernel_id_new(placement->kernel->release, placement->kernel->arch),
		.path = xstrdup(path),
		.facts = facts,
	};
}

int loading_examine(struct loading *loading, const struct module_id *id,
		    const struct kernel_id *kernel, struct error *error)
{
	const struct placement placement = {.settings = loading->settings,
					    .distro = loading->distro,
					    .id = id,
					    .kernel = kernel,
					    .files = &loading->files};
	cleanup(placed_modules_free) struct placed_modules modules = {0};
	struct verdict_kernel *facts = NULL;
	const char *path;

	if (facts_of(loading, kernel, &facts, error) < 0 ||
	    placed_modules_list(&placement, &modules, error) < 0)
		return error->code;
	for (size_t i = 0; i < modules.count; i++) {
		cleanup(placed_files_free) struct placed_files files = {0};

		if (!modules.items[i].built)
			continue;
		if (placed_module_find_installed(&placement, &modules.items[i], modules.is_recorded,
						 &files, error) < 0)
			return error->code;
		STRV_FOREACH (path, &files.own)
			add_report(loading, &placement, path, facts);
		STRV_FOREACH (path, &files.foreign)
			if (text_equal(path, modules.items[i].recorded))
				add_report(loading, &placement, path, facts);
	}
	return 0;
}

void loading_judge(struct loading *loading)
{
	STRMAP_FOREACH (entry, &loading->kernels) {
		const struct loading_kernel *kernel = entry->value;
		cleanup(strv_free) struct strv paths = {0};

		for (size_t i = 0; i < loading->count; i++)
			if (loading->items[i].facts == kernel->facts && !loading->items[i].verdict)
				strv_add(&paths, loading->items[i].path);
		verdict_prepare(kernel->facts, &paths);
	}
	for (size_t i = 0; i < loading->count; i++)
		if (!loading->items[i].verdict)
			loading->items[i].verdict = verdict_judge(loading->items[i].facts,
								  loading->items[i].path);
}

int loading_trust(struct loading *loading, const struct kernel_id *kernel,
		  const struct signing_trust **ret_trust, struct error *error)
{
	struct verdict_kernel *facts = NULL;

	if (facts_of(loading, kernel, &facts, error) < 0)
		return error->code;
	*ret_trust = verdict_kernel_trust(facts);
	return 0;
}

/* Adds text with each place of the placeholder filled in. */
static char *filled_in(const char *text, const char *placeholder, const char *value)
{
	struct buffer filled = {0};
	const char *at;

	while ((at = strstr(text, placeholder))) {
		buffer_add(&filled, text, (size_t)(at - text));
		buffer_add_text(&filled, value);
		text = at + strlen(placeholder);
	}
	buffer_add_text(&filled, text);
	return buffer_take(&filled);
}

char *loading_next_step(const struct loading_report *report)
{
	if (!report->verdict->next)
		return NULL;
	cleanup(free_string) char *module = text_format("%s/%s", report->id.name,
							report->id.version);
	cleanup(free_string) char *release = text_format("-k %s", report->kernel.release);
	cleanup(free_string) char *depmod = text_format("depmod %s", report->kernel.release);
	cleanup(free_string) char *named = filled_in(report->verdict->next, "M/V", module);
	cleanup(free_string) char *built = filled_in(named, "-k K", release);

	return filled_in(built, "depmod K", depmod);
}

void loading_free(struct loading *loading)
{
	for (size_t i = 0; i < loading->count; i++) {
		module_id_free(&loading->items[i].id);
		kernel_id_free(&loading->items[i].kernel);
		free(loading->items[i].path);
		criticality_free(&loading->items[i].criticality);
	}
	free(loading->items);
	strmap_free(&loading->kernels, loading_kernel_free);
	module_files_free(&loading->files);
	*loading = (struct loading){0};
}
