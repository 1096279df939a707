/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/sourceless.h"

#include "base/file.h"
#include "base/text.h"
#include "fleet/fleet.h"
#include "kernel/kernel.h"
#include "tree/layout.h"
#include "tree/registry.h"

static bool is_wanted(const struct invocation *invocation)
{
	const struct settings *settings = &invocation->settings;
	const struct module_id *id = &invocation->id;
	const struct package package = {
		.name = id->name, .version = id->version, .policy = settings->policy};

	if (!id->name || !id->version || invocation->source_directory || invocation->archive ||
	    invocation->options->dry_run || invocation->options->conf_file ||
	    registry_version_state(settings, id) != VERSION_UNKNOWN)
		return false;
	cleanup(free_string) char *source = layout_source_directory(settings, id);

	return !file_exists_nofollow(source) && fleet_may_serve(settings, &package);
}

/* One kernel's build tells enough. */
int sourceless_prepare(struct invocation *invocation, struct error *error)
{
	const struct settings *settings = &invocation->settings;

	if (!is_wanted(invocation))
		return 0;
	for (size_t i = 0; i < invocation->kernels.count; i++) {
		cleanup(kernel_free_handler) struct kernel *kernel = NULL;

		error_clear(error);
		if (kernel_open(settings, &invocation->kernels.items[i], &kernel, error) < 0)
			return error->code;
		if (fleet_lay_source(settings, &invocation->id, kernel,
				     text_ui_is_watched(invocation->ui), &invocation->ui->reporter,
				     error) == 0)
			return 0;
	}
	cleanup(free_string) char *source = layout_source_directory(settings, &invocation->id);

	return error_hint(error, "There is no source in %s, either.", source);
}
