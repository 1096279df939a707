/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether the hooks of a kernel's package make its initramfs right after they have run dkms. */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/directory.h"
#include "base/file.h"
#include "base/path.h"
#include "base/strv.h"
#include "base/text.h"
#include "boot/initramfs_tool.h"

/* The hooks, by what calls them: where they are, dkms's own, and what the others have in their
 * names. */
static const struct hooks {
	const char *name;
	const char *directories[3];
	const char *ours;
} hooks[] = {
	{"postinst.d", {"/etc/kernel/postinst.d", "/usr/share/kernel/postinst.d"}, "dkms"},
	{"kernel-install",
	 {"/etc/kernel/install.d", "/usr/lib/kernel/install.d"},
	 "40-dkms.install"},
};

static const char *const makers[] = {"initramfs", "dracut", "mkinitcpio"};

static bool makes_images(const char *name)
{
	for (size_t i = 0; i < sizeof(makers) / sizeof(*makers); i++)
		if (strstr(name, makers[i]))
			return true;
	return false;
}

/* They run in the order of their names. */
static bool has_follower(const char *directory, const char *ours)
{
	cleanup(strv_free) struct strv names = {0};
	const char *name;

	directory_list_if_possible(directory, &names);
	STRV_FOREACH (name, &names) {
		cleanup(free_string) char *path = path_join(directory, name, NULL);

		if (strcmp(name, ours) > 0 && makes_images(name) && file_is_executable(path))
			return true;
	}
	return false;
}

bool initramfs_is_made_afterwards(const struct settings *settings)
{
	const char *hook = getenv("DKMS_KERNEL_HOOK");

	if (getenv(INITRAMFS_TOOL_VARIABLE))
		return true;
	for (size_t i = 0; i < sizeof(hooks) / sizeof(*hooks); i++) {
		if (!text_equal(hook, hooks[i].name))
			continue;
		for (size_t j = 0; j < 3 && hooks[i].directories[j]; j++) {
			cleanup(free_string) char *directory = settings_path(
				settings, hooks[i].directories[j]);

			if (has_follower(directory, hooks[i].ours))
				return true;
		}
	}
	return false;
}
