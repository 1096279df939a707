/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/directory.h"
#include "base/file.h"
#include "base/path.h"
#include "journal/transaction.h"
#include "tree/layout.h"

static char *marker(const struct settings *settings, const char *release)
{
	cleanup(free_string) char *directory = layout_private(settings, "depmod");

	return path_join(directory, release, NULL);
}

int pending_depmod_set(const struct settings *settings, const char *release, struct error *error)
{
	cleanup(free_string) char *path = marker(settings, release);
	cleanup(free_string) char *directory = path_parent(path);

	if (!path_is_plain_name(release))
		return error_set(error, -EINVAL, EXIT_EMPTY_KERNEL,
				 "\"%s\" cannot be the name of a kernel", release);
	if (file_exists(path))
		return 0;
	if (file_make_directories(directory, error) < 0)
		return error->code;
	return file_write(path, "", 0, 0644, error);
}

bool pending_depmod_is_set(const struct settings *settings, const char *release)
{
	cleanup(free_string) char *path = marker(settings, release);

	return file_exists(path);
}

int pending_depmod_clear(const struct settings *settings, const char *release, struct error *error)
{
	cleanup(free_string) char *path = marker(settings, release);

	return path_is_plain_name(release) ? file_unlink(path, error) : 0;
}

int pending_depmod_list(const struct settings *settings, struct strv *releases, struct error *error)
{
	cleanup(free_string) char *directory = layout_private(settings, "depmod");

	return directory_list(directory, releases, error);
}

int pending_depmod_keep(const struct settings *settings, const char *release, struct error *error)
{
	static const char kept[] = "kept\n";
	cleanup(free_string) char *path = marker(settings, release);

	return file_write(path, kept, strlen(kept), 0644, error);
}

int pending_depmod_withdraw(const struct settings *settings, const char *release,
			    struct error *error)
{
	cleanup(free_string) char *path = marker(settings, release);
	struct stat info;

	if (stat(path, &info) == 0 && info.st_size)
		return 0;
	return pending_depmod_clear(settings, release, error);
}
