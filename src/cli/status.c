/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/path.h"
#include "boot/notices.h"
#include "cli/actions.h"
#include "inspect/status.h"
#include "cli/status_text.h"

/* Such a name may come from a script; a status is asked for to see whether there is anything. */
static bool could_be_known(const struct invocation *invocation)
{
	const struct module_id *id = &invocation->id;

	return !invocation->useless_path && (!id->name || path_is_plain_name(id->name)) &&
	       (!id->version || path_is_plain_name(id->version));
}

/* What hooks could not install; scripts read stdout. */
static void tell_missing(const struct invocation *invocation)
{
	cleanup(strv_free) struct strv sentences = {0};
	const char *sentence;

	boot_notices_list(&invocation->settings, false, &sentences);
	STRV_FOREACH (sentence, &sentences)
		report_text(&invocation->ui->reporter, REPORT_WARNING, sentence);
}

static int print_json(const struct invocation *invocation, const struct status_filter *filter,
		      struct error *error)
{
	cleanup(overview_free) struct overview overview = {0};

	if (overview_collect(&invocation->settings, invocation->distro, filter, OVERVIEW_CLASSES,
			     &overview, error) < 0)
		return error->code;
	cleanup(free_string) char *text = status_json(&overview);

	report_text(&invocation->ui->reporter, REPORT_OUTPUT, text);
	return 0;
}

int action_status(struct invocation *invocation, int *ret_status, struct error *error)
{
	cleanup(status_list_free) struct status_list list = {0};
	const struct status_filter filter = {
		.id = &invocation->id,
		.kernels = &invocation->kernels,
		.arches = &invocation->options->arches,
	};

	*ret_status = 0;
	if (!could_be_known(invocation))
		return 0;
	if (invocation->options->json)
		return print_json(invocation, &filter, error);
	if (status_collect(&invocation->settings, invocation->distro, &filter, &list, error) < 0)
		return error->code;
	/* Programs take no output for an answer, people do not. */
	if (!list.count && invocation->ui->is_terminal)
		report_text(&invocation->ui->reporter, REPORT_LINE,
			    invocation->id.name || filter.kernels->count
				    ? "Nothing of that is registered."
				    : "No module is registered. `dkms add` registers one.");
	invocation->ui->held = true;
	status_show(&list, &invocation->ui->reporter);
	invocation->ui->held = false;
	text_ui_flush(invocation->ui);
	status_warn_of_broken(&invocation->settings, &list, &filter, &invocation->ui->reporter);
	status_warn_of_failed(&invocation->settings, &list, &filter, &invocation->ui->reporter);
	tell_missing(invocation);
	return 0;
}
