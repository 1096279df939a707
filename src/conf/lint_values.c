/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which of the values set belong to a deprecated directive. */
#include "base/cleanup.h"
#include "base/text.h"
#include "conf/directives.h"
#include "conf/lint_findings.h"
#include "conf/package_loader.h"
#include "conf/values.h"

/* Old versions of dkms require CLEAN: a CLEAN that does nothing is for them. */
static bool does_nothing(const char *clean)
{
	return text_empty(clean) || text_equal(clean, "true") || text_equal(clean, "/bin/true") ||
	       text_equal(clean, "/usr/bin/true");
}

static bool is_silent(const struct directive *directive, const struct conf_value *value)
{
	if (text_equal(directive->name, "CLEAN"))
		return does_nothing(value->text);
	return text_equal(directive->name, "OBSOLETE_BY") && text_empty(value->text);
}

/*
 * The first element of a deprecated directive that is in use, or NULL: also for those uses that
 * please old versions of dkms and are silently skipped.
 */
static const struct conf_value *deprecated_use(const struct conf_values *values,
					       const struct directive *directive)
{
	const struct conf_array *array = conf_values_array(values, directive->name);

	if (!directive->deprecated || !array || !array->count ||
	    is_silent(directive, &array->values[0]))
		return NULL;
	return &array->values[0];
}

void package_report_deprecated(struct package_loader *loader)
{
	for (size_t i = 0; i < conf_directive_count; i++) {
		const struct directive *directive = &conf_directives[i];
		const struct conf_value *use = deprecated_use(loader->values, directive);
		long line;

		if (!use)
			continue;
		const char *origin = use->origin ? use->origin : loader->request->conf_file;

		report(loader->reporter, REPORT_DEPRECATED, "%s (%.*s): %s.", directive->name,
		       (int)conf_origin_split(origin, &line), origin, directive->deprecated);
	}
}

struct lint_context {
	struct lint_findings *findings;
	const struct conf_values *values;
	const char *conf_file; /* for values of unknown origin */
};

static const char *origin_of(const struct lint_context *context, const struct conf_value *value)
{
	return value->origin ? value->origin : context->conf_file;
}

static void lint_changed(const struct lint_context *context, const char *name,
			 const struct conf_value *before)
{
	const char *after = conf_values_get(context->values, name, before->index);
	cleanup(free_string) char *label = conf_directive_label(name, before->index);

	if (!after)
		lint_add(context->findings, LINT_SECOND_PASS, origin_of(context, before),
			 "\"%s\" is lost: dkms evaluates every value twice, and the second time "
			 "(as \"%s\" within double quotes) it is no assignment any more.",
			 label, before->text);
	else if (!text_equal(before->text, after))
		lint_add(context->findings, LINT_SECOND_PASS, origin_of(context, before),
			 "\"%s\" is not what it seems: dkms evaluates every value twice, which "
			 "makes \"%s\" of \"%s\".",
			 label, after, before->text);
}

static void lint_second_pass(const struct lint_context *context,
			     const struct conf_values *first_pass)
{
	for (size_t i = 0; first_pass && i < conf_directive_count; i++) {
		const char *name = conf_directives[i].name;
		const struct conf_array *array = conf_values_array(first_pass, name);

		for (size_t j = 0; array && j < array->count; j++)
			lint_changed(context, name, &array->values[j]);
	}
}

static void lint_scalar_index(const struct lint_context *context, const struct directive *directive)
{
	const struct conf_array *array = conf_values_array(context->values, directive->name);

	for (size_t i = 0; array && !directive->array && i < array->count; i++)
		if (array->values[i].index)
			lint_add(context->findings, LINT_USELESS,
				 origin_of(context, &array->values[i]),
				 "\"%s[%ld]\" is ignored: \"%s\" has one value.", directive->name,
				 array->values[i].index, directive->name);
}

/* Elements of one directive that only mean something beside those of another. */
static void lint_partner(const struct lint_context *context, const char *name, long from,
			 const char *partner, const char *consequence)
{
	const struct conf_array *array = conf_values_array(context->values, name);

	for (size_t i = 0; array && i < array->count; i++) {
		const struct conf_value *value = &array->values[i];

		if (value->index >= from && *value->text &&
		    text_empty(conf_values_get(context->values, partner, value->index)))
			lint_add(context->findings, LINT_USELESS, origin_of(context, value),
				 "\"%s[%ld]\" %s without \"%s[%ld]\".", name, value->index,
				 consequence, partner, value->index);
	}
}

static void lint_deprecated(const struct lint_context *context, const struct directive *directive)
{
	const struct conf_value *use = deprecated_use(context->values, directive);

	if (use)
		lint_add(context->findings, LINT_DEPRECATED, origin_of(context, use),
			 "\"%s\" is deprecated: %s.", directive->name, directive->deprecated);
}

void lint_values(struct lint_findings *findings, const struct conf_evaluation *evaluation,
		 const struct conf_values *first_pass)
{
	const struct lint_context context = {
		.findings = findings,
		.values = &evaluation->values,
		.conf_file = evaluation->files.count ? evaluation->files.items[0] : "dkms.conf",
	};

	lint_second_pass(&context, first_pass);
	for (size_t i = 0; i < conf_directive_count; i++) {
		lint_scalar_index(&context, &conf_directives[i]);
		lint_deprecated(&context, &conf_directives[i]);
	}
	lint_partner(&context, "MAKE", 1, "MAKE_MATCH", "is never used");
	lint_partner(&context, "MAKE_MATCH", 0, "MAKE", "does nothing");
	lint_partner(&context, "PATCH_MATCH", 0, "PATCH", "does nothing");
}

void lint_policy(struct lint_findings *findings, struct conf_evaluation *evaluation)
{
	struct policy ignored = {0};

	policy_apply(&evaluation->overriding, &ignored, lint_refused, findings);
}
