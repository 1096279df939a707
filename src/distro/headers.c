/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How to get a kernel's headers. The families' commands hold fields:
 *
 *	{release}	K: 6.1.0-56-amd64
 *	{flavour}	what follows the last "-" of K: lts of 6.12.31-0-lts
 *	{series}	its first two numbers: 6.12 of 6.12.31_1
 *	{pkgbase}	the kernel's package, which Arch writes to <install tree>/K/pkgbase
 */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/text.h"
#include "distro/distro.h"
#include "distro/family.h"

static char *release_of(const struct settings *settings, const char *release)
{
	(void)settings;
	return xstrdup(release);
}

static char *flavour_of(const struct settings *settings, const char *release)
{
	const char *dash = strrchr(release, '-');

	(void)settings;
	return dash && dash[1] ? xstrdup(dash + 1) : NULL;
}

static char *series_of(const struct settings *settings, const char *release)
{
	static const char digits[] = "0123456789";
	size_t major = strspn(release, digits);

	(void)settings;
	if (!major || release[major] != '.')
		return NULL;
	size_t minor = strspn(release + major + 1, digits);

	return minor ? xstrndup(release, major + 1 + minor) : NULL;
}

static char *pkgbase_of(const struct settings *settings, const char *release)
{
	cleanup(free_string) char *path = path_join(settings->install_tree, release, "pkgbase",
						    NULL);

	cleanup(free_string) char *text = file_read_if_possible(path, 4096);

	if (!text)
		return NULL;
	cleanup(free_string) char *name = text_trimmed(text);

	return path_is_plain_name(name) ? TAKE(name) : NULL;
}

static const struct {
	const char *name;
	char *(*value)(const struct settings *settings, const char *release);
} fields[] = {
	{"release", release_of},
	{"flavour", flavour_of},
	{"series", series_of},
	{"pkgbase", pkgbase_of},
};

struct wanted {
	const struct settings *settings;
	const char *release;
};

static char *value_of(const void *context, const char *field)
{
	const struct wanted *wanted = context;

	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++)
		if (text_equal(fields[i].name, field))
			return fields[i].value(wanted->settings, wanted->release);
	return NULL;
}

char *distro_headers_command(const struct settings *settings, const struct distro *distro,
			     const char *kernel_release)
{
	const struct wanted wanted = {settings, kernel_release};
	const char *command = distro->family->headers_command;

	return command ? template_fill(command, value_of, &wanted) : NULL;
}
