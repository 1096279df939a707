/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/progress.h"

#include <stdlib.h>

#include "base/cleanup.h"
#include "base/text.h"

void progress_clear(struct progress *progress)
{
	progress->ended = progress->total = 0;
	strv_free(&progress->running);
}

void progress_add(struct progress *progress, const struct job *job, bool running, bool ended)
{
	progress->total++;
	progress->ended += ended;
	if (running)
		strv_add_format(&progress->running, "%s (%s)", job->id.name,
				job->kernel ? job->kernel->id.release : "");
}

void progress_tell(struct progress *progress, struct reporter *reporter)
{
	if (progress->total < 2 || !progress->running.count)
		return;
	cleanup(free_string) char *names = strv_join(&progress->running, ", ");
	char *text = text_format("[%zu of %zu built] %s", progress->ended, progress->total, names);

	if (text_equal(text, progress->told)) {
		free(text);
		return;
	}
	free(progress->told);
	progress->told = text;
	report_text(reporter, REPORT_PROGRESS, text);
}

void progress_end(struct progress *progress, struct reporter *reporter)
{
	if (progress->told)
		report_text(reporter, REPORT_PROGRESS, "");
	free(progress->told);
	progress->told = NULL;
	progress_clear(progress);
}
