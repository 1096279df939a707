/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "front/behind.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>

#include "front/compiler.h"

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
	       compiler_find(ret_behind->search, ret_behind->name, &self, ret_behind->program);
}
