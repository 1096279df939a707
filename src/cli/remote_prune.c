/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dkms remote prune: takes builds for old kernels out of a place. */
#include <errno.h>
#include <stdlib.h>

#include "base/text.h"
#include "base/version.h"
#include "cli/remote.h"

/* How many releases of the module in the same place are newer. */
static int newer_releases(const struct found_builds *builds, const struct found_build *build)
{
	cleanup(strv_free) struct strv newer = {0};

	for (size_t i = 0; i < builds->count; i++) {
		const struct found_build *other = &builds->items[i];
		const char *release = other->about->kernel;

		if (other->place == build->place && release &&
		    text_equal(other->module, build->module) &&
		    version_compare(release, build->about->kernel) > 0 &&
		    !strv_contains(&newer, release))
			strv_add(&newer, release);
	}
	return (int)newer.count;
}

static void remove_one(struct remote_call *call, const struct found_build *build)
{
	struct reporter *reporter = &call->invocation->ui->reporter;
	bool dry_run = call->invocation->options->dry_run;
	cleanup(free_string) char *name = found_build_name(build);
	struct error failure = {0};

	if (!dry_run && remote_remove(call->session, build->place, build->module,
				      build->about->digest, &build->tags, &failure) < 0) {
		remote_call_failed(call, &failure);
		return;
	}
	if (call->list)
		json_append(call->list, found_build_json(build));
	else
		report(reporter, REPORT_LINE, dry_run ? "remove %s from %s" : "Removed %s from %s.",
		       name, build->place);
}

/* The files of blobs stay: a registry's own garbage collection knows who still uses them. */
int remote_prune(struct remote_call *call, struct error *error)
{
	cleanup(found_builds_free) struct found_builds builds = {0};
	int keep = call->invocation->options->keep_kernels;

	if (keep < 1)
		return error_set(error, -EINVAL, EXIT_USAGE,
				 "How many kernels are to stay? Say so with --keep-kernels N.");
	if (remote_call_find(call, &builds, error) < 0)
		return error->code;
	for (size_t i = 0; i < builds.count; i++)
		if (builds.items[i].about->kernel && builds.items[i].about->digest &&
		    newer_releases(&builds, &builds.items[i]) >= keep)
			remove_one(call, &builds.items[i]);
	return 0;
}
