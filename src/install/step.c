/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "install/step.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/process.h"
#include "base/text.h"
#include "conf/directives.h"
#include "journal/leftovers.h"
#include "tree/layout.h"
#include "tree/safety.h"

/* Programs of the system that follow an install: their failure is a warning, never an error. */

/* A memory file that holds the items, ready to be read; -errno on failure. */
static int open_input(const struct strv *items)
{
	cleanup(close_fd) int fd = memfd_create("dkms-input", MFD_CLOEXEC);
	cleanup(free_string) char *text = strv_join(items, "\n");
	int code = fd < 0 ? -errno : 0;

	if (!code)
		code = file_write_all(fd, text, strlen(text));
	if (!code)
		code = file_write_all(fd, "\n", 1);
	if (!code && lseek(fd, 0, SEEK_SET) < 0)
		code = -errno;
	return code < 0 ? code : TAKE_FD(fd);
}

void system_tool_run(const struct strv *argv, const struct strv *input, const char *consequence,
		     struct reporter *reporter)
{
	cleanup(close_fd) int input_fd = input ? open_input(input) : -1;
	const struct process process = {.argv = strv_argv(argv), .stdin_fd = input ? input_fd : 0};
	cleanup(error_clear) struct error error = {0};
	int status = 0;

	if (input && input_fd < 0)
		error_errno(&error, input_fd, 0, "Cannot make the input of %s", argv->items[0]);
	else
		process_stream(&process, report_output, reporter, &status, &error);
	if (error.code)
		report(reporter, REPORT_WARNING, "%s\n%s", error.message, consequence);
	else if (status)
		report(reporter, REPORT_WARNING, "%s failed with exit status %d.\n%s",
		       argv->items[0], status, consequence);
}

/*
 * Enterprise kernels keep an ABI, so that a module built for one works in its siblings. Tools
 * of these distributions link it into the weak-updates directories of the other kernels.
 *
 *	RHEL	/usr/sbin/weak-modules --no-initramfs --add-modules|--remove-modules
 *	SUSE	/usr/lib/module-init-tools/weak-modules2
 *			--add-kernel-modules K|--remove-kernel-modules K
 *
 * Both read the paths of the modules from stdin, a line each.
 */

#define RHEL_TOOL "/usr/sbin/weak-modules"
#define SUSE_TOOL "/usr/lib/module-init-tools/weak-modules2"

static void add_rhel_words(struct strv *argv, bool added)
{
	strv_add(argv, "--no-initramfs");
	strv_add(argv, added ? "--add-modules" : "--remove-modules");
}

static void add_suse_words(struct strv *argv, bool added, const char *release)
{
	strv_add(argv, added ? "--add-kernel-modules" : "--remove-kernel-modules");
	strv_add(argv, release);
}

void weak_modules_update(const struct placement *placement, bool added, const struct strv *paths,
			 struct reporter *reporter)
{
	enum weak_modules_kind kind = placement->distro->weak_modules;
	cleanup(free_string) char *program = settings_path(
		placement->settings, kind == WEAK_MODULES_SUSE ? SUSE_TOOL : RHEL_TOOL);
	cleanup(strv_free) struct strv argv = {0};

	if (kind == WEAK_MODULES_NONE || !paths->count || !file_is_executable(program) ||
	    (placement->package && placement->package->no_weak_modules))
		return;
	strv_add(&argv, program);
	if (kind == WEAK_MODULES_SUSE)
		add_suse_words(&argv, added, placement->kernel->release);
	else
		add_rhel_words(&argv, added);
	system_tool_run(
		&argv, paths,
		"The links in the weak-updates directories of other kernels may be out of date.",
		reporter);
}

struct placement step_placement(const struct install_request *request, struct module_files *files)
{
	return (struct placement){
		.settings = request->settings,
		.distro = request->distro,
		.id = request->id,
		.package = request->package,
		.kernel = &request->kernel->id,
		.files = files,
	};
}

int step_run_script(const struct install_request *request, const char *kind, const char *command,
		    int *ret_status, struct error *error)
{
	cleanup(free_string) char *source = layout_source_link(request->settings, request->id);
	/* Leftovers of a removed module belong to no kernel. */
	bool removal = text_equal(kind, "post_remove");
	cleanup(strv_free) struct strv exported = {0};

	conf_exported_directives(&request->settings->directives, &exported);
	const struct script script = {
		.kind = kind,
		.kernel = removal ? NULL : &request->kernel->id,
		.command = command,
		.settings = &exported,
		.run_directory = source,
		.safe = !request->package->policy.allow_writable_sources,
	};

	return script_run(request->settings, request->id, &script, ret_status, request->reporter,
			  error);
}

void step_run_late_script(const struct install_request *request, const char *kind,
			  const char *command)
{
	cleanup(error_clear) struct error error = {0};
	int status = 0;

	if (step_run_script(request, kind, command, &status, &error) < 0)
		report(request->reporter, REPORT_WARNING, "The %s script did not run: %s", kind,
		       error.message);
	else if (status)
		report(request->reporter, REPORT_WARNING,
		       "The %s script of %s/%s failed with exit status %d.", kind,
		       request->id->name, request->id->version, status);
}

int step_remove_files(struct transaction *transaction, const struct strv *paths,
		      struct error *error)
{
	const char *path;

	STRV_FOREACH (path, paths) {
		int code = transaction_remove(transaction, path, error);

		if (code < 0)
			return code;
	}
	return 0;
}

/* The first of directory and its parents that has to stay: owned by a package, or base. */
static char *find_stop(const struct distro *distro, const char *directory, const char *base)
{
	char *current = xstrdup(directory);

	while (path_is_within(current, base) && !text_equal(current, base) &&
	       !distro_owns_directory(distro, current)) {
		path_ascend(&current);
	}
	return current;
}

int step_prune_parents(const struct install_request *request, struct transaction *transaction,
		       const struct strv *files, struct error *error)
{
	const char *base = request->kernel->module_directory;
	cleanup(strv_free) struct strv directories = {0};
	const char *path;

	STRV_FOREACH (path, files) {
		cleanup(free_string) char *directory = path_parent(path);

		if (path_is_within(directory, base) && !strv_contains(&directories, directory))
			strv_add_owned(&directories, TAKE(directory));
	}
	STRV_FOREACH (path, &directories) {
		cleanup(free_string) char *stop = find_stop(request->distro, path, base);
		int code = transaction_prune(transaction, path, stop, error);

		if (code < 0)
			return code;
	}
	return 0;
}

int step_apply(const struct install_request *request, struct transaction *transaction,
	       struct error *error)
{
	const struct settings *settings = request->settings;
	const char *release = request->kernel->id.release;
	/* A missing kernel needs no depmod. An existing mark belongs to another run. */
	bool marks = file_is_directory(request->kernel->module_directory) &&
		     !pending_depmod_is_set(settings, release);
	struct error ignored = {0};

	if (marks && pending_depmod_set(settings, release, error) < 0)
		return error->code;
	if (transaction_apply(transaction, error) == 0)
		return 0;
	if (marks && pending_depmod_clear(settings, release, &ignored) < 0)
		error_clear(&ignored);
	return error->code;
}
