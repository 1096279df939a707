/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "conf/package_conf.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <strings.h>

#include "base/cleanup.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/text.h"
#include "conf/package_loader.h"

void package_problem(struct package_loader *loader, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	cleanup(free_string) char *text = text_vformat(format, arguments);
	va_end(arguments);
	loader->problems++;
	report_text(loader->reporter, REPORT_CONF_ERROR, text);
}

void package_remark(struct package_loader *loader, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	cleanup(free_string) char *text = text_vformat(format, arguments);
	va_end(arguments);
	report_text(loader->reporter, REPORT_CONF_WARNING, text);
}

const char *package_value(const struct package_loader *loader, const char *name, long index)
{
	const char *text = conf_values_get(loader->values, name, index);

	return text ? text : "";
}

bool package_pattern_matches(struct package_loader *loader, const char *name, long index)
{
	cleanup(free_string) char *directive = text_format("%s[%ld]", name, index);
	const struct pattern_question *question = patterns_find(&loader->patterns, directive,
								package_value(loader, name, index));

	if (question && question->malformed)
		package_problem(loader, "Directive \"%s\": %s.", directive, question->malformed);
	return question ? question->matches : true;
}

/* Every pattern of the file, in one go. */
static int match_patterns(struct package_loader *loader, struct error *error)
{
	static const char *const names[] = {"MAKE_MATCH", "PATCH_MATCH", "BUILD_EXCLUSIVE_KERNEL",
					    "BUILD_EXCLUSIVE_ARCH"};
	const char *release = loader->request->kernel_release;

	loader->patterns.owner = loader->request->conf_file;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		const struct conf_array *array = conf_values_array(loader->values, names[i]);

		for (size_t j = 0; array && j < array->count; j++) {
			cleanup(free_string) char *directive = text_format("%s[%ld]", names[i],
									   array->values[j].index);

			patterns_add(&loader->patterns, directive, array->values[j].text,
				     release ? release : "");
		}
	}
	return patterns_answer(&loader->patterns, error);
}

/* A copy owned by the caller; NULL where nothing or nothing but "" was given. */
static char *optional(const struct package_loader *loader, const char *name)
{
	const char *value = package_value(loader, name, 0);

	return *value ? xstrdup(value) : NULL;
}

/* PACKAGE_NAME or PACKAGE_VERSION; expected is what the command line or the tree calls it. */
static char *load_identity(struct package_loader *loader, const char *name, const char *expected)
{
	const char *value = package_value(loader, name, 0);

	if (text_empty(value)) {
		package_problem(loader, "Directive \"%s\" is missing.", name);
		return xstrdup(expected ? expected : "");
	}
	if (!path_is_plain_name(value))
		package_problem(loader,
				"Directive \"%s\" cannot be the name of a directory: \"%s\".", name,
				value);
	else if (!text_empty(expected) && !text_equal(value, expected))
		package_remark(loader, "Directive \"%s\" is \"%s\", but this is \"%s\" here.", name,
			       value, expected);
	return xstrdup(value);
}

static bool load_yes_or_no(struct package_loader *loader, const char *name)
{
	const char *value = package_value(loader, name, 0);

	if (strcasecmp(value, "yes") == 0 || strcasecmp(value, "y") == 0)
		return true;
	if (*value && strcasecmp(value, "no") != 0 && strcasecmp(value, "n") != 0)
		package_problem(loader,
				"Directive \"%s\" is neither \"yes\" nor \"no\" but \"%s\".", name,
				value);
	return false;
}

static void load_make(struct package_loader *loader)
{
	const struct conf_array *array = conf_values_array(loader->values, "MAKE");
	const char *chosen = "";

	for (size_t i = 0; array && i < array->count; i++) {
		long index = array->values[i].index;
		bool conditional = *package_value(loader, "MAKE_MATCH", index);

		if (!*array->values[i].text)
			continue;
		if (conditional ? package_pattern_matches(loader, "MAKE_MATCH", index) : index == 0)
			chosen = array->values[i].text;
	}
	loader->package->make_command = *chosen ? xstrdup(chosen) : NULL;
}

static void load_patches(struct package_loader *loader)
{
	const struct conf_array *array = conf_values_array(loader->values, "PATCH");

	for (size_t i = 0; array && i < array->count; i++) {
		long index = array->values[i].index;

		if (*array->values[i].text &&
		    (!*package_value(loader, "PATCH_MATCH", index) ||
		     package_pattern_matches(loader, "PATCH_MATCH", index)))
			strv_add(&loader->package->patches, array->values[i].text);
	}
}

static void load_scripts(struct package_loader *loader)
{
	struct package *package = loader->package;

	package->post_add = optional(loader, "POST_ADD");
	package->pre_build = optional(loader, "PRE_BUILD");
	package->post_build = optional(loader, "POST_BUILD");
	package->pre_install = optional(loader, "PRE_INSTALL");
	package->post_install = optional(loader, "POST_INSTALL");
	package->post_remove = optional(loader, "POST_REMOVE");
}

/* A module's name has no blanks, so several names in one element are several names. */
static void load_build_depends(struct package_loader *loader)
{
	const struct conf_array *array = conf_values_array(loader->values, "BUILD_DEPENDS");

	const char *name;

	for (size_t i = 0; array && i < array->count; i++)
		strv_split(&loader->package->build_depends, array->values[i].text, " \t\n");
	STRV_FOREACH (name, &loader->package->build_depends)
		if (!path_is_plain_name(name))
			package_problem(loader,
					"Directive \"BUILD_DEPENDS\" names \"%s\", which cannot be "
					"the name of a module.",
					name);
}

static void load_modules_conf(struct package_loader *loader)
{
	const struct conf_array *array = conf_values_array(loader->values, "MODULES_CONF");

	for (size_t i = 0; array && i < array->count; i++)
		if (*array->values[i].text)
			strv_add(&loader->package->modules_conf, array->values[i].text);
}

static void load_all(struct package_loader *loader)
{
	const struct conf_request *request = loader->request;
	struct package *package = loader->package;

	package->name = load_identity(loader, "PACKAGE_NAME", request->module);
	package->version = load_identity(loader, "PACKAGE_VERSION", request->module_version);
	package_report_deprecated(loader);
	load_make(loader);
	load_patches(loader);
	load_scripts(loader);
	load_build_depends(loader);
	load_modules_conf(loader);
	package->clean_command = optional(loader, "CLEAN");
	package->obsolete_by = optional(loader, "OBSOLETE_BY");
	package->autoinstall = load_yes_or_no(loader, "AUTOINSTALL");
	package->no_weak_modules = load_yes_or_no(loader, "NO_WEAK_MODULES");
	package->build_depends_rebuild = load_yes_or_no(loader, "BUILD_DEPENDS_REBUILD");
	package_check_exclusive(loader);
	package_read_exclusive(loader, 0, &package->exclusive);
	package_load_modules(loader);
}

int package_from_values(const struct conf_request *request, const struct conf_values *values,
			struct package **ret_package, struct reporter *reporter,
			struct error *error)
{
	cleanup(package_free_handler) struct package *package = NEW(struct package);
	struct package_loader loader = {
		.request = request,
		.values = values,
		.package = package,
		.reporter = request->for_status ? NULL : reporter,
	};

	int code = match_patterns(&loader, error);

	if (!code)
		load_all(&loader);
	patterns_free(&loader.patterns);
	if (code < 0)
		return code;
	if (loader.problems && !request->for_status) {
		(void)error_set(error, -EINVAL, EXIT_BAD_CONF,
				"%s is not a usable dkms.conf: %zu error%s, named above.",
				request->conf_file, loader.problems,
				loader.problems == 1 ? "" : "s");
		return text_empty(request->module)
			       ? error_hint(error, "Correct it and try again.")
			       : error_hint(error,
					    "Correct it, or override the directives in "
					    "%s/etc/dkms/%s.conf.",
					    request->settings->root, request->module);
	}
	*ret_package = TAKE(package);
	return 0;
}

int package_load(const struct conf_request *request, struct package **ret_package,
		 struct reporter *reporter, struct error *error)
{
	cleanup(conf_evaluation_free) struct conf_evaluation evaluation = {0};
	int code = conf_evaluate(request, &evaluation, reporter, error);

	if (code < 0)
		return code;
	code = package_from_values(request, &evaluation.values, ret_package, reporter, error);
	if (!code)
		(*ret_package)->policy = evaluation.policy;
	return code;
}
