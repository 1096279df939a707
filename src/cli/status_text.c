/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/status_text.h"

#include "base/cleanup.h"
#include "base/text.h"

static void show_build(const struct status_entry *entry, struct reporter *reporter)
{
	cleanup(free_string) char *reused = entry->reused_from ? text_format(" (Reused from %s)",
									     entry->reused_from)
							       : NULL;
	cleanup(free_string) char *pulled = entry->pulled_from ? text_format(" (Pulled from %s)",
									     entry->pulled_from)
							       : NULL;

	report(reporter, REPORT_LINE, "%s/%s, %s, %s: %s%s%s%s%s%s", entry->id.name,
	       entry->id.version, entry->kernel.release, entry->kernel.arch,
	       entry->state == STATUS_INSTALLED ? "installed" : "built",
	       entry->originals ? " (Original modules exist)" : "",
	       entry->missing || entry->lacking
		       ? " (Built modules are missing in the kernel modules folder)"
		       : "",
	       entry->differs ? " (Differences between built and installed modules)" : "",
	       reused ? reused : "", pulled ? pulled : "");
}

void status_show(const struct status_list *list, struct reporter *reporter)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct status_entry *entry = &list->items[i];
		const struct module_id *id = &entry->id;

		switch (entry->state) {
		case STATUS_ADDED:
			report(reporter, REPORT_LINE, "%s/%s: added", id->name, id->version);
			break;
		case STATUS_BROKEN:
			report(reporter, REPORT_LINE, "%s/%s: broken", id->name, id->version);
			break;
		case STATUS_WEAK:
			report(reporter, REPORT_LINE, "%s, %s, %s, %s: installed-weak from %s",
			       id->name, id->version, entry->kernel.release, entry->kernel.arch,
			       entry->weak_from);
			break;
		default:
			show_build(entry, reporter);
		}
	}
}
