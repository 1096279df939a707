/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One command of a build: a step that the user sees beginning and ending, and a block of make.log.
 * Runs in the cage, with the environment of the build.
 */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/file.h"
#include "base/interrupt.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/text.h"
#include "build/builder.h"
#include "build/environment.h"
#include "build/make.h"
#include "build/make_log.h"
#include "shim/fronts.h"
#include "tree/safety.h"

struct step {
	const char *label; /* "Building module(s)" */
	const char *shown; /* what make.log calls the command */
	char *const *argv;
	const char *directory; /* as commands see it; NULL: the build directory */
	const char *makeflags; /* value of MAKEFLAGS; NULL: not set */
	int keep_fds[2];       /* further descriptors the command inherits; {-1,-1}: none */
};

static int run_command(const struct builder *builder, const struct step *step, int *ret_status,
		       struct error *error)
{
	cleanup(strv_free) struct strv environment = {0};

	strv_add_all(&environment, &builder->environment);
	if (step->makeflags)
		environment_set(&environment, "MAKEFLAGS", step->makeflags);
	struct log_relay relay;

	if (log_relay_start(builder->log, &relay, error) < 0)
		return error->code;
	const struct process process = {
		.argv = step->argv,
		.env = strv_argv(&environment),
		.directory = step->directory ? step->directory : builder->workspace->shown_build,
		.stdout_fd = relay.input,
		.stderr_fd = relay.input,
	};

	(void)cage_run(builder->cage, &process, step->keep_fds, ret_status, error);
	(void)log_relay_finish(&relay, error);
	return error->code;
}

/*
 * *ret_status is the command's exit status, 128 + N after death by signal N. A status other
 * than 0 has been reported as the end of the step. The caller makes an error of it. Fails
 * if the command could not be run or dkms is to stop.
 */
static int step_run(const struct builder *builder, const struct step *step, int *ret_status,
		    struct error *error)
{
	struct reporter *reporter = builder->request->reporter;
	int status = 0;

	report(reporter, REPORT_VERBOSE, "Command: %s", step->shown);
	report_text(reporter, REPORT_STEP, step->label);
	if (make_log_begin(builder->log, step->label, step->shown, error) < 0 ||
	    run_command(builder, step, &status, error) < 0 ||
	    make_log_end(builder->log, status, error) < 0) {
		report_text(reporter, REPORT_STEP_DONE, "(not finished)");
		return error->code;
	}
	if (status)
		report(reporter, REPORT_STEP_DONE, "(bad exit status: %d)", status);
	else
		report_text(reporter, REPORT_STEP_DONE, "");
	/* A command that was interrupted along with dkms has not failed by itself. */
	if (status && interrupt_pending())
		return interrupt_error(error);
	*ret_status = status;
	return 0;
}

enum { NO_FILE = 125 };

static bool has_parent_component(const char *path)
{
	cleanup(strv_free) struct strv components = {0};

	strv_split(&components, path, "/");
	return strv_contains(&components, "..");
}

static int refuse(const struct build_request *request, const char *patch, const char *reason,
		  struct error *error)
{
	return error_set(error, -ENOENT, EXIT_PATCH_MISSING,
			 "The patch %s of %s/%s %s.\nPatches named by PATCH in dkms.conf belong in "
			 "the directory patches of the source or in /etc/dkms/%s/patches.",
			 patch, request->id->name, request->id->version, reason, request->id->name);
}

/* Files of the source, which only commands in the cage open. */
static int apply(const struct builder *builder, const char *patch, struct error *error)
{
	const struct module_id *id = builder->request->id;
	/* Without -f, patch would ask its questions on the terminal. A FIFO would stop it for ever.
	 */
	static const char script[] = "test -f \"$1\" || exit 125; exec patch -p1 -f -i \"$1\"";
	cleanup(free_string) char *file = path_join("patches", patch, NULL);
	const char *const argv[] = {"sh", "-c", script, "sh", file, NULL};
	cleanup(free_string) char *label = text_format(LABEL_PATCH, patch);
	cleanup(free_string) char *shown = text_format("patch -p1 -f -i %s", file);
	const struct step step = {
		.label = label, .shown = shown, .argv = (char *const *)argv, .keep_fds = {-1, -1}};
	int status = 0;

	if (step_run(builder, &step, &status, error) < 0)
		return error_set_status(error, EXIT_INSTALL);
	if (status == NO_FILE)
		return refuse(builder->request, patch, "cannot be read", error);
	if (status)
		return error_set(error, -ECHILD, EXIT_INSTALL,
				 "The patch %s of %s/%s does not apply (patch ended with status "
				 "%d).",
				 patch, id->name, id->version, status);
	return 0;
}

int patches_apply(const struct builder *builder, struct error *error)
{
	const struct build_request *request = builder->request;
	const char *patch;

	/* All of them first: a missing one must not leave half of them applied. */
	STRV_FOREACH (patch, &request->package->patches) {
		cleanup(free_string) char *path = path_join(builder->workspace->build, "patches",
							    patch, NULL);

		if (has_parent_component(patch))
			return refuse(request, patch, "has a \"..\" in its path", error);
		/* Only the cage follows links. */
		if (!file_is_symlink(path) && !file_is_regular(path))
			return refuse(request, patch, "is not there", error);
	}
	STRV_FOREACH (patch, &request->package->patches)
		if (apply(builder, patch, error) < 0)
			return error->code;
	return 0;
}

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
	int status = 0;

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
	int status = 0;

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
