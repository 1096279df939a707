/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/library.h"

#include <dlfcn.h>
#include <string.h>

static const char *reason_of(const char *name)
{
	const char *reason = dlerror();

	return reason ? reason : name;
}

const char *library_load(const char *const *names, const struct library_symbol *symbols,
			 size_t count, void *functions)
{
	const char *const *name = names;
	void *library = dlopen(*name, RTLD_NOW | RTLD_LOCAL);

	while (!library && name[1])
		library = dlopen(*++name, RTLD_NOW | RTLD_LOCAL);
	if (!library)
		return reason_of(*name);
	for (size_t i = 0; i < count; i++) {
		void *function = dlsym(library, symbols[i].name);

		if (!function)
			return reason_of(symbols[i].name);
		memcpy((char *)functions + symbols[i].offset, &function, sizeof(function));
	}
	return NULL;
}
