/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dkms conf: the values of a dkms.conf, for people, for programs and for its authors. */
#include <errno.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/path.h"
#include "cli/actions.h"
#include "conf/dump.h"
#include "conf/framework.h"
#include "kernel/kernel.h"
#include "tree/layout.h"

static bool names_conf(const struct invocation *invocation)
{
	return invocation->source_directory || invocation->id.name ||
	       invocation->options->conf_file || file_exists("dkms.conf");
}

/* The conf of a directory, of a registered module or of the source tree, in this order. */
static int find_conf(struct invocation *invocation, char **ret_path, struct error *error)
{
	const struct options *options = invocation->options;
	const char *directory = invocation->source_directory;

	if (!directory && !invocation->id.name && !options->conf_file && file_exists("dkms.conf"))
		directory = ".";
	if (options->conf_file || directory) {
		*ret_path = options->conf_file ? xstrdup(options->conf_file)
					       : path_join(directory, "dkms.conf", NULL);
		return 0;
	}
	if (!invocation->id.name || !invocation->id.version)
		return error_set(error, -EINVAL, EXIT_USAGE,
				 "Whose dkms.conf? Name it: dkms conf M/V, or dkms conf DIRECTORY");
	cleanup(free_string) char *link = layout_source_link(&invocation->settings,
							     &invocation->id);
	cleanup(free_string) char *source = layout_source_directory(&invocation->settings,
								    &invocation->id);

	*ret_path = path_join(file_is_directory(link) ? link : source, "dkms.conf", NULL);
	return 0;
}

static const char *config_value(void *context, const char *symbol)
{
	return kernel_config_value(context, symbol);
}

static int load(const struct conf_request *request, struct kernel *kernel,
		const struct conf_evaluation *evaluation, struct package **ret_package,
		struct reporter *reporter, struct error *error)
{
	if (package_from_values(request, &evaluation->values, ret_package, reporter, error) < 0)
		return error->code;
	return package_apply_exclusions(*ret_package, request->kernel_release, request->arch,
					config_value, kernel, error);
}

/* Also reports faults of the command line and of framework.conf. */
static int lint_rest(const struct settings *settings, struct lint_findings *findings,
		     struct error *error)
{
	const char *directive;

	STRV_FOREACH (directive, &settings->directives)
		conf_lint_directive(findings, directive);
	return framework_lint(settings->root, findings, error);
}

static void print_dump(struct invocation *invocation, const struct conf_dump *dump)
{
	cleanup(free_string) char *text = invocation->options->json ? conf_dump_json(dump)
								    : conf_dump_text(dump);

	report_text(&invocation->ui->reporter, REPORT_OUTPUT, text);
}

/* Without a module there is still framework.conf. */
static int lint_framework(struct invocation *invocation, int *ret_status, struct error *error)
{
	cleanup(lint_findings_free) struct lint_findings findings = {0};

	if (lint_rest(&invocation->settings, &findings, error) < 0)
		return error->code;
	print_dump(invocation, &(struct conf_dump){.findings = &findings});
	*ret_status = findings.count ? EXIT_UNSOUND : 0;
	return 0;
}

static int show(struct invocation *invocation, const struct conf_request *request,
		struct kernel *kernel, int *ret_status, struct error *error)
{
	struct reporter *reporter = &invocation->ui->reporter;
	cleanup(conf_evaluation_free) struct conf_evaluation evaluation = {0};
	cleanup(package_free_handler) struct package *package = NULL;
	cleanup(lint_findings_free) struct lint_findings findings = {0};
	struct error bad = {0};

	if (conf_evaluate(request, &evaluation, reporter, error) < 0 ||
	    conf_find_origins(&evaluation.values, error) < 0 ||
	    conf_find_origins(&evaluation.first_pass, error) < 0 ||
	    conf_find_origins(&evaluation.overriding, error) < 0)
		return error->code;
	(void)load(request, kernel, &evaluation, &package, reporter, &bad);
	if (invocation->options->lint &&
	    (conf_lint(&evaluation, &evaluation.first_pass, &findings, error) < 0 ||
	     lint_rest(&invocation->settings, &findings, error) < 0)) {
		error_clear(&bad);
		return error->code;
	}
	const struct conf_dump dump = {&evaluation, package,
				       invocation->options->lint ? &findings : NULL};

	print_dump(invocation, &dump);
	*ret_status = findings.count ? EXIT_UNSOUND : 0;
	return error_move(error, &bad);
}

int action_conf(struct invocation *invocation, int *ret_status, struct error *error)
{
	const struct kernel_id *kernel_id = &invocation->kernels.items[0];
	cleanup(kernel_free_handler) struct kernel *kernel = NULL;
	cleanup(free_string) char *conf_file = NULL;

	if (invocation->options->lint && !names_conf(invocation))
		return lint_framework(invocation, ret_status, error);
	if (find_conf(invocation, &conf_file, error) < 0 ||
	    kernel_open(&invocation->settings, kernel_id, &kernel, error) < 0)
		return error->code;
	const struct conf_request request = {
		.settings = &invocation->settings,
		.conf_file = conf_file,
		.module = invocation->id.name,
		.module_version = invocation->id.version,
		.kernel_release = kernel_id->release,
		.arch = kernel_id->arch,
		.kernel_source_dir = kernel->source_directory,
		.kernel_config = kernel->config_path,
		.check_duplicates = true,
		.keep_first_pass = invocation->options->lint,
	};

	return show(invocation, &request, kernel, ret_status, error);
}
