/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/actions.h"
#include "plan/status.h"
#include "ui/status.h"

int action_status(struct invocation *invocation, int *ret_status, struct error *error)
{
	cleanup(status_list_free) struct status_list list = {0};
	const struct status_filter filter = {
		.id = &invocation->id,
		.kernels = &invocation->kernels,
		.arches = &invocation->options->arches,
	};

	if (status_collect(&invocation->settings, invocation->distro, &filter, &list, error) < 0)
		return error->code;
	invocation->ui->held = true;
	status_show(&list, &invocation->ui->reporter);
	invocation->ui->held = false;
	text_ui_flush(invocation->ui);
	*ret_status = 0;
	return 0;
}
