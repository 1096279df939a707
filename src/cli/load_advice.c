/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/load_advice.h"

#include "base/text.h"
#include "cli/sign_advice.h"

static void warn(const struct loading_report *report_of, struct reporter *reporter)
{
	const struct verdict *verdict = report_of->verdict;
	cleanup(free_string) char *next = loading_next_step(report_of);

	/* Signatures are spoken of once for all modules. */
	if (verdict->answer != VERDICT_REFUSED || text_equal(verdict->cause, "signature"))
		return;
	report(reporter, REPORT_WARNING, "Kernel %s will not load %s: %s.%s%s",
	       report_of->kernel.release, report_of->path, verdict->reason, next ? " Next: " : "",
	       next ? next : "");
}

void load_advice_after(const struct invocation *invocation, const struct plan *plan,
		       const struct job_result *results)
{
	struct reporter *reporter = &invocation->ui->reporter;
	cleanup(loading_free) struct loading loading = {
		.settings = &invocation->settings,
		.distro = invocation->distro,
		.reporter = reporter,
	};
	cleanup(error_clear) struct error ignored = {0};

	sign_advice_after(&loading, plan, results);
	if (invocation->options->no_depmod)
		return;
	for (size_t i = 0; i < plan->count; i++)
		if (plan->jobs[i].kind == JOB_INSTALL && results[i].outcome == JOB_SUCCEEDED)
			(void)loading_examine(&loading, &plan->jobs[i].id,
					      &plan->jobs[i].kernel->id, &ignored);
	loading_judge(&loading);
	for (size_t i = 0; i < loading.count; i++)
		warn(&loading.items[i], reporter);
}
