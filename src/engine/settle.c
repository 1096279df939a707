/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/settle.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/interrupt.h"
#include "base/path.h"
#include "build/workspace.h"
#include "journal/leftovers.h"
#include "journal/transaction.h"
#include "kernel/depmod.h"

/* A kernel whose depmod fails holds up nothing that is asked for now, unless that is to stop. */
static int put_off(const struct engine_options *options, const char *release, struct error *error)
{
	cleanup(error_clear) struct error failure = {0};

	if (interrupt_pending())
		return error->code;
	(void)error_move(&failure, error);
	report(options->reporter, REPORT_WARNING,
	       "%s\nIt is still due, and tried again by the next run that changes something.",
	       failure.message);
	return pending_depmod_keep(options->settings, release, error);
}

/* Runs the depmods that were announced and never finished. */
static int run_pending_depmods(const struct engine_options *options, struct error *error)
{
	cleanup(strv_free) struct strv releases = {0};
	const char *release;

	if (pending_depmod_list(options->settings, &releases, error) < 0)
		return error->code;
	STRV_FOREACH (release, &releases) {
		cleanup(free_string) char *directory = path_join(options->settings->install_tree,
								 release, NULL);

		if (file_is_directory(directory) &&
		    kernel_depmod(options->settings, release, options->reporter, error) < 0) {
			if (put_off(options, release, error) < 0)
				return error->code;
			continue;
		}
		if (pending_depmod_clear(options->settings, release, error) < 0)
			return error->code;
	}
	return 0;
}

int engine_recover(const struct engine_options *options, struct error *error)
{
	if (transactions_recover(options->settings, options->reporter, error) < 0 ||
	    workspace_remove_leftovers(options->settings, error) < 0 ||
	    leftovers_remove(options->settings, error) < 0 ||
	    kernel_sweep(options->settings, error) < 0)
		return error->code;
	return run_pending_depmods(options, error);
}

void engine_undo_unfinished(const struct engine_options *options)
{
	cleanup(error_clear) struct error error = {0};

	if (transactions_finish(options->settings, NULL, false, &error) < 0 ||
	    workspace_remove_leftovers(options->settings, &error) < 0 ||
	    run_pending_depmods(options, &error) < 0) {
		report_text(options->reporter, REPORT_ERROR, error.message);
	}
}
