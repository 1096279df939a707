/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/kernel_end.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/process.h"
#include "base/text.h"
#include "boot/initramfs.h"
#include "install/modprobe.h"
#include "install/place.h"
#include "journal/leftovers.h"
#include "journal/transaction.h"
#include "kernel/depmod.h"
#include "kernel/module_lists.h"
#include "tree/layout.h"
#include "tree/registry.h"

/* The administrator's command after a run that changed something (post_transaction). */

int post_transaction_run(const struct settings *settings, struct reporter *reporter,
			 struct error *error)
{
	cleanup(free_string) char *log = layout_post_transaction_log(settings);
	cleanup(close_fd) int fd = open(log, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC,
					0644);
	char *const argv[] = {(char *)"bash", (char *)"-c", settings->post_transaction, NULL};
	const struct process process = {.argv = argv, .stdout_fd = fd, .stderr_fd = fd};
	int status;

	if (fd < 0)
		return error_errno(error, -errno, 0, "Cannot write %s", log);
	report_text(reporter, REPORT_STEP, "Executing post-transaction command");
	if (process_run(&process, &status, error) < 0)
		return error->code;
	if (!status) {
		report_text(reporter, REPORT_STEP_DONE, "");
		return 0;
	}
	report(reporter, REPORT_STEP_DONE, "(bad exit status: %d)", status);
	report(reporter, REPORT_WARNING,
	       "The post-transaction command failed with status %d.\nIts output is in %s.", status,
	       log);
	return 0;
}

/*
 * Nothing is due any more, after depmod or as all is taken back. It stays due where a dkms that
 * waits for this one has changes open on the same kernel.
 */
static int end_due_depmod(const struct settings *settings, const char *release, bool taken_back,
			  struct error *error)
{
	bool open = false;

	if (settings->nested && transactions_others_open_for(settings, release, &open, error) < 0)
		return error->code;
	if (open)
		return 0;
	return taken_back ? pending_depmod_withdraw(settings, release, error)
			  : pending_depmod_clear(settings, release, error);
}

/* After a failed depmod, whose files are the old ones again: so must the modules be. */
static void take_back(const struct settings *settings, const struct job *job,
		      struct reporter *reporter, struct error *error)
{
	const char *release = job->kernel->id.release;
	cleanup(error_clear) struct error failure = {0};

	if (transactions_finish(settings, release, false, &failure) < 0 ||
	    end_due_depmod(settings, release, true, &failure) < 0)
		report_text(reporter, REPORT_ERROR, failure.message);
	else if (job->undo_on_failure)
		(void)error_hint(error,
				 "What was just installed for kernel %s has been taken back and is "
				 "left built.",
				 release);
	else
		(void)error_hint(error, "What was just uninstalled for kernel %s is back.",
				 release);
}

/* The directory of a kernel that is gone goes with the last module in it. */
static void remove_empty_directory(const struct settings *settings, const char *release)
{
	cleanup(free_string) char *directory = path_join(settings->install_tree, release, NULL);

	(void)rmdir(directory); /* it may well hold something */
}

/* The lines for modprobe follow what is installed on this kernel. */
static int settle_modprobe(const struct job *job, const struct run_context *context,
			   struct reporter *reporter, struct error *error)
{
	for (size_t i = 0; i < context->plan->count; i++) {
		const struct job *other = &context->plan->jobs[i];

		if ((other->kind != JOB_INSTALL && other->kind != JOB_UNINSTALL) ||
		    !text_equal(other->kernel->id.release, job->kernel->id.release))
			continue;
		const struct placement placement = {
			.settings = context->settings,
			.distro = context->distro,
			.id = &other->id,
			.package = other->package,
			.kernel = &other->kernel->id,
		};

		if (modules_conf_settle(&placement, reporter, error) < 0)
			return error->code;
	}
	return 0;
}

/* The files of a module that this run installed on the kernel; none if it did not. */
static void installed_files(const struct job *job, const struct run_context *context,
			    const struct job *install, struct strv *files)
{
	if (install->kind != JOB_INSTALL ||
	    !text_equal(install->kernel->id.release, job->kernel->id.release))
		return;
	const struct placement placement = {
		.settings = context->settings,
		.distro = context->distro,
		.id = &install->id,
		.package = install->package,
		.kernel = &install->kernel->id,
	};

	cleanup(installed_record_free) struct installed_record record = {0};

	if (registry_is_installed(placement.settings, placement.id, placement.kernel))
		installed_record_read(&placement, &record);
	strv_add_all(files, &record.targets);
}

/* Installs whose files make depmod fail, and the number of the others. */
static void find_culprits(const struct job *job, const struct run_context *context,
			  const struct job **culprits, size_t *ret_count, size_t *ret_innocent)
{
	for (size_t i = 0; i < context->plan->count; i++) {
		const struct job *install = &context->plan->jobs[i];
		cleanup(strv_free) struct strv files = {0};

		installed_files(job, context, install, &files);
		if (!files.count)
			continue;
		if (kernel_depmod_accepts(context->settings, job->kernel->id.release, &files))
			(*ret_innocent)++;
		else
			culprits[(*ret_count)++] = install;
	}
}

/* A depmod that fails over one of the kernel's own modules, too, has other reasons. */
static bool depmod_works(const struct job *job, const struct run_context *context)
{
	const struct settings *settings = context->settings;
	const char *release = job->kernel->id.release;
	cleanup(free_string) char *directory = path_join(settings->install_tree, release, NULL);
	cleanup(strv_free) struct strv own = {0};
	char *first = modules_order_first(directory);

	if (!first)
		return false;
	strv_add_owned(&own, first);
	return kernel_depmod_accepts(settings, release, &own);
}

/* By itself each module is fine: the one without which the others are fine together, or NULL. */
static const struct job *find_odd_one(const struct job *job, const struct run_context *context)
{
	for (size_t i = 0; i < context->plan->count; i++) {
		cleanup(strv_free) struct strv own = {0};
		cleanup(strv_free) struct strv others = {0};

		installed_files(job, context, &context->plan->jobs[i], &own);
		for (size_t j = 0; own.count && j < context->plan->count; j++)
			if (j != i)
				installed_files(job, context, &context->plan->jobs[j], &others);
		if (others.count &&
		    kernel_depmod_accepts(context->settings, job->kernel->id.release, &others))
			return &context->plan->jobs[i];
	}
	return NULL;
}

static int take_back_one(const struct job *culprit, const struct settings *settings,
			 struct reporter *reporter, struct error *error)
{
	const struct module_id *id = &culprit->id;
	const char *release = culprit->kernel->id.release;

	if (transactions_take_back(settings, release, id->name, error) < 0)
		return error->code;
	report(reporter, REPORT_ERROR,
	       "depmod fails for kernel %s because of %s/%s: a module of it is damaged. It has been "
	       "taken back and is left built. Build it anew with --force.",
	       release, id->name, id->version);
	report(reporter, REPORT_TAKEN_BACK, "%s/%s", id->name, id->version);
	return 0;
}

/* Takes back what depmod cannot live with; false if nobody knows what that is, or it is all. */
static bool take_culprits_back(const struct job *job, const struct run_context *context,
			       struct reporter *reporter, struct error *error)
{
	cleanup(free_string)
		const struct job **culprits = xcalloc(context->plan->count + 1, sizeof(*culprits));
	size_t count = 0, innocent = 0;

	find_culprits(job, context, culprits, &count, &innocent);
	if (!count && innocent > 1 && (culprits[0] = find_odd_one(job, context)))
		count = 1;
	if (!count || (!innocent && !depmod_works(job, context)))
		return false;
	for (size_t i = 0; i < count; i++)
		if (take_back_one(culprits[i], context->settings, reporter, error) < 0)
			return false;
	return settle_modprobe(job, context, reporter, error) == 0;
}

/* Runs depmod; installs that make it fail are taken back. */
static int run_depmod(const struct job *job, const struct run_context *context,
		      struct reporter *reporter, struct error *error)
{
	const struct settings *settings = context->settings;
	const char *release = job->kernel->id.release;
	cleanup(error_clear) struct error failure = {0};

	if (job->no_depmod || kernel_depmod(settings, release, reporter, error) == 0)
		return 0;
	(void)error_set_status(error, EXIT_INSTALL);
	if (error->code == -EINTR || !job->undo_on_failure ||
	    !take_culprits_back(job, context, reporter, &failure)) {
		return error->code;
	}
	error_clear(error);
	return kernel_depmod(settings, release, reporter, error);
}

static bool is_followed(const struct job *job, const struct plan *plan)
{
	for (size_t i = 0; i < plan->count; i++)
		if (plan->jobs[i].kind == JOB_INITRAMFS &&
		    text_equal(plan->jobs[i].kernel->id.release, job->kernel->id.release))
			return true;
	return false;
}

/* True if the job has done what it was to do: its module is there, or is not any more. */
static bool has_changed(const struct settings *settings, const struct job *job)
{
	bool is_installed = registry_is_installed(settings, &job->id, &job->kernel->id);

	return job->kind == JOB_RESTORE || (job->kind == JOB_INSTALL && is_installed) ||
	       (job->kind == JOB_UNINSTALL && !is_installed);
}

/* The names of a package's modules, as lines of initramfs_due_add(). */
static void add_changed(const struct settings *settings, const struct job *job, struct strv *lines)
{
	const struct package *package = job->package;
	enum initramfs_policy policy = package ? package->policy.initramfs
					       : settings->policy.initramfs;

	bool is_critical = package && package->policy.critical == CRITICAL_YES;
	const char *setting = policy == INITRAMFS_ALWAYS ? " initramfs"
			      : is_critical              ? " critical"
							 : "";

	if (policy == INITRAMFS_NEVER)
		return;
	for (size_t i = 0; i < (package ? package->module_count : 1); i++) {
		cleanup(free_string) char *name = module_kernel_name(
			package ? package->modules[i].dest_name : job->id.name);

		strv_add_format(lines, "%s%s", name, setting);
	}
}

/* Records the modules for the check of the initramfs before the change is final. */
static int note_for_initramfs(const struct job *job, const struct run_context *context,
			      struct error *error)
{
	const struct settings *settings = context->settings;
	const char *release = job->kernel->id.release;
	cleanup(strv_free) struct strv lines = {0};

	if (!is_followed(job, context->plan))
		return initramfs_due_clear(settings, release, error);
	for (size_t i = 0; i < context->plan->count; i++) {
		const struct job *change = &context->plan->jobs[i];

		if (change->kernel && text_equal(change->kernel->id.release, release) &&
		    has_changed(settings, change))
			add_changed(settings, change, &lines);
	}
	return initramfs_due_add(settings, release, &lines, error);
}

int kernel_end(const struct job *job, const struct run_context *context, struct reporter *reporter,
	       struct error *error)
{
	const struct settings *settings = context->settings;
	const char *release = job->kernel->id.release;
	cleanup(error_clear) struct error failure = {0};

	if (settle_modprobe(job, context, reporter, error) < 0) {
		(void)error_set_status(error, EXIT_INSTALL);
		take_back(settings, job, reporter, error);
		return error->code;
	}
	if (run_depmod(job, context, reporter, error) < 0) {
		(void)error_set_status(error, EXIT_INSTALL);
		if (job->undo_on_failure)
			take_back(settings, job, reporter, error);
		else if (transactions_finish(settings, release, true, &failure) < 0)
			report_text(reporter, REPORT_ERROR, failure.message);
		return error->code;
	}
	if (note_for_initramfs(job, context, error) < 0 ||
	    transactions_finish(settings, release, true, error) < 0)
		return error->code;
	remove_empty_directory(settings, release);
	return end_due_depmod(settings, release, false, error);
}
