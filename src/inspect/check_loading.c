/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inspect/check_loading.h"

#include "base/memory.h"
#include "base/text.h"

static void add_finding(struct check_findings *findings, const struct loading_report *report)
{
	cleanup(free_string) char *next = loading_next_step(report);

	*ARRAY_ADD(findings->items, findings->count) = (struct check_finding){
		.kind = "will-not-load",
		.repair = REPAIR_BY_HAND,
		.path = xstrdup(report->path),
		.message = text_format("kernel %s will not load it: %s%s%s", report->kernel.release,
				       report->verdict->reason, next ? "; next: " : "",
				       next ? next : ""),
		.id = module_id_new(report->id.name, report->id.version),
		.kernel = kernel_id_new(report->kernel.release, report->kernel.arch),
	};
}

int check_collect_loading(struct loading *loading, const struct status_filter *filter,
			  struct check_findings *findings, struct error *error)
{
	cleanup(status_list_free) struct status_list list = {0};

	if (status_collect(loading->settings, loading->distro, filter, &list, error) < 0)
		return error->code;
	for (size_t i = 0; i < list.count; i++)
		if (list.items[i].state == STATUS_INSTALLED &&
		    loading_examine(loading, &list.items[i].id, &list.items[i].kernel, error) < 0)
			return error->code;
	loading_judge(loading);
	for (size_t i = 0; i < loading->count; i++)
		if (loading->items[i].verdict->answer == VERDICT_REFUSED)
			add_finding(findings, &loading->items[i]);
	return 0;
}
