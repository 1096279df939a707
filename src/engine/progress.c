/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/progress.h"

#include <stdlib.h>

#include "base/cleanup.h"
#include "base/text.h"

enum { SILENCE_MS = 10000 };

void progress_clear(struct progress *progress)
{
	progress->ended = progress->total = 0;
	progress->slowest = NULL;
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

static bool is_silent(struct progress *progress, const char *names, int64_t now)
{
	if (text_equal(names, progress->names))
		return now - progress->changed >= SILENCE_MS;
	text_assign(&progress->names, names);
	progress->changed = now;
	return false;
}

/* The line; NULL: a single build, which has been said to begin, and is young. */
static char *describe(struct progress *progress, int64_t now)
{
	cleanup(free_string) char *names = strv_join(&progress->running, ", ");
	cleanup(free_string) char *counted = text_format("%zu of %zu built", progress->ended,
							 progress->total);
	cleanup(free_string) char *all = text_format("%s %s", counted, names);
	bool silent = is_silent(progress, all, now);
	bool shows = silent || glimpse_is_live(progress->slowest);
	cleanup(free_string) char *line = shows ? glimpse_read(progress->slowest) : NULL;
	int64_t seconds = progress->begun ? (now - progress->begun) / 1000 : 0;

	if (progress->total < 2)
		return shows ? text_format("[%jd s]%s%s", (intmax_t)seconds, line ? " " : "",
					   line ? line : "")
			     : NULL;
	if (!seconds)
		return text_format("[%s] %s", counted, names);
	return text_format("[%s, %jd s] %s%s%s", counted, (intmax_t)seconds, names,
			   line ? ": " : "", line ? line : "");
}

void progress_tell(struct progress *progress, int64_t now, struct reporter *reporter)
{
	char *text = progress->running.count ? describe(progress, now) : NULL;

	if (!text || text_equal(text, progress->told)) {
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
	text_assign(&progress->names, NULL);
	progress_clear(progress);
}
