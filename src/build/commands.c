/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>

#include "base/memory.h"
#include "base/path.h"
#include "base/text.h"
#include "build/builder.h"
#include "build/environment.h"
#include "build/make_command.h"
#include "build/step.h"
#include "shim/fronts.h"
#include "tree/script.h"

/*
 * MAKE, PRE_BUILD and POST_BUILD are bash, and see what a dkms.conf sees: as shell variables, which
 * make does not inherit. The values go in as arguments, so that nothing in them is evaluated.
 */
static void add_bash(const struct builder *builder, const char *command, struct strv *argv)
{
	const struct build_request *request = builder->request;
	const struct settings *settings = request->settings;
	const struct {
		const char *name, *value;
	} variables[] = {
		{"kernelver", request->kernel->id.release},
		{"arch", request->kernel->id.arch},
		{"kernel_source_dir", request->kernel->source_directory},
		{"kernel_config", request->kernel->config_path},
		{"dkms_tree", settings->dkms_tree},
		{"source_tree", settings->source_tree},
		{"install_tree", settings->install_tree},
		{"tmp_location", settings->temporary},
		{"module", request->id->name},
		{"module_version", request->id->version},
	};
	enum { COUNT = sizeof(variables) / sizeof(*variables) };
	struct buffer script = {0};

	for (size_t i = 0; i < COUNT; i++)
		buffer_add_format(&script, "%s=${%zu} ", variables[i].name, i + 2);
	buffer_add_format(&script, "parallel_jobs=%d; eval \"set --; $1\"", request->jobs);
	strv_add(argv, "bash");
	strv_add(argv, "-O");
	strv_add(argv, "extglob");
	strv_add(argv, "-c");
	strv_add_owned(argv, buffer_take(&script));
	strv_add(argv, "bash"); /* what it calls itself in messages */
	strv_add(argv, command);
	for (size_t i = 0; i < COUNT; i++)
		strv_add(argv, variables[i].value ? variables[i].value : "");
}

/*
 * Runs a script that was found in directory. Its directive is shell text, in which only the first
 * word gets a path: quotes, redirections and || are the shell's.
 */
static int run_script(const struct builder *builder, const struct script *script,
		      const char *directory, struct error *error)
{
	const struct module_id *id = builder->request->id;
	cleanup(free_string) char *shown_directory = workspace_shown_path(builder->workspace,
									  directory);
	cleanup(free_string) char *label = text_format("Running the %s script", script->kind);
	cleanup(free_string) char *text = text_trimmed(script->command);
	cleanup(free_string) char *shown = path_join(shown_directory, text, NULL);
	cleanup(free_string) char *place = text_shell_quoted(shown_directory);
	cleanup(free_string) char *command = path_join(place, text, NULL);
	cleanup(strv_free) struct strv argv = {0};
	int status;

	add_bash(builder, command, &argv);
	const struct step step = {.label = label,
				  .shown = shown,
				  .argv = strv_argv(&argv),
				  .directory = shown_directory,
				  .keep_fds = {-1, -1}};

	if (step_run(builder, &step, &status, error) < 0)
		return error_set_status(error, EXIT_BUILD_FAILED);
	if (status)
		return error_set(error, -ECHILD, status,
				 "The %s script of %s/%s ended with status %d.", script->kind,
				 id->name, id->version, status);
	return 0;
}

static int run_hook(const struct builder *builder, const char *kind, const char *command,
		    struct error *error)
{
	const struct build_request *request = builder->request;
	const struct script script = {
		.kind = kind, .command = command, .run_directory = builder->workspace->build};
	cleanup(free_string) char *file = NULL, *directory = NULL;

	if (text_empty(command))
		return 0;
	script_locate(request->settings, request->id->name, &script, &file, &directory);
	if (file)
		return run_script(builder, &script, directory, error);
	report(request->reporter, REPORT_WARNING,
	       "The %s script of %s/%s, \"%s\", is no executable file and is passed over.", kind,
	       request->id->name, request->id->version, command);
	return 0;
}

int commands_run_pre_build(const struct builder *builder, struct error *error)
{
	return run_hook(builder, "pre_build", builder->request->package->pre_build, error);
}

int commands_run_post_build(const struct builder *builder, struct error *error)
{
	return run_hook(builder, "post_build", builder->request->package->post_build, error);
}

static int make_failed(const struct builder *builder, int status, struct error *error)
{
	const struct kernel_id *kernel = &builder->request->kernel->id;

	return error_set(error, -ECHILD, EXIT_BUILD_FAILED,
			 "Bad return status for module build on kernel: %s (%s)\n"
			 "The build command of %s/%s ended with status %d.",
			 kernel->release, kernel->arch, builder->request->id->name,
			 builder->request->id->version, status);
}

/* For --jobserver-auth, owned; NULL: there is no jobserver. */
static char *jobserver_address(const struct builder *builder, bool by_name)
{
	const struct make_jobserver *jobserver = &builder->request->jobserver;

	if (by_name)
		return text_format("fifo:%s", builder->cage->kind == CAGE_FULL ? FRONT_JOBSERVER
									       : jobserver->fifo);
	return jobserver->ends[0] < 0
		       ? NULL
		       : text_format("%d,%d", jobserver->ends[0], jobserver->ends[1]);
}

int commands_run_make(struct builder *builder, struct error *error)
{
	const struct build_request *request = builder->request;
	const char *search = environment_get(&builder->environment, "PATH");
	bool by_name = make_opens_jobserver(&request->jobserver, search);
	cleanup(free_string) char *jobserver = jobserver_address(builder, by_name);
	const struct make_command make = {
		.command = request->package->make_command,
		.release = request->kernel->id.release,
		.headers = request->kernel->source_directory,
		.build = builder->workspace->shown_build,
		.jobs = request->jobs,
		.jobserver = jobserver,
	};
	cleanup(free_string) char *command = make_command_text(&make);
	cleanup(free_string) char *flags = make_command_flags(&make);
	bool inherited = flags && !by_name;
	cleanup(strv_free) struct strv argv = {0};
	int status;

	add_bash(builder, command, &argv);
	const struct step step = {
		.label = LABEL_BUILDING,
		.shown = command,
		.argv = strv_argv(&argv),
		.makeflags = flags,
		.keep_fds = {inherited ? request->jobserver.ends[0] : -1,
			     inherited ? request->jobserver.ends[1] : -1},
	};

	if (step_run(builder, &step, &status, error) < 0)
		return error_set_status(error, EXIT_BUILD_FAILED);
	builder->make_status = status;
	return status ? make_failed(builder, status, error) : 0;
}
