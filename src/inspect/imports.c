/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every symbol that a module imports, as the kernel resolves them: resolve_symbol() one by one. */
#include <string.h>

#include "base/path.h"
#include "base/text.h"
#include "inspect/verdict.h"

struct resolution {
	struct verdict_kernel *kernel;
	const struct judged_module *module;
	struct verdict *verdict;
	const char *dependencies; /* listed paths */
	bool proprietary;
	bool uses_gpl; /* a symbol that only GPL-compatible modules get */
	bool with_crcs;
};

/* A symbol and who exports it. */
struct provider {
	const struct judged_module *module; /* NULL: the kernel itself */
	const char *namespace;
	uint32_t crc;
	bool has_crc, gpl_only;
};

/* license_is_gpl_compatible() of include/linux/license.h. */
static bool is_proprietary(const struct module_symbols *symbols)
{
	static const char *const compatible[] = {
		"GPL",          "GPL v2",       "GPL and additional rights",
		"Dual BSD/GPL", "Dual MIT/GPL", "Dual MPL/GPL"};

	for (size_t i = 0; i < sizeof(compatible) / sizeof(*compatible); i++)
		if (text_equal(symbols->license, compatible[i]))
			return false;
	return true;
}

static bool in_module(const struct judged_module *module, const char *name,
		      struct provider *ret_provider)
{
	const struct module_symbols *symbols = &module->symbols;

	for (size_t i = 0; i < symbols->export_count; i++) {
		const struct module_export *export = &symbols->exports[i];

		if (!text_equal(export->name, name))
			continue;
		*ret_provider = (struct provider){module, export->namespace, export->crc,
						  export->has_crc, export->gpl_only};
		return true;
	}
	return false;
}

static bool in_kernel(const struct resolution *resolution, const char *name,
		      struct provider *ret_provider)
{
	const struct symvers_symbol *symbol = symvers_find(&resolution->kernel->symvers, name);

	if (!symbol || !text_equal(symbol->module, "vmlinux"))
		return false;
	*ret_provider = (struct provider){NULL, symbol->namespace, symbol->crc, true,
					  symbol->gpl_only};
	return true;
}

/* In the kernel, else in what modprobe loads before. */
static bool find_provider(const struct resolution *resolution, const char *name,
			  struct provider *ret_provider)
{
	cleanup(strv_free) struct strv listed = {0};
	const char *dependency;

	if (in_kernel(resolution, name, ret_provider))
		return true;
	strv_split(&listed, resolution->dependencies, " ");
	STRV_FOREACH (dependency, &listed) {
		cleanup(free_string) char *path = facts_path(resolution->kernel, dependency);

		if (in_module(facts_module(resolution->kernel, path), name, ret_provider))
			return true;
	}
	return false;
}

/* Symbols that the linker made and the loader resolves by itself. */
static bool is_ignored(const char *name)
{
	return text_equal(name, "_GLOBAL_OFFSET_TABLE_") || text_equal(name, ".TOC.") ||
	       text_equal(name, "TOC.") || text_starts_with(name, "_SDA_BASE_") ||
	       text_starts_with(name, "_SDA2_BASE_");
}

static void miss(const struct resolution *resolution, const struct module_import *import)
{
	const struct verdict_kernel *kernel = resolution->kernel;
	const struct symvers_symbol *known = symvers_find(&kernel->symvers, import->name);

	if (import->weak)
		return;
	if (kernel->no_symvers.code)
		verdict_doubt(resolution->verdict, "no-symvers",
			      "nothing tells what the kernel exports: %s",
			      kernel->no_symvers.message);
	else if (known && !modules_dep_find(&kernel->dep, known->module))
		verdict_refuse(resolution->verdict, "missing-module",
			       "install what brings that module, and run depmod K",
			       "it needs the symbol %s of the module %s, which is not installed",
			       import->name, path_basename(known->module));
	else
		verdict_refuse(resolution->verdict, "missing-symbol", NEXT_BUILD,
			       "it needs the symbol %s, which neither the kernel nor a module that "
			       "it depends on exports",
			       import->name);
}

/* Since Linux 5.9 a module that uses a proprietary one is such a one, too. */
static bool inherits_licence(struct resolution *resolution, const struct provider *provider,
			     const char *name)
{
	if (!provider->module || !is_proprietary(&provider->module->symbols) ||
	    version_compare(resolution->kernel->kernel->id.release, "5.9") < 0)
		return true;
	resolution->proprietary = true;
	if (resolution->uses_gpl)
		verdict_refuse(resolution->verdict, "gpl-only", NULL,
			       "it uses symbols for GPL-compatible modules only and, from a module "
			       "that is proprietary, %s",
			       name);
	return !resolution->uses_gpl;
}

/* "module:a,b*" names the modules that may use a symbol, since Linux 6.16. */
static bool names_module(const char *namespace, const char *name)
{
	cleanup(strv_free) struct strv patterns = {0};
	const char *pattern;

	if (!text_starts_with(namespace, "module:") || !name)
		return false;
	strv_split(&patterns, namespace + strlen("module:"), ",");
	STRV_FOREACH (pattern, &patterns) {
		size_t length = strlen(pattern);
		bool open = pattern[length - 1] == '*';

		if (open ? strncmp(pattern, name, length - 1) == 0 : strcmp(pattern, name) == 0)
			return true;
	}
	return false;
}

static void check_namespace(const struct resolution *resolution, const char *namespace,
			    const char *name)
{
	const struct module_symbols *symbols = &resolution->module->symbols;

	if (!*namespace || names_module(namespace, symbols->name) ||
	    kernel_config_is_yes(resolution->kernel->kernel,
				 "MODULE_ALLOW_MISSING_NAMESPACE_IMPORTS"))
		return;
	for (size_t i = 0; i < symbols->namespace_count; i++)
		if (text_equal(symbols->namespaces[i], namespace))
			return;
	verdict_refuse(resolution->verdict, "namespace",
		       "its source must import it with MODULE_IMPORT_NS()",
		       "it uses the symbol %s from the namespace %s without importing that", name,
		       namespace);
}

static void resolve(struct resolution *resolution, const struct module_import *import)
{
	struct provider provider;

	if (is_ignored(import->name))
		return;
	if (!find_provider(resolution, import->name, &provider)) {
		miss(resolution, import);
		return;
	}
	if (provider.gpl_only && resolution->proprietary) {
		if (!import->weak)
			verdict_refuse(resolution->verdict, "gpl-only", NULL,
				       "its licence is \"%s\", and the symbol %s is for "
				       "GPL-compatible modules only",
				       resolution->module->symbols.license
					       ? resolution->module->symbols.license
					       : "unspecified",
				       import->name);
		return;
	}
	resolution->uses_gpl |= provider.gpl_only;
	if (!inherits_licence(resolution, &provider, import->name))
		return;
	if (resolution->with_crcs && import->has_crc && provider.has_crc &&
	    import->crc != provider.crc)
		verdict_refuse(resolution->verdict, "crc", NEXT_BUILD,
			       "it was built against another interface of the symbol %s: its CRC "
			       "is 0x%08x, and that of %s 0x%08x",
			       import->name, import->crc,
			       provider.module ? path_basename(provider.module->path)
					       : "the kernel",
			       provider.crc);
	check_namespace(resolution, provider.namespace, import->name);
}

/* module_layout stands for struct module; it is looked at before all others. */
static void check_layout(const struct resolution *resolution)
{
	const struct symvers_symbol *layout = symvers_find(&resolution->kernel->symvers,
							   "module_layout");
	const struct module_symbols *symbols = &resolution->module->symbols;

	if (layout && symbols->has_layout_crc && layout->crc != symbols->layout_crc)
		verdict_refuse(resolution->verdict, "crc", NEXT_BUILD,
			       "it was built against another layout of modules: its CRC of "
			       "module_layout is 0x%08x, and that of the kernel 0x%08x",
			       symbols->layout_crc, layout->crc);
}

/* Nothing may be exported twice. */
static void check_exports(const struct resolution *resolution)
{
	const struct module_symbols *symbols = &resolution->module->symbols;
	struct provider provider;

	for (size_t i = 0; i < symbols->export_count; i++)
		if (in_kernel(resolution, symbols->exports[i].name, &provider))
			verdict_refuse(resolution->verdict, "duplicate-symbol", NULL,
				       "it exports the symbol %s, which the kernel itself exports",
				       symbols->exports[i].name);
}

void judge_imports(struct verdict_kernel *kernel, const struct judged_module *module,
		   struct verdict *verdict)
{
	const struct module_symbols *symbols = &module->symbols;
	const struct listed_module *listed = modules_dep_find(&kernel->dep, module->path);
	struct resolution resolution = {
		.kernel = kernel,
		.module = module,
		.verdict = verdict,
		.dependencies = listed ? listed->dependencies : "",
		.proprietary = is_proprietary(symbols),
		.with_crcs = facts_has_modversions(kernel),
	};

	if (resolution.with_crcs && !symbols->has_versions && !facts_allow_force(kernel, verdict))
		verdict_refuse(verdict, "no-crcs", NEXT_BUILD,
			       "it has no CRCs of the symbols that it uses");
	if (resolution.with_crcs)
		check_layout(&resolution);
	for (size_t i = 0; i < symbols->import_count; i++)
		resolve(&resolution, &symbols->imports[i]);
	check_exports(&resolution);
}
