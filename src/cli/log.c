/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dkms log: the whole make.log of a module's last build. */
#include <errno.h>
#include <fcntl.h>

#include "base/json.h"
#include "base/text.h"
#include "cli/actions.h"
#include "tree/registry.h"
#include "tree/runs.h"

/* A module's name alone will do where there is one version of it. */
static int choose_version(struct invocation *invocation, struct error *error)
{
	const char *name = invocation->id.name;
	cleanup(strv_free) struct strv versions = {0};

	if (!name)
		return error_set(error, -EINVAL, EXIT_USAGE,
				 "The module's name is missing. Name it: dkms log M/V");
	if (invocation->id.version)
		return 0;
	if (registry_require_versions(&invocation->settings, name, &versions, error) < 0)
		return error->code;
	cleanup(free_string) char *all = strv_join(&versions, ", ");

	if (versions.count > 1)
		return error_set(error, -EINVAL, EXIT_USAGE,
				 "The module %s has several versions (%s): name one, dkms log %s/V",
				 name, all, name);
	text_assign(&invocation->id.version, versions.items[0]);
	return 0;
}

static int show(const char *path, struct reporter *reporter, struct error *error)
{
	cleanup(close_fd) int fd = open(path, O_RDONLY | O_CLOEXEC);
	char chunk[65536];
	ssize_t got = fd < 0 ? -1 : 1;

	while (got > 0) {
		got = read(fd, chunk, sizeof(chunk));
		if (got > 0)
			report_output(reporter, chunk, (size_t)got);
	}
	return got < 0 ? error_errno(error, -errno, EXIT_NOT_FOUND, "Cannot read %s", path) : 0;
}

static int show_place(const struct invocation *invocation, const char *path)
{
	struct json_object *root = json_checked(json_object_new_object());

	json_set_text(root, "module", invocation->id.name);
	json_set_text(root, "version", invocation->id.version);
	json_set_text(root, "log", path);
	cleanup(free_string) char *text = json_print(root);

	report_text(&invocation->ui->reporter, REPORT_OUTPUT, text);
	return 0;
}

int action_log(struct invocation *invocation, int *ret_status, struct error *error)
{
	const struct settings *settings = &invocation->settings;
	cleanup(free_string) char *path = NULL;

	if (choose_version(invocation, error) < 0)
		return error->code;
	if (registry_version_state(settings, &invocation->id) == VERSION_UNKNOWN)
		return registry_require_usable(settings, &invocation->id, error);
	if (build_log_find(settings, &invocation->id, &invocation->kernels, &path, error) < 0)
		return error->code;
	*ret_status = 0;
	if (invocation->options->json)
		return show_place(invocation, path);
	return show(path, &invocation->ui->reporter, error);
}
