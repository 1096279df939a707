/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "boot/in_root.h"

#include <string.h>
#include <unistd.h>

#include "base/text.h"

/* In the child. */
static int enter(void *root)
{
	return chroot(root) < 0 || chdir("/") < 0 ? -1 : 0;
}

struct process in_root(const struct settings *settings, const struct strv *argv, int seconds)
{
	struct process process = {.argv = strv_argv(argv), .timeout_seconds = seconds};

	if (!text_empty(settings->root)) {
		process.prepare = enter;
		process.prepare_context = settings->root;
	}
	return process;
}

const char *in_root_path(const struct settings *settings, const char *path)
{
	return path + (text_empty(settings->root) ? 0 : strlen(settings->root));
}
