/* SPDX-License-Identifier: GPL-2.0-or-later */
/* BUILT_MODULE_*, DEST_MODULE_* and STRIP → the list of modules. */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/strv.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/text.h"
#include "conf/package_loader.h"

/* The largest packages known build a few hundred modules; more is a slip of the pen. */
#define MODULE_LIMIT 4096

/* The arrays whose highest index says how many modules there are. */
static const char *const counting[] = {"BUILT_MODULE_NAME", "BUILT_MODULE_LOCATION",
				       "DEST_MODULE_NAME", "DEST_MODULE_LOCATION"};

static long module_count(struct package_loader *loader)
{
	long count = 0;

	for (size_t i = 0; i < sizeof(counting) / sizeof(*counting); i++) {
		const struct conf_array *array = conf_values_array(loader->values, counting[i]);

		if (!array || !array->count)
			continue;
		long last = array->values[array->count - 1].index;

		if (last >= MODULE_LIMIT) {
			package_problem(loader,
					"Directive \"%s[%ld]\" is beyond the limit of %d modules.",
					counting[i], last, MODULE_LIMIT);
			return 0;
		}
		if (last >= count)
			count = last + 1;
	}
	return count;
}

/* One element while it is checked; strings point into the values. */
struct element {
	long index;
	const char *built_name, *built_location, *dest_name, *dest_location;
};

static struct element element_read(struct package_loader *loader, long index, long count)
{
	struct element element = {
		.index = index,
		.built_name = package_value(loader, "BUILT_MODULE_NAME", index),
		.built_location = package_value(loader, "BUILT_MODULE_LOCATION", index),
		.dest_name = package_value(loader, "DEST_MODULE_NAME", index),
		.dest_location = package_value(loader, "DEST_MODULE_LOCATION", index),
	};

	if (text_empty(element.built_name) && count == 1)
		element.built_name = loader->package->name;
	if (text_empty(element.dest_name))
		element.dest_name = element.built_name;
	/* The path is looked up below the build directory, where a leading slash says nothing. */
	while (*element.built_location == '/')
		element.built_location++;
	return element;
}

static void check_suffix(struct package_loader *loader, const char *directive, long index,
			 const char *name)
{
	if (text_ends_with(name, ".ko") || text_ends_with(name, ".o"))
		package_problem(loader,
				"Directive \"%s[%ld]\" ends in \".o\" or \".ko\": give the name "
				"without it.",
				directive, index);
}

/*
 * Resolves ".." in a path below a directory. The path may climb out and come back: "../build/x" is
 * x in the build directory. The caller frees the result; NULL: it leads elsewhere.
 */
static char *resolve_below(const char *directory, const char *path)
{
	cleanup(free_string) char *whole = path_join(directory, path, NULL);
	cleanup(free_string) char *resolved = path_normalize(whole);

	if (!resolved || !path_is_within(resolved, directory) || text_equal(resolved, directory))
		return NULL;
	return xstrdup(resolved + strlen(directory) + 1);
}

/* The module's path in the build directory, without ".ko"; owned by the caller, or NULL.
 */
static char *built_path(const struct package_loader *loader, const char *location, const char *name)
{
	const struct package *package = loader->package;
	const char *tree = loader->request->settings->dkms_tree;
	cleanup(free_string) char *given = path_join(
		"/", tree ? tree : "", package->name ? package->name : "",
		package->version ? package->version : "", "build", NULL);
	cleanup(free_string) char *build = path_normalize(given);
	cleanup(free_string) char *path = path_join(location, name, NULL);

	return build ? resolve_below(build, path) : NULL;
}

static void check_built(struct package_loader *loader, const struct element *element)
{
	if (text_empty(element->built_name)) {
		package_problem(loader, "Directive \"BUILT_MODULE_NAME[%ld]\" is missing.",
				element->index);
		return;
	}
	check_suffix(loader, "BUILT_MODULE_NAME", element->index, element->built_name);
	if (!path_is_plain_name(path_basename(element->built_name))) {
		package_problem(loader,
				"Directive \"BUILT_MODULE_NAME[%ld]\" cannot be the name of a "
				"file: \"%s\".",
				element->index, element->built_name);
		return;
	}
	cleanup(free_string) char *path = built_path(loader, element->built_location,
						     element->built_name);

	if (!path)
		package_problem(loader,
				"Directive \"BUILT_MODULE_LOCATION[%ld]\" leads out of the build "
				"directory: \"%s\".",
				element->index, element->built_location);
}

static void check_dest_name(struct package_loader *loader, const struct element *element)
{
	const char *given = package_value(loader, "DEST_MODULE_NAME", element->index);

	/* A missing name was complained about where it is missing. */
	if (text_empty(element->dest_name))
		return;
	if (!text_empty(given))
		check_suffix(loader, "DEST_MODULE_NAME", element->index, given);
	if (!path_is_plain_name(element->dest_name))
		package_problem(loader,
				"Directive \"DEST_MODULE_NAME[%ld]\" cannot be the name of a file: "
				"\"%s\".",
				element->index, element->dest_name);
}

/* The location with "." and ".." resolved, owned by the caller; NULL if it is bad. */
static char *check_dest_location(struct package_loader *loader, const struct element *element)
{
	const char *location = element->dest_location;

	if (text_empty(location)) {
		package_problem(loader, "Directive \"DEST_MODULE_LOCATION[%ld]\" is missing.",
				element->index);
		return NULL;
	}
	if (!text_starts_with(location, "/kernel") && !text_starts_with(location, "/updates") &&
	    !text_starts_with(location, "/extra")) {
		package_problem(loader,
				"Directive \"DEST_MODULE_LOCATION[%ld]\" does not begin with "
				"\"/kernel\", \"/updates\" or \"/extra\": \"%s\".",
				element->index, location);
		return NULL;
	}
	const char *release = loader->request->kernel_release;
	cleanup(free_string) char *kernel = text_format("/%s", text_empty(release) ? "K" : release);
	cleanup(free_string) char *below = resolve_below(kernel, location);

	if (!below)
		package_problem(loader,
				"Directive \"DEST_MODULE_LOCATION[%ld]\" leads out of the kernel's "
				"directory: \"%s\".",
				element->index, location);
	return below ? text_format("/%s", below) : NULL;
}

/* STRIP[0] is the default for the others, and yes is the default of STRIP[0]. */
static bool strip_wanted(struct package_loader *loader, long index)
{
	const char *value = package_value(loader, "STRIP", index);

	switch (*value) {
	case 'n':
	case 'N':
		return false;
	case 'y':
	case 'Y':
		return true;
	case '\0':
		return index == 0 || strip_wanted(loader, 0);
	default:
		package_remark(loader,
			       "Directive \"STRIP[%ld]\" is neither \"yes\" nor \"no\" but \"%s\": "
			       "taken as \"yes\".",
			       index, value);
		return true;
	}
}

static void append_module(struct package_loader *loader, const struct element *element,
			  char *dest_location)
{
	struct package *package = loader->package;
	struct built_module *module = &package->modules[package->module_count++];
	const char *location = element->built_location;
	bool climbs = strstr(location, "..") || strstr(element->built_name, "..");
	cleanup(free_string) char *path = built_path(loader, location, element->built_name);
	cleanup(free_string) char *parent = path_parent(path);

	if (climbs)
		location = text_equal(parent, ".") ? "" : parent;
	bool slash = !text_empty(location) && !text_ends_with(location, "/");

	*module = (struct built_module){
		.built_name = xstrdup(climbs ? path_basename(path) : element->built_name),
		.built_location = text_format("%s%s", location, slash ? "/" : ""),
		.dest_name = xstrdup(element->dest_name),
		.dest_location = dest_location,
		.strip = strip_wanted(loader, element->index),
	};
	package_read_exclusive(loader, element->index, &module->exclusive);
}

/* A module with problems is left out: only status goes on with such a package. */
static void load_module(struct package_loader *loader, long index, long count)
{
	struct element element = element_read(loader, index, count);
	size_t problems_before = loader->problems;

	check_built(loader, &element);
	check_dest_name(loader, &element);
	cleanup(free_string) char *dest_location = check_dest_location(loader, &element);

	if (loader->problems == problems_before)
		append_module(loader, &element, TAKE(dest_location));
}

/* Remembers who has the name; somebody who has it already makes it a problem. */
static void claim(struct package_loader *loader, struct strmap *owners, const char *name,
		  const char *directive, size_t index)
{
	uintptr_t owner = (uintptr_t)strmap_get(owners, name);

	if (owner)
		package_problem(loader,
				"Directive \"%s[%zu]\" names the same module as element %zu: "
				"\"%s\".",
				directive, index, (size_t)owner - 1, name);
	else
		strmap_set(owners, name,
			   (void *)(index + 1)); /* NOLINT(performance-no-int-to-ptr) */
}

/* Whether a kernel meets it is not known yet: package_apply_exclusions() looks at it. */
static bool has_rule(const struct built_module *module)
{
	const struct exclusive_rule *rule = &module->exclusive;

	return rule->kernel || rule->kernel_min || rule->kernel_max || rule->arch || rule->config;
}

static void check_duplicates(struct package_loader *loader)
{
	struct strmap built = {0}, dest = {0};

	for (size_t i = 0; i < loader->package->module_count; i++) {
		const struct built_module *module = &loader->package->modules[i];

		if (has_rule(module))
			continue;
		cleanup(free_string) char *path = built_path(loader, module->built_location,
							     module->built_name);

		claim(loader, &built, path, "BUILT_MODULE_NAME", i);
		claim(loader, &dest, module->dest_name, "DEST_MODULE_NAME", i);
	}
	strmap_free(&built, NULL);
	strmap_free(&dest, NULL);
}

void package_load_modules(struct package_loader *loader)
{
	long count = module_count(loader);

	loader->package->modules = xcalloc((size_t)count + 1, sizeof(struct built_module));
	for (long i = 0; i < count; i++)
		load_module(loader, i, count);
	if (count == 0 && !loader->problems)
		package_remark(loader, "No module is declared: set \"BUILT_MODULE_NAME[0]\" and "
				       "\"DEST_MODULE_LOCATION[0]\".");
	loader->package->distinct = loader->request->check_duplicates;
	/* Elements that were left out would shift the indices in the messages. */
	if (loader->request->check_duplicates && !loader->problems)
		check_duplicates(loader);
}
