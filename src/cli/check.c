/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dkms check: what is wrong, and with --fix its repair. */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/text.h"
#include "cli/actions.h"
#include "inspect/check.h"
#include "inspect/check_class.h"
#include "inspect/check_loading.h"
#include "inspect/why.h"
#include "cli/check_json.h"

static struct status_filter filter_of(const struct invocation *invocation)
{
	return (struct status_filter){
		.id = &invocation->id,
		.kernels = &invocation->kernels,
		.arches = &invocation->options->arches,
	};
}

static int examine(const struct invocation *invocation, struct check_findings *findings,
		   struct error *error)
{
	const struct status_filter filter = filter_of(invocation);

	return check_collect(&invocation->settings, invocation->distro, &filter, findings, error);
}

static int examine_loading(const struct invocation *invocation, struct loading *loading,
			   struct check_findings *findings, struct error *error)
{
	const struct status_filter filter = filter_of(invocation);

	return check_collect_loading(loading, &filter, findings, error);
}

static int fill_repair(struct invocation *invocation, struct planner *planner, struct error *error)
{
	cleanup(check_findings_free) struct check_findings findings = {0};

	if (examine(invocation, &findings, error) < 0)
		return error->code;
	planner_repair(planner, &findings);
	return 0;
}

/* What --fix would work on, as a text to compare; "" for nothing. Owned by the caller. */
static int list_repairable(const struct invocation *invocation, char **ret_text,
			   struct error *error)
{
	cleanup(check_findings_free) struct check_findings findings = {0};
	struct buffer text = {0};

	if (examine(invocation, &findings, error) < 0)
		return error->code;
	buffer_add_text(&text, "");
	for (size_t i = 0; i < findings.count; i++)
		if (findings.items[i].repair == REPAIR_NEXT_RUN ||
		    check_can_repair(&findings.items[i], invocation->options->force))
			buffer_add_format(&text, "%s %s\n", findings.items[i].kind,
					  findings.items[i].path);
	free(*ret_text);
	*ret_text = buffer_take(&text);
	return 0;
}

/*
 * Until nothing changes any more, as one repair may bring up the next finding. Taking the lock has
 * put in order what a dead run left.
 */
static int repair(struct invocation *invocation, int *ret_status, struct error *error)
{
	static const struct action fix = {.name = "check", .fill = fill_repair};
	cleanup(free_string) char *last = NULL;
	cleanup(free_string) char *now = NULL;

	if (geteuid() != 0 && !invocation->options->dry_run)
		return error_set(error, -EPERM, EXIT_USAGE,
				 "Only root can repair. Try: sudo dkms check --fix");
	invocation->action = &fix;
	do {
		int status = 0;

		text_assign(&last, now);
		if (invocation_run_plan(invocation, &status, error) < 0 ||
		    list_repairable(invocation, &now, error) < 0)
			return error->code;
		if (!*ret_status)
			*ret_status = status;
	} while (!invocation->options->dry_run && now && *now && !text_equal(now, last));
	return 0;
}

/* On stderr: it is no fault of the tree. */
static int say_what_is_missing(const struct invocation *invocation, struct error *error)
{
	const struct status_filter filter = filter_of(invocation);
	cleanup(why_free) struct why why = {0};

	if (why_collect(&invocation->settings, invocation->distro, &filter, &why, error) < 0)
		return error->code;
	for (size_t i = 0; i < why.count; i++) {
		cleanup(free_string) char *warning = why_warning(&why.items[i]);

		if (warning)
			report_text(&invocation->ui->reporter, REPORT_WARNING, warning);
	}
	return 0;
}

int action_check(struct invocation *invocation, int *ret_status, struct error *error)
{
	cleanup(check_findings_free) struct check_findings findings = {0};
	cleanup(loading_free) struct loading loading = {
		.settings = &invocation->settings,
		.distro = invocation->distro,
		.reporter = &invocation->ui->reporter,
	};
	int status = 0;

	if (invocation_require_known(invocation, error) < 0)
		return error->code;
	if (invocation->options->fix && repair(invocation, &status, error) < 0)
		return error->code;
	if (examine(invocation, &findings, error) < 0 ||
	    examine_loading(invocation, &loading, &findings, error) < 0)
		return error->code;
	check_classify(&loading);
	if (check_is_partial(&invocation->settings))
		report(&invocation->ui->reporter, REPORT_WARNING,
		       "What dkms keeps for itself in %s/.dkms was not checked: only root may "
		       "look there.",
		       invocation->settings.dkms_tree);
	if (say_what_is_missing(invocation, error) < 0)
		return error->code;
	check_show(&findings, &loading, invocation->options->json, &invocation->ui->reporter);
	if (!status && findings.count)
		status = EXIT_UNSOUND;
	*ret_status = status;
	return 0;
}
