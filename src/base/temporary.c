/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/temporary.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/path.h"
#include "base/text.h"

#define PREFIX ".dkms-"

enum { HEX_DIGITS = 16 };

char *temporary_path_named(const char *directory, const char *kind, const char *ending)
{
	cleanup(free_string) char *name = text_format(PREFIX "%s%s", kind, ending);

	return path_join(directory, name, NULL);
}

char *temporary_path(const char *directory, const char *kind)
{
	uint64_t random = 0;

	if (getrandom(&random, sizeof(random), 0) != sizeof(random))
		abort();
	cleanup(free_string) char *ending = text_format("-%016" PRIx64, random);

	return temporary_path_named(directory, kind, ending);
}

bool temporary_is_any(const char *name)
{
	return text_starts_with(name, PREFIX);
}

const char *temporary_ending(const char *name, const char *kind)
{
	if (!temporary_is_any(name) || !text_starts_with(name + strlen(PREFIX), kind))
		return NULL;
	return name + strlen(PREFIX) + strlen(kind);
}

bool temporary_is(const char *name, const char *kind)
{
	return temporary_ending(name, kind) != NULL;
}

bool temporary_is_random(const char *name)
{
	size_t length = strlen(name);

	return temporary_is_any(name) && length > HEX_DIGITS &&
	       name[length - HEX_DIGITS - 1] == '-' &&
	       strspn(name + length - HEX_DIGITS, "0123456789abcdef") == HEX_DIGITS;
}

static bool is_dot(const char *name)
{
	return text_equal(name, ".") || text_equal(name, "..");
}

bool temporary_is_all_in(const char *directory)
{
	cleanup(closedir_handler) DIR *opened = opendir(directory);
	const struct dirent *entry;

	if (!opened)
		return false;
	while ((entry = readdir(opened)))
		if (!is_dot(entry->d_name) && !temporary_is_any(entry->d_name))
			return false;
	return true;
}

int temporary_directory(const char *parent, const char *kind, char **ret_path, struct error *error)
{
	cleanup(free_string) char *path = temporary_path(parent, kind);

	if (mkdir(path, 0700) < 0)
		return error_errno(error, -errno, 0, "Cannot make a directory in %s", parent);
	*ret_path = TAKE(path);
	return 0;
}
