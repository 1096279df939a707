/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "distribute/tools.h"

#include <errno.h>
#include <stddef.h>

#include "base/cleanup.h"
#include "base/process.h"
#include "base/text.h"

/* Those whose Debian package has another name. */
static const struct {
	const char *program, *package;
} packages[] = {
	{"dpkg-buildpackage", "dpkg-dev"},
	{"dpkg-deb", "dpkg"},
	{"dpkg-genchanges", "dpkg-dev"},
	{"dpkg-source", "dpkg-dev"},
	{"find", "findutils"},
	{"createrepo_c", "createrepo-c"},
	{"md5sum", "coreutils"},
	{"modinfo", "kmod"},
	{"rpmbuild", "rpm"},
	{"sort", "coreutils"},
	{"xargs", "findutils"},
};

static const char *package_of(const char *program)
{
	for (size_t i = 0; i < sizeof(packages) / sizeof(*packages); i++)
		if (text_equal(packages[i].program, program))
			return packages[i].package;
	return program;
}

int tools_require(const char *const *programs, struct error *error)
{
	for (; *programs; programs++) {
		cleanup(free_string) char *found = process_find_program(*programs);

		if (!found)
			return error_set(error, -ENOENT, EXIT_USAGE,
					 "The program %s is not installed.\n"
					 "Install the package %s and try again.",
					 *programs, package_of(*programs));
	}
	return 0;
}
