/* SPDX-License-Identifier: GPL-2.0-or-later */
/* BUILD_EXCLUSIVE_*: which kernels, architectures and configurations a package is for. */
#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/memory.h"
#include "base/strv.h"
#include "base/text.h"
#include "conf/package_loader.h"
#include "conf/patterns.h"

static char *read_text(const struct package_loader *loader, const char *name, long index)
{
	const char *value = package_value(loader, name, index);

	return text_empty(value) ? NULL : xstrdup(value);
}

static void check_patterns(struct package_loader *loader, const char *name)
{
	const struct conf_array *array = conf_values_array(loader->values, name);

	for (size_t i = 0; array && i < array->count; i++)
		(void)package_pattern_matches(loader, name, array->values[i].index);
}

void package_check_exclusive(struct package_loader *loader)
{
	check_patterns(loader, "BUILD_EXCLUSIVE_KERNEL");
	check_patterns(loader, "BUILD_EXCLUSIVE_ARCH");
}

void package_read_exclusive(const struct package_loader *loader, long index,
			    struct exclusive_rule *rule)
{
	*rule = (struct exclusive_rule){
		.kernel = read_text(loader, "BUILD_EXCLUSIVE_KERNEL", index),
		.kernel_min = read_text(loader, "BUILD_EXCLUSIVE_KERNEL_MIN", index),
		.kernel_max = read_text(loader, "BUILD_EXCLUSIVE_KERNEL_MAX", index),
		.arch = read_text(loader, "BUILD_EXCLUSIVE_ARCH", index),
		.config = read_text(loader, "BUILD_EXCLUSIVE_CONFIG", index),
	};
}

/* The kernel that a package's directives are compared with. */
struct circumstances {
	const char *kernel_release;
	const char *arch;
	const char *(*config_value)(void *context, const char *symbol);
	void *context;
	struct pattern_questions patterns; /* answered */
};

static char *judge_pattern(const char *pattern, const char *text, const char *directive,
			   const char *what, const struct circumstances *facts, struct error *error)
{
	const struct pattern_question *question = pattern ? patterns_find(&facts->patterns,
									  directive, pattern)
							  : NULL;

	if (question && question->malformed)
		(void)error_set(error, -EINVAL, EXIT_BAD_CONF, "Directive \"%s\": %s", directive,
				question->malformed);
	if (!question || question->matches || question->malformed)
		return NULL;
	return text_format("%s=\"%s\" does not match the %s %s.", directive, pattern, what, text);
}

static char *judge_bounds(const struct exclusive_rule *rule, const char *release)
{
	if (rule->kernel_min && version_compare(release, rule->kernel_min) < 0)
		return text_format("BUILD_EXCLUSIVE_KERNEL_MIN=\"%s\" is above the kernel %s.",
				   rule->kernel_min, release);
	if (rule->kernel_max && version_compare(release, rule->kernel_max) > 0)
		return text_format("BUILD_EXCLUSIVE_KERNEL_MAX=\"%s\" is below the kernel %s.",
				   rule->kernel_max, release);
	return NULL;
}

static char *judge_config(const char *symbols, const struct circumstances *facts)
{
	cleanup(strv_free) struct strv wanted = {0};
	const char *symbol;

	/* Without a kernel configuration nothing can be said against it. */
	if (!symbols || !facts->config_value)
		return NULL;
	strv_split(&wanted, symbols, " \t\n");
	STRV_FOREACH (symbol, &wanted) {
		bool must_not = *symbol == '!';
		const char *value = facts->config_value(facts->context, symbol + must_not);
		bool set = text_equal(value, "y") || text_equal(value, "m");

		if (set == must_not)
			return text_format(
				"BUILD_EXCLUSIVE_CONFIG=\"%s\" is not met: %s is %s in the "
				"kernel's configuration.",
				symbols, symbol + must_not, set ? "set" : "not set");
	}
	return NULL;
}

/* The sentence that says why not, owned by the caller; NULL if the rule lets it pass (or on an
 * error, which is set then). */
static char *judge(const struct exclusive_rule *rule, const struct circumstances *facts,
		   struct error *error)
{
	char *reason = judge_pattern(rule->kernel, facts->kernel_release, "BUILD_EXCLUSIVE_KERNEL",
				     "kernel", facts, error);

	if (!reason && !error->code)
		reason = judge_bounds(rule, facts->kernel_release);
	if (!reason && !error->code)
		reason = judge_pattern(rule->arch, facts->arch, "BUILD_EXCLUSIVE_ARCH",
				       "architecture", facts, error);
	if (!reason && !error->code)
		reason = judge_config(rule->config, facts);
	return reason;
}

/* OBSOLETE_BY is an upper bound where BUILD_EXCLUSIVE_KERNEL_MAX gives none. */
static char *judge_obsolete(const struct package *package, const char *release)
{
	if (!package->obsolete_by || package->exclusive.kernel_max ||
	    version_compare(release, package->obsolete_by) <= 0)
		return NULL;
	return text_format("OBSOLETE_BY=\"%s\" is below the kernel %s.", package->obsolete_by,
			   release);
}

static char *judge_modules(struct package *package, const struct circumstances *facts,
			   struct error *error)
{
	cleanup(free_string) char *first_reason = NULL;
	size_t excluded = 0;

	for (size_t i = 0; i < package->module_count && !error->code; i++) {
		struct built_module *module = &package->modules[i];
		cleanup(free_string) char *reason = judge(&module->exclusive, facts, error);

		module->excluded = reason != NULL;
		excluded += module->excluded;
		if (!first_reason)
			first_reason = TAKE(reason);
	}
	if (!excluded || excluded < package->module_count)
		return NULL;
	return TAKE(first_reason);
}

static void add_patterns(const struct exclusive_rule *rule, struct circumstances *facts)
{
	patterns_add(&facts->patterns, "BUILD_EXCLUSIVE_KERNEL", rule->kernel,
		     facts->kernel_release);
	patterns_add(&facts->patterns, "BUILD_EXCLUSIVE_ARCH", rule->arch, facts->arch);
}

/* Why the package as a whole is not for this kernel, or each of its modules; NULL: it is. */
static char *judge_all(struct package *package, const struct circumstances *facts,
		       struct error *error)
{
	char *reason = judge(&package->exclusive, facts, error);

	if (!reason && !error->code)
		reason = judge_obsolete(package, facts->kernel_release);
	if (!reason && !error->code)
		return judge_modules(package, facts, error);
	for (size_t i = 0; reason && i < package->module_count; i++)
		package->modules[i].excluded = true;
	return reason;
}

static bool same_module(const struct built_module *a, const struct built_module *b)
{
	return !a->excluded && !b->excluded &&
	       (text_equal(a->dest_name, b->dest_name) ||
		(text_equal(a->built_name, b->built_name) &&
		 text_equal(a->built_location, b->built_location)));
}

/* Elements of one name are fine where their rules leave a kernel only one of them. */
static int refuse_duplicates(const struct package *package, const char *release,
			     struct error *error)
{
	for (size_t i = 0; i < package->module_count; i++)
		for (size_t j = 0; j < i; j++)
			if (same_module(&package->modules[i], &package->modules[j]))
				return error_set(
					error, -EINVAL, EXIT_BAD_CONF,
					"The elements %zu and %zu of %s/%s's dkms.conf name "
					"the same module for kernel %s: \"%s\".",
					j, i, package->name, package->version, release,
					package->modules[i].dest_name);
	return 0;
}

int package_apply_exclusions(struct package *package, const char *kernel_release, const char *arch,
			     const char *(*config_value)(void *context, const char *symbol),
			     void *context, struct error *error)
{
	struct circumstances facts = {kernel_release, arch, config_value, context,
				      .patterns = {.owner = package->name}};

	add_patterns(&package->exclusive, &facts);
	for (size_t i = 0; i < package->module_count; i++)
		add_patterns(&package->modules[i].exclusive, &facts);
	int code = patterns_answer(&facts.patterns, error);
	cleanup(free_string) char *reason = code < 0 ? NULL : judge_all(package, &facts, error);

	patterns_free(&facts.patterns);
	if (error->code)
		return error->code;
	package->excluded = reason != NULL;
	text_assign(&package->exclusion_reason, reason);
	return package->distinct ? refuse_duplicates(package, kernel_release, error) : 0;
}
