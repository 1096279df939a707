/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ldtarball: what a tarball holds goes into the tree. */
#include <errno.h>

#include "base/file.h"
#include "base/text.h"
#include "cli/actions.h"
#include "cli/named_source.h"
#include "package/rpm.h"

/* An rpm package brings its source in its own way; what it brought is then to be installed. */
static int load_rpm(struct invocation *invocation, int *ret_status, struct error *error)
{
	struct reporter *reporter = &invocation->ui->reporter;

	if (invocation->options->dry_run)
		report(reporter, REPORT_LINE, "install %s with rpm", invocation->archive);
	else if (rpm_install(invocation->archive, reporter, error) < 0)
		return error->code;
	invocation->action = action_find("autoinstall");
	return invocation_run_plan(invocation, ret_status, error);
}

int action_ldtarball(struct invocation *invocation, int *ret_status, struct error *error)
{
	static const struct action load = {.name = "ldtarball", .fill = source_load};

	if (!invocation->archive)
		return error_set(error, -ENOENT, EXIT_NOT_FOUND,
				 "ldtarball needs an existing tarball: dkms ldtarball FILE%s%s",
				 invocation->id.name ? "\nThere is no file " : "",
				 invocation->id.name ? invocation->id.name : "");
	if (text_ends_with(invocation->archive, ".rpm") && file_is_regular(invocation->archive))
		return load_rpm(invocation, ret_status, error);
	invocation->action = &load;
	return invocation_run_plan(invocation, ret_status, error);
}
