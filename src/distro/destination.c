/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/text.h"
#include "base/assignments.h"
#include "distro/distro.h"
#include "distro/family.h"

/* Where the administrator wants all add-on modules ("updates"); NULL where nothing is said. */
static char *addon_directory(const struct settings *settings)
{
	static const char variable[] = "ADDON_MODULES_DIR";
	const char *value = getenv(variable);

	if (!text_empty(value))
		return xstrdup(value);
	cleanup(free_string) char *path = settings_path(settings,
							"/etc/sysconfig/module-init-tools");

	return assignments_read(path, variable);
}

char *distro_destination(const struct settings *settings, const struct distro *distro,
			 const char *conf_location)
{
	cleanup(free_string) char *addon = addon_directory(settings);

	if (!text_empty(addon)) {
		cleanup(free_string) char *below = path_join("/", addon, NULL);
		cleanup(free_string) char *normal = path_normalize(below);

		if (normal && !text_equal(normal, "/"))
			return TAKE(normal);
	}
	return xstrdup(distro->family->destination ? distro->family->destination : conf_location);
}
