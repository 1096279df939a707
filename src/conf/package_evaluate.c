/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dkms.conf, its overrides and --directive → values. */
#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/surroundings.h"
#include "base/strv.h"
#include "base/text.h"
#include "conf/directives.h"
#include "conf/evaluate.h"
#include "conf/lint_findings.h"
#include "conf/package_conf.h"
#include "conf/setting.h"
#include "model/identity.h"

/* Takes the name. */
static void add_override(struct strv *files, const char *directory, char *owned_name)
{
	cleanup(free_string) char *name = owned_name;
	cleanup(free_string) char *path = path_join(directory, name, NULL);

	if (file_exists(path))
		strv_add_owned(files, TAKE(path));
}

static void add_overrides(const struct conf_request *request, struct strv *files)
{
	const struct module_id id = {(char *)request->module, (char *)request->module_version};
	const struct kernel_id kernel = {(char *)request->kernel_release, (char *)request->arch};
	cleanup(free_string) char *directory = settings_path(request->settings, "/etc/dkms");
	cleanup(strv_free) struct strv names = {0};
	const char *name;

	if (text_empty(id.name) || text_empty(id.version))
		return;
	overrides_names(&id, &kernel, &names);
	STRV_FOREACH (name, &names)
		add_override(files, directory, xstrdup(name));
}

static const char *or_empty(const char *text)
{
	return text ? text : "";
}

/* Returns the value of $parallel_jobs in a conf: empty means no limit. */
static char *parallel_jobs_text(int jobs)
{
	if (jobs < 0)
		return xstrdup("");
	return text_format("%d", jobs ? jobs : processor_count());
}

/* The files that we ship for packages that need more than a build gets. */
static char *exceptions_directory(const struct settings *settings)
{
	return settings_path(settings, "/usr/share/dkms/build-exceptions.d");
}

/* Shipped exceptions open nothing that framework.conf closes; files of the administrator do. */
static int keep_what_is_required(const struct conf_request *request,
				 const struct evaluate_input *input, const struct strv *overrides,
				 struct conf_evaluation *evaluation, struct error *error)
{
	cleanup(conf_values_free) struct conf_values own = {0};

	if (request->settings->policy.build_sandbox != SANDBOX_REQUIRE)
		return 0;
	if (overrides->count && policy_evaluate(input, overrides, &own, error) < 0)
		return error->code;
	/* A word that makes no sense opens nothing. */
	struct policy required = {.build_sandbox = SANDBOX_REQUIRE};

	policy_apply(&own, &required, setting_warn, NULL);
	evaluation->policy.build_sandbox = required.build_sandbox;
	return 0;
}

/* In a bash of its own, which has seen nothing of the module's. */
static int evaluate_policy(const struct conf_request *request, const struct evaluate_input *input,
			   const struct strv *overrides, struct conf_evaluation *evaluation,
			   struct reporter *reporter, struct error *error)
{
	cleanup(strv_free) struct strv files = {0};
	cleanup(free_string) char *exceptions = exceptions_directory(request->settings);

	if (!text_empty(request->module))
		add_override(&files, exceptions, text_format("%s.conf", request->module));
	bool has_exception = files.count > 0;

	strv_add_all(&files, overrides);
	if (files.count && policy_evaluate(input, &files, &evaluation->overriding, error) < 0)
		return error->code;
	evaluation->policy = request->settings->policy;
	policy_apply(&evaluation->overriding, &evaluation->policy, setting_warn, reporter);
	return has_exception ? keep_what_is_required(request, input, overrides, evaluation, error)
			     : 0;
}

static int evaluate_files(const struct conf_request *request, const struct strv *overrides,
			  struct conf_evaluation *evaluation, struct reporter *reporter,
			  struct error *error)
{
	const struct settings *settings = request->settings;
	cleanup(free_string) char *jobs = parallel_jobs_text(settings->parallel_jobs);
	cleanup(free_string) char *default_source_dir = path_join(
		settings->install_tree, or_empty(request->kernel_release), "build", NULL);

	const char *kernel_source_dir = request->kernel_source_dir ? request->kernel_source_dir
								   : default_source_dir;
	const struct conf_variable variables[] = {
		{"kernelver", or_empty(request->kernel_release)},
		{"arch", or_empty(request->arch)},
		{"kernel_source_dir", kernel_source_dir},
		{"kernel_config", or_empty(request->kernel_config)},
		{"dkms_tree", settings->dkms_tree},
		{"source_tree", settings->source_tree},
		{"install_tree", settings->install_tree},
		{"tmp_location", settings->temporary},
		{"module", or_empty(request->module)},
		{"module_version", or_empty(request->module_version)},
		{"parallel_jobs", jobs},
	};
	const struct evaluate_input input = {
		.files = &evaluation->files,
		.variables = variables,
		.variable_count = sizeof(variables) / sizeof(*variables),
		.names = conf_directive_names,
		.shells = request->shells,
		.first_pass = request->keep_first_pass ? &evaluation->first_pass : NULL,
	};

	if (evaluate_policy(request, &input, overrides, evaluation, reporter, error) < 0)
		return error->code;
	return conf_evaluate_files(&input, &evaluation->values, reporter, error);
}

/*
 * Installers pass --directive="MAKE='…'": those quotes are for the shell that will run the
 * command, and nothing else understands them.
 */
static char *directive_text(const char *name, const char *text)
{
	size_t length = strlen(text);
	char quote = *text;

	if (length >= 2 && (quote == '\'' || quote == '"') && !text_equal(name, "MAKE") &&
	    strchr(text + 1, quote) == text + length - 1)
		return xstrndup(text + 1, length - 2);
	return xstrdup(text);
}

static void warn_of_directive(const char *name, struct reporter *reporter)
{
	cleanup(free_string) char *problem = lint_directive(name);

	if (problem)
		report(reporter, REPORT_WARNING, "--directive: %s", problem);
}

static int apply_directive(const char *directive, bool announce, struct conf_values *values,
			   struct reporter *reporter, struct error *error)
{
	cleanup(free_string) char *name = NULL;
	const char *text;
	long index;

	if (conf_assignment_split(directive, &name, &index, &text) < 0)
		return error_set(error, -EINVAL, EXIT_NOT_FOUND,
				 "--directive takes NAME=VALUE, not \"%s\".", directive);
	if (announce)
		report(reporter, REPORT_LINE, "DIRECTIVE: %.*s=\"%s\"", (int)(text - directive - 1),
		       directive, text);
	/* Any other name is a variable for the build, which gets them all. */
	if (!conf_directive_find(name)) {
		warn_of_directive(name, announce ? reporter : NULL);
		return 0;
	}
	cleanup(free_string) char *value = directive_text(name, text);

	conf_values_set(values, name, index, value, "--directive");
	return 0;
}

/* Reports settings of the administrator for this module that dkms does not know. */
static int examine_overrides(const struct conf_request *request, const struct strv *overrides,
			     struct reporter *reporter, struct error *error)
{
	cleanup(lint_findings_free) struct lint_findings findings = {0};
	const char *file;

	if (request->for_status || request->keep_first_pass)
		return 0;
	STRV_FOREACH (file, overrides)
		if (lint_file(&findings, file, LINT_OVERRIDE, error) < 0)
			return error->code;
	lint_report(&findings, reporter);
	return 0;
}

static int evaluate(const struct conf_request *request, struct conf_evaluation *evaluation,
		    struct reporter *reporter, struct error *error)
{
	cleanup(strv_free) struct strv overrides = {0};
	const char *directive;
	int code;

	if (!file_exists(request->conf_file))
		return error_set(error, -ENOENT, EXIT_BROKEN, "There is no %s.",
				 request->conf_file);
	strv_add(&evaluation->files, request->conf_file);
	add_overrides(request, &overrides);
	strv_add_all(&evaluation->files, &overrides);
	STRV_FOREACH (directive, &evaluation->files)
		report(request->for_status ? NULL : reporter, REPORT_DEBUG, "Evaluating %s.",
		       directive);
	code = evaluate_files(request, &overrides, evaluation,
			      request->for_status ? NULL : reporter, error);
	if (code < 0 || examine_overrides(request, &overrides, reporter, error) < 0) {
		(void)error_set_status(error, EXIT_BAD_CONF);
		return error->code;
	}
	STRV_FOREACH (directive, &request->settings->directives) {
		code = apply_directive(directive, request->announce_directives, &evaluation->values,
				       reporter, error);
		if (code < 0)
			return code;
	}
	return 0;
}

int conf_evaluate(const struct conf_request *request, struct conf_evaluation *ret,
		  struct reporter *reporter, struct error *error)
{
	cleanup(conf_evaluation_free) struct conf_evaluation evaluation = {0};
	int code = evaluate(request, &evaluation, reporter, error);

	if (code < 0)
		return code;
	*ret = evaluation;
	evaluation = (struct conf_evaluation){0};
	return 0;
}

void conf_evaluation_free(struct conf_evaluation *evaluation)
{
	conf_values_free(&evaluation->values);
	conf_values_free(&evaluation->first_pass);
	conf_values_free(&evaluation->overriding);
	strv_free(&evaluation->files);
}
