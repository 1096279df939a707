/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shim/behind.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

bool behind_search(const char *search, const char *name, const struct stat *self, char *path)
{
	for (const char *end; *search; search = *end ? end + 1 : end) {
		struct stat info;
		int length;

		end = search + strcspn(search, ":");
		length = snprintf(path, PATH_MAX, "%.*s/%s", (int)(end - search), search, name);
		if (*search == '/' && length < PATH_MAX && stat(path, &info) == 0 &&
		    S_ISREG(info.st_mode) && access(path, X_OK) == 0 &&
		    !(self && info.st_dev == self->st_dev && info.st_ino == self->st_ino))
			return true;
	}
	return false;
}

bool behind_find(struct behind *ret_behind)
{
	const char *called = (const char *)getauxval(AT_EXECFN);
	const char *slash = called ? strrchr(called, '/') : NULL;
	struct stat self;

	if (!slash || stat("/proc/self/exe", &self) < 0)
		return false;
	(void)snprintf(ret_behind->directory, sizeof(ret_behind->directory), "%.*s",
		       (int)(slash - called), called);
	ret_behind->name = slash + 1;
	ret_behind->search = getenv("PATH");
	return ret_behind->search &&
	       behind_search(ret_behind->search, ret_behind->name, &self, ret_behind->program);
}
