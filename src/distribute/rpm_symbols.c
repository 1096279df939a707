/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/path.h"
#include "base/text.h"
#include "distribute/rpm.h"
#include "kernel/kernel.h"
#include "kernel/symvers.h"
#include "module/symbols.h"
#include "tree/layout.h"

/* The modules of one package, and what their kernel exports. */
struct kabi {
	const struct kernel_id *kernel;
	struct strv paths;
	struct module_symbols *modules; /* as many as paths */
	struct symvers symvers;
};

static void kabi_release(struct kabi *kabi)
{
	for (size_t i = 0; kabi->modules && i < kabi->paths.count; i++)
		module_symbols_free(&kabi->modules[i]);
	free(kabi->modules);
	strv_free(&kabi->paths);
	symvers_free(&kabi->symvers);
}

static int read_kernel(const struct distribute_request *request, struct kabi *kabi,
		       struct error *error)
{
	cleanup(kernel_free_handler) struct kernel *kernel = NULL;

	if (kernel_open(request->settings, kabi->kernel, &kernel, error) < 0)
		return error->code;
	cleanup(free_string) char *path = path_join(kernel->source_directory, "Module.symvers",
						    NULL);

	if (symvers_read(&kabi->symvers, path, error) < 0) {
		(void)error_set_status(error, EXIT_NO_HEADERS);
		return error_hint(error, "--kabi needs the headers of the kernel.");
	}
	return 0;
}

static int read_modules(struct kabi *kabi, struct error *error)
{
	kabi->modules = xcalloc(kabi->paths.count, sizeof(*kabi->modules));
	for (size_t i = 0; i < kabi->paths.count; i++) {
		if (module_symbols_read(kabi->paths.items[i], &kabi->modules[i], error) < 0)
			return error_set_status(error, EXIT_INSTALL);
		if (!kabi->modules[i].has_versions)
			return error_set(error, -EINVAL, EXIT_INSTALL,
					 "%s holds no checksums of symbols, so it is bound to its "
					 "kernel.\n"
					 "Pack it without --kabi.",
					 path_basename(kabi->paths.items[i]));
	}
	return 0;
}

/* As C and Rust mangle names; everything else could be more than a name in a spec. */
static int check_symbol(const char *name, struct error *error)
{
	bool sound = *name;

	for (const char *c = name; *c; c++)
		sound = sound && (isascii(*c) && (isalnum((unsigned char)*c) || strchr("_.$", *c)));
	return sound ? 0
		     : error_set(error, -EINVAL, EXIT_INSTALL,
				 "A module has a symbol that is no name, so it cannot be packed.");
}

static bool is_own(const struct kabi *kabi, const char *name)
{
	for (size_t i = 0; i < kabi->paths.count; i++)
		for (size_t j = 0; j < kabi->modules[i].export_count; j++)
			if (text_equal(kabi->modules[i].exports[j].name, name))
				return true;
	return false;
}

static int list_symbols(const struct kabi *kabi, const struct module_symbols *module,
			struct strv *lines, struct error *error)
{
	/* It stands for struct module itself, and is no import. */
	if (module->has_layout_crc)
		strv_add_format(lines, "Requires: kernel(module_layout) = 0x%08" PRIx32,
				module->layout_crc);
	for (size_t i = 0; i < module->import_count; i++) {
		const struct module_import *import = &module->imports[i];
		const char *whose = symvers_find(&kabi->symvers, import->name) ? "kernel" : "ksym";

		if (!import->has_crc || import->weak || is_own(kabi, import->name))
			continue;
		if (check_symbol(import->name, error) < 0)
			return error->code;
		strv_add_format(lines, "Requires: %s(%s) = 0x%08" PRIx32, whose, import->name,
				import->crc);
	}
	for (size_t i = 0; i < module->export_count; i++) {
		const struct module_export *export = &module->exports[i];

		if (!export->has_crc)
			continue;
		if (check_symbol(export->name, error) < 0)
			return error->code;
		strv_add_format(lines, "Provides: ksym(%s) = 0x%08" PRIx32, export->name,
				export->crc);
	}
	return 0;
}

int rpm_symbols(const struct distribute_request *request, const struct kernel_id *kernel,
		const struct strv *names, struct strv *ret_lines, struct error *error)
{
	cleanup(kabi_release) struct kabi kabi = {.kernel = kernel};
	cleanup(strv_free) struct strv lines = {0};
	cleanup(free_string) char *directory = layout_product_modules(request->settings,
								      request->id, kernel);
	const char *name, *last = NULL;

	STRV_FOREACH (name, names)
		strv_add_owned(&kabi.paths, path_join(directory, name, NULL));
	if (read_kernel(request, &kabi, error) < 0 || read_modules(&kabi, error) < 0)
		return error->code;
	for (size_t i = 0; i < kabi.paths.count; i++)
		if (list_symbols(&kabi, &kabi.modules[i], &lines, error) < 0)
			return error->code;
	strv_sort(&lines);
	STRV_FOREACH (name, &lines) {
		if (!text_equal(name, last))
			strv_add(ret_lines, name);
		last = name;
	}
	return 0;
}
