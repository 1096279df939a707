/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/path.h"
#include "base/process.h"
#include "base/text.h"
#include "build/builder.h"
#include "build/diagnosis.h"
#include "build/explanation.h"
#include "reuse/failed.h"
#include "tree/layout.h"

/* True if nothing but another source, kernel or set of programs would help. */
static bool is_lasting(const struct diagnosis *found)
{
	static const enum cause_kind passing[] = {CAUSE_OUT_OF_MEMORY,   CAUSE_DISK_FULL,
						  CAUSE_PROCESS_LIMIT,   CAUSE_HEADERS_INCOMPLETE,
						  CAUSE_NETWORK_REFUSED, CAUSE_WRITE_REFUSED,
						  CAUSE_RIGHT_REFUSED,   CAUSE_ACCESS_REFUSED};
	static const char *const signs[] = {"Killed", "Terminated", "Segmentation fault",
					    "internal compiler error"};
	bool by_itself = false;
	const char *line;

	for (size_t i = 0; i < sizeof(passing) / sizeof(*passing); i++)
		if (found->causes.items[passing[i]].line)
			return false;
	STRV_FOREACH (line, &found->errors) {
		for (size_t i = 0; i < sizeof(signs) / sizeof(*signs); i++)
			if (strstr(line, signs[i]))
				return false;
		by_itself |= strcasestr(line, "error") || strstr(line, "***");
	}
	return by_itself;
}

/* For autoinstall, which need not try it again. That it cannot be remembered does no harm. */
static void remember(const struct builder *builder, const char *log, const struct error *failure)
{
	struct reuse_context context = {0};
	const struct reuse_request request = {
		.context = &context,
		.settings = builder->request->settings,
		.id = builder->request->id,
		.package = builder->request->package,
		.kernel = builder->request->kernel,
	};
	cleanup(error_clear) struct error problem = {0};

	(void)failed_remember(&request, error_exit_status(failure), log, &problem);
	reuse_context_free(&context);
}

/* An explanation may hold the line that it is about. */
static bool is_told(const struct explanation *explanation, const char *line)
{
	const char *text;

	STRV_FOREACH (text, &explanation->texts)
		if (strstr(text, line))
			return true;
	return false;
}

/* Compiler or modpost have found something that no download would change. */
static bool is_about_code(const struct strv *errors)
{
	const char *line;

	STRV_FOREACH (line, errors)
		if (strstr(line, ": error:") || strstr(line, "ERROR: modpost"))
			return true;
	return false;
}

/* The lines that say what is wrong, then what that means. */
static void explain(const struct builder *builder, const char *log, struct error *error)
{
	const struct build_request *request = builder->request;
	cleanup(free_string) char *link = layout_source_link(request->settings, request->id);
	cleanup(free_string) char *source = realpath(link, NULL);
	cleanup(free_string) char *command = text_format(
		"%s\n%s", request->package->pre_build ? request->package->pre_build : "",
		request->package->make_command ? request->package->make_command : "");
	cleanup(strv_free) struct strv hidden = {0}, visible = {0};

	visible_paths(request, &builder->environment, &hidden, &visible);
	struct explanation_facts facts = {
		.settings = request->settings,
		.distro = request->distro,
		.id = request->id,
		.kernel = request->kernel,
		.caged = builder->cage && builder->cage->kind == CAGE_FULL,
		.processes_told = builder->cage &&
				  cage_limit_hit(builder->cage) == CAGE_LIMIT_PROCESSES,
		.network = request->package->policy.build_network,
		.in_source = request->package->policy.build_in_source,
		.source = source,
		.link = link,
		.build = builder->workspace->build,
		.command = command,
		.visible = &visible,
	};
	cleanup(diagnosis_free) struct diagnosis found = {0};
	cleanup(explanation_free) struct explanation explanation = {0};
	cleanup(error_clear) struct error reading = {0};
	const char *line;

	if (diagnosis_read(log, &found, &reading) < 0)
		return;
	facts.network_tried = builder->cage && cage_tried_network(builder->cage) &&
			      !is_about_code(&found.errors);
	if (!builder->request->only_cache && !facts.network_tried && builder->make_status > 0 &&
	    builder->make_status < 128 && is_lasting(&found))
		remember(builder, log, error);
	explain_causes(&found.causes, &facts, &explanation);
	STRV_FOREACH (line, &found.errors)
		if (!is_told(&explanation, line))
			(void)error_hint(error, "  %s", line);
	STRV_FOREACH (line, &explanation.texts)
		(void)error_hint(error, "%s", line);
}

/* Ubuntu collects failed builds. Nothing depends on whether it works. */
static void call_apport(const struct builder *builder)
{
	const struct build_request *request = builder->request;
	cleanup(free_string) char *apport = settings_path(request->settings,
							  "/usr/share/apport/apport");
	cleanup(free_string) char *hook = settings_path(
		request->settings, "/usr/share/apport/package-hooks/dkms_packages.py");
	const char *const argv[] = {hook,
				    "-m",
				    request->id->name,
				    "-v",
				    request->id->version,
				    "-k",
				    request->kernel->id.release,
				    NULL};
	const struct process process = {
		.argv = (char *const *)argv, .stdout_fd = -1, .stderr_fd = -1};
	cleanup(error_clear) struct error error = {0};
	int status;

	if (file_is_executable(apport) && file_is_executable(hook))
		(void)process_run(&process, &status, &error);
}

void failure_report(const struct builder *builder, struct error *error)
{
	cleanup(free_string) char *log = path_join(builder->workspace->shown_build, "make.log",
						   NULL);
	cleanup(error_clear) struct error keeping = {0};

	if (error->code == -EINTR)
		return; /* called off, not failed */
	if (!builder->request->only_cache)
		failed_forget(builder->request->settings, builder->request->id,
			      &builder->request->kernel->id);
	if (error->code == -ECHILD || error->exit_status == EXIT_NO_PRODUCT)
		explain(builder, builder->workspace->log, error);
	if (builder->request->only_cache)
		return;
	if (workspace_keep_build(builder->workspace, &keeping) < 0)
		(void)error_hint(error, "Its make.log could not be kept: %s", keeping.message);
	else
		(void)error_hint(error, "Consult %s for more information.", log);
	call_apport(builder);
}
