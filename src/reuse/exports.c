/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "reuse/exports.h"

#include <errno.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/path.h"
#include "base/text.h"
#include "tree/layout.h"
#include "tree/registry.h"

/* What one dependency exports, if it is installed and exports anything. */
static int add_dependency(const struct settings *settings, const struct kernel_id *kernel,
			  const char *name, struct symvers *symvers, struct error *error)
{
	cleanup(free_string) char *version = registry_active_version(settings, name, kernel);
	const struct module_id id = {(char *)name, version};

	if (!version)
		return 0;
	cleanup(free_string) char *modules = layout_product_modules(settings, &id, kernel);
	cleanup(free_string) char *path = path_join(modules, "Module.symvers", NULL);

	return file_exists(path) ? symvers_read(symvers, path, error) : 0;
}

int exports_open(const struct settings *settings, struct headers *headers,
		 const struct strv *dependencies, struct exports *ret_exports, struct error *error)
{
	struct exports exports = {0};
	const char *name;
	int code = headers_symvers(headers, &exports.kernel, error);

	if (code < 0)
		return code;
	if (!exports.kernel->has_crcs || !kernel_config_is_yes(headers->kernel, "MODVERSIONS"))
		return error_set(error, -EINVAL, 0, "kernel %s has no symbol versions",
				 headers->kernel->id.release);
	STRV_FOREACH (name, dependencies)
		if (!code)
			code = add_dependency(settings, &headers->kernel->id, name,
					      &exports.dependencies, error);
	if (code < 0)
		exports_close(&exports);
	else
		*ret_exports = exports;
	return code;
}

void exports_close(struct exports *exports)
{
	symvers_free(&exports->dependencies);
}

char *exports_describe(const struct exports *exports, const char *symbol)
{
	const struct symvers_symbol *found = symvers_find(&exports->dependencies, symbol);

	if (!found)
		found = symvers_find(exports->kernel, symbol);
	if (!found)
		return NULL;
	return text_format("0x%08x %s %s%s%s", found->crc, found->module,
			   found->gpl_only ? "gpl" : "all", *found->namespace ? " " : "",
			   found->namespace);
}
