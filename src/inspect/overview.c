/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inspect/overview.h"

#include "base/text.h"
#include "inspect/check.h"

static int judge_installed(struct overview *overview, struct error *error)
{
	for (size_t i = 0; i < overview->states.count; i++) {
		const struct status_entry *entry = &overview->states.items[i];

		if (entry->state == STATUS_INSTALLED &&
		    loading_examine(&overview->loading, &entry->id, &entry->kernel, error) < 0)
			return error->code;
	}
	loading_judge(&overview->loading);
	return 0;
}

int overview_collect(const struct settings *settings, const struct distro *distro,
		     const struct status_filter *filter, unsigned parts, struct overview *overview,
		     struct error *error)
{
	overview->loading = (struct loading){.settings = settings, .distro = distro};
	if (status_collect(settings, distro, filter, &overview->states, error) < 0 ||
	    judge_installed(overview, error) < 0)
		return error->code;
	if (parts & OVERVIEW_CLASSES)
		check_classify(&overview->loading);
	if ((parts & OVERVIEW_REASONS) &&
	    why_collect(settings, distro, filter, &overview->why, error) < 0)
		return error->code;
	runs_read(settings, &overview->runs);
	return 0;
}

void overview_free(struct overview *overview)
{
	status_list_free(&overview->states);
	loading_free(&overview->loading);
	why_free(&overview->why);
	runs_free(&overview->runs);
}

static const struct run_job *last_of_version(const struct runs *runs, const struct module_id *id,
					     const struct run **ret_run)
{
	for (size_t i = 0; i < runs->count; i++) {
		const struct run *run = &runs->items[i];

		for (size_t j = run->count; j-- > 0;) {
			if (!run->jobs[j].kernel.release ||
			    !module_id_equal(&run->jobs[j].id, id) ||
			    text_equal(run->jobs[j].outcome, "not run"))
				continue;
			*ret_run = run;
			return &run->jobs[j];
		}
	}
	return NULL;
}

const struct run_job *overview_failure(const struct overview *overview,
				       const struct status_entry *entry, const struct run **ret_run)
{
	const struct run_job *job = entry->kernel.release
					    ? runs_last_attempt(&overview->runs, &entry->id,
								&entry->kernel, ret_run)
					    : last_of_version(&overview->runs, &entry->id, ret_run);

	return job && text_equal(job->outcome, "failed") ? job : NULL;
}
