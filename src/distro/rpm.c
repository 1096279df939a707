/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Questions to the rpm database. */
#include <sys/utsname.h>

#include "base/cleanup.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/process.h"
#include "base/strv.h"
#include "base/text.h"
#include "distro/distro.h"
#include "distro/family.h"

/*
 * What rpm says about the packages that own path, owned by the caller; NULL if there is none, or
 * no rpm.
 */
static char *query_owners(const char *path, const char *format)
{
	char *const argv[] = {(char *)"rpm",  (char *)"-qf", (char *)"--queryformat",
			      (char *)format, (char *)path,  NULL};
	struct process process = {.argv = argv, .stderr_fd = -1};
	cleanup(free_string) char *output = NULL;
	cleanup(error_clear) struct error ignored = {0};
	int status;

	if (process_capture(&process, 64UL << 10, &output, NULL, &status, &ignored) < 0)
		return NULL;
	return status == 0 ? TAKE(output) : NULL;
}

/* A directory may have several owners; those for every architecture say nothing. */
static char *first_architecture(const char *owners)
{
	cleanup(strv_free) struct strv lines = {0};
	const char *line;

	strv_split(&lines, owners, "\n");
	STRV_FOREACH (line, &lines)
		if (path_is_plain_name(line) && !text_equal(line, "noarch") && *line != '(')
			return xstrdup(line);
	return NULL;
}

char *distro_kernel_arch(const struct settings *settings, const struct distro *distro,
			 const char *kernel_release)
{
	struct utsname names;

	if (distro->family->rpm) {
		cleanup(free_string) char *directory = path_join(settings->install_tree,
								 kernel_release, NULL);
		cleanup(free_string) char *owners = query_owners(directory, "%{ARCH}\\n");
		char *arch = owners ? first_architecture(owners) : NULL;

		if (arch)
			return arch;
	}
	(void)uname(&names);
	return xstrdup(names.machine);
}

bool distro_owns_directory(const struct distro *distro, const char *path)
{
	if (!distro->family->rpm)
		return false;
	cleanup(free_string) char *owners = query_owners(path, "%{NAME}\\n");

	return owners;
}
