/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/settle.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/interrupt.h"
#include "base/path.h"
#include "build/build.h"
#include "journal/leftovers.h"
#include "journal/transaction.h"
#include "kernel/depmod.h"

/* A kernel whose depmod fails holds up nothing that is asked for now, unless that is to stop. */
static int put_off(const struct settings *settings, struct reporter *reporter, const char *release,
		   struct error *error)
{
	cleanup(error_clear) struct error failure = {0};

	if (interrupt_pending())
		return error->code;
	(void)error_move(&failure, error);
	report(reporter, REPORT_WARNING,
	       "%s\nIt is still due, and tried again by the next run that changes something.",
	       failure.message);
	return pending_depmod_keep(settings, release, error);
}

/* Runs the depmods that were announced and never finished. */
static int run_pending_depmods(const struct settings *settings, struct reporter *reporter,
			       struct error *error)
{
	cleanup(strv_free) struct strv releases = {0};
	const char *release;

	if (pending_depmod_list(settings, &releases, error) < 0)
		return error->code;
	STRV_FOREACH (release, &releases) {
		cleanup(free_string) char *directory = path_join(settings->install_tree, release,
								 NULL);

		if (file_is_directory(directory) &&
		    kernel_depmod(settings, release, reporter, error) < 0) {
			if (put_off(settings, reporter, release, error) < 0)
				return error->code;
			continue;
		}
		if (pending_depmod_clear(settings, release, error) < 0)
			return error->code;
	}
	return 0;
}

int settle_dead_runs(const struct settings *settings, struct reporter *reporter,
		     struct error *error)
{
	if (transactions_recover(settings, reporter, error) < 0 ||
	    build_remove_leftovers(settings, error) < 0 || leftovers_remove(settings, error) < 0 ||
	    kernel_sweep(settings, error) < 0)
		return error->code;
	return run_pending_depmods(settings, reporter, error);
}

void settle_unfinished(const struct settings *settings, struct reporter *reporter)
{
	cleanup(error_clear) struct error error = {0};

	if (transactions_finish(settings, NULL, false, &error) < 0 ||
	    build_remove_leftovers(settings, &error) < 0 ||
	    run_pending_depmods(settings, reporter, &error) < 0) {
		report_text(reporter, REPORT_ERROR, error.message);
	}
}
