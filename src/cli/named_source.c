/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/named_source.h"

#include <errno.h>

#include "base/text.h"
#include "package/tarball.h"

static bool differs(const char *named, const char *found)
{
	return named && !text_equal(named, found);
}

/* What the source says it is; -m and -v may say so, too, but nothing else. Takes found. */
static int adopt(struct invocation *invocation, const char *source, struct module_id *found,
		 struct error *error)
{
	const struct module_id named = invocation->id;
	const char *name = named.name ? named.name : found->name;

	if (differs(named.name, found->name) || differs(named.version, found->version))
		(void)error_set(error, -EINVAL, EXIT_NOT_FOUND, "%s holds %s/%s, not %s%s%s.",
				source, found->name, found->version, name, named.version ? "/" : "",
				named.version ? named.version : "");
	module_id_free(&invocation->id);
	invocation->id = *found;
	return error->code;
}

/* A dry run may be anybody's, and unpacks where anybody may write. */
static int open_archive(struct invocation *invocation, struct error *error)
{
	const struct settings *settings = &invocation->settings;

	return tarball_open(invocation->archive,
			    invocation->options->dry_run ? settings->temporary
							 : settings->source_tree,
			    &invocation->tarball, error);
}

static int load(struct invocation *invocation, struct planner *planner, bool must_be_new,
		struct error *error)
{
	struct module_id found = {0};

	if (open_archive(invocation, error) < 0 ||
	    tarball_check_modules(invocation->tarball, error) < 0 ||
	    planner_load_tarball(planner, invocation->tarball, must_be_new, &found, error) < 0)
		return error->code;
	return adopt(invocation, invocation->archive, &found, error);
}

int source_load(struct invocation *invocation, struct planner *planner, struct error *error)
{
	return load(invocation, planner, true, error);
}

int source_resolve(struct invocation *invocation, struct planner *planner, struct error *error)
{
	if (!(invocation->action->needs & TAKES_SOURCE))
		return 0;
	struct module_id found = {0};

	if (invocation->source_directory) {
		if (planner_add_directory(planner, invocation->source_directory, &found, error) < 0)
			return error->code;
		return adopt(invocation, invocation->source_directory, &found, error);
	}
	if (invocation->archive)
		return load(invocation, planner, false, error);
	if (invocation->id.name && invocation->id.version)
		planner_split_as_conf(planner, &invocation->id);
	return 0;
}
