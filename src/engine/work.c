/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/work.h"

#include <errno.h>
#include <unistd.h>

#include "base/path.h"
#include "base/text.h"
#include "boot/initramfs.h"
#include "build/build.h"
#include "sign/resign.h"
#include "engine/kernel_end.h"
#include "install/install.h"
#include "install/modprobe.h"
#include "package/add.h"
#include "package/tarball.h"
#include "tree/layout.h"
#include "journal/leftovers.h"
#include "tree/registry.h"
#include "journal/transaction.h"

/* Another job of the kind for the job's kernel. */
static bool has_another(const struct plan *plan, const struct job *job, enum job_kind kind)
{
	for (size_t i = 0; i < plan->count; i++)
		if (plan->jobs[i].kind == kind && plan->jobs[i].kernel == job->kernel &&
		    &plan->jobs[i] != job)
			return true;
	return false;
}

/*
 * A script that this run has started may have run dkms, too: what that has done since the plan was
 * made is done.
 */
static bool is_done(const struct job *job, const struct settings *settings,
		    struct reporter *reporter)
{
	const struct module_id *id = &job->id;
	const struct kernel_id *kernel = job->kernel ? &job->kernel->id : NULL;

	if (job->kind == JOB_ADD && !job->loaded &&
	    registry_version_state(settings, id) == VERSION_ADDED) {
		report(reporter, REPORT_LINE, "Module %s/%s already added.", id->name, id->version);
		return true;
	}
	if (job->kind == JOB_BUILD && !job->force && kernel &&
	    registry_is_built(settings, id, kernel)) {
		report(reporter, REPORT_LINE,
		       "Module %s/%s already built for kernel %s (%s), skip.", id->name,
		       id->version, kernel->release, kernel->arch);
		return true;
	}
	if (job->kind == JOB_INSTALL && !job->force && !job->again && kernel &&
	    registry_is_installed(settings, id, kernel)) {
		report(reporter, REPORT_LINE,
		       "Module %s/%s already installed on kernel %s (%s), skip.", id->name,
		       id->version, kernel->release, kernel->arch);
		return true;
	}
	return job->kind == JOB_FORGET && registry_version_state(settings, id) == VERSION_UNKNOWN;
}

/* A link to an active build that is missing would make the new build look installed. */
static int drop_dead_link(const struct job *job, const struct settings *settings,
			  struct error *error)
{
	cleanup(free_string) char *link = layout_active_link(settings, job->id.name,
							     &job->kernel->id);
	cleanup(free_string) char *linked = registry_linked_version(settings, job->id.name,
								    &job->kernel->id);

	if (!text_equal(linked, job->id.version) ||
	    registry_is_built(settings, &job->id, &job->kernel->id))
		return 0;
	return unlink(link) < 0 ? error_errno(error, -errno, 0, "Cannot remove %s", link) : 0;
}

static int build(const struct job *job, const struct work_context *context,
		 struct reporter *reporter, struct error *error)
{
	const struct engine_options *options = context->options;
	bool trial = job->kind == JOB_TRY;
	cleanup(signing_free_handler) struct signing *signing =
		trial ? NULL
		      : signing_choose(options->settings, options->distro, job->kernel, reporter);
	const struct build_request request = {
		.settings = options->settings,
		.id = &job->id,
		.package = job->package,
		.kernel = job->kernel,
		.signing = signing,
		.distro = options->distro,
		.digests = &context->plan->reuse.memo,
		.learn_probes = has_another(context->plan, job, JOB_BUILD),
		.jobs = context->jobs,
		.replace = job->force,
		.candidate = job->candidate,
		.fleet = job->pulled ? context->plan->fleet : NULL,
		.failed_before = job->failed_before,
		.only_cache = trial,
		.glimpse = context->glimpse,
		.jobserver = *context->jobserver,
		.cage_support = context->cage_support,
		.number = (unsigned int)(job - context->plan->jobs),
		.reporter = reporter,
	};

	if (!trial && drop_dead_link(job, options->settings, error) < 0)
		return error->code;
	return build_module(&request, error);
}

/* A copy that was made to be added, and replaced nothing, goes when it cannot be. */
static void discard_import(const struct job *job, const struct work_context *context,
			   struct error *error)
{
	for (size_t i = 0; i < job->edge_count; i++) {
		const struct job *import = &context->plan->jobs[job->edges[i].job];
		cleanup(error_clear) struct error failure = {0};

		if (import->kind != JOB_IMPORT || import->force)
			continue;
		if (package_discard_import(context->options->settings, &job->id, &failure) < 0)
			(void)error_hint(error, "%s", failure.message);
	}
}

/* The first build or install that needs this module added; NULL if there is none. */
static const struct kernel_id *kernel_to_add_for(const struct job *add, const struct plan *plan)
{
	for (size_t i = 0; i < plan->count; i++) {
		const struct job *job = &plan->jobs[i];

		if ((job->kind == JOB_BUILD || job->kind == JOB_INSTALL) &&
		    module_id_equal(&job->id, &add->id))
			return &job->kernel->id;
	}
	return NULL;
}

static int add(const struct job *job, const struct work_context *context, struct reporter *reporter,
	       struct error *error)
{
	const struct settings *settings = context->options->settings;
	const struct kernel_id *kernel = kernel_to_add_for(job, context->plan);

	if (job->loaded) {
		package_post_add(settings, &job->id, job->package, kernel, reporter);
		return 0;
	}
	if (package_add(settings, &job->id, job->package, kernel, reporter, error) < 0)
		discard_import(job, context, error);
	return error->code;
}

static int unpack(const struct job *job, const struct settings *settings, struct reporter *reporter,
		  struct error *error)
{
	const struct tarball_load_request request = {
		.settings = settings,
		.id = &job->id,
		.tarball = job->tarball,
		.force = job->force,
		.reporter = reporter,
	};

	return tarball_load(&request, error);
}

static int sign(const struct job *job, const struct engine_options *options,
		struct reporter *reporter, struct error *error)
{
	cleanup(signing_free_handler) struct signing *signing = signing_choose(
		options->settings, options->distro, job->kernel, reporter);

	return resign_modules(signing, &job->id, reporter, error);
}

static struct install_request install_request(const struct job *job,
					      const struct work_context *context,
					      struct reporter *reporter)
{
	const struct engine_options *options = context->options;

	return (struct install_request){
		.settings = options->settings,
		.distro = options->distro,
		.id = &job->id,
		.package = job->package,
		.kernel = job->kernel,
		.force = job->force,
		.again = job->again,
		.force_version_override = job->force_version_override,
		.known_files = context->files,
		.reporter = reporter,
	};
}

void work_prepare(const struct job *job, const struct work_context *context)
{
	if (job->kind == JOB_INSTALL && has_another(context->plan, job, JOB_INSTALL))
		module_files_note(context->files, job->kernel);
}

static int end_kernel(const struct job *job, const struct work_context *context,
		      struct reporter *reporter, struct error *error)
{
	const struct run_context run = {.plan = context->plan,
					.settings = context->options->settings,
					.distro = context->options->distro};

	return kernel_end(job, &run, reporter, error);
}

int work_run(const struct job *job, const struct work_context *context, struct reporter *reporter,
	     struct error *error)
{
	const struct engine_options *options = context->options;
	const struct settings *settings = options->settings;
	const struct install_request request = install_request(job, context, reporter);

	if (is_done(job, settings, reporter))
		return 0;
	switch (job->kind) {
	case JOB_NOTICE:
		report_text(reporter, REPORT_LINE, job->text);
		return 0;
	case JOB_FAILURE:
		return error_set(error, job->error.code, job->error.exit_status, "%s",
				 job->error.message);
	case JOB_IMPORT:
		return package_import_source(settings, &job->id, job->text, reporter, error);
	case JOB_UNPACK:
		return unpack(job, settings, reporter, error);
	case JOB_ADD:
		return add(job, context, reporter, error);
	case JOB_BUILD:
	case JOB_TRY:
		return build(job, context, reporter, error);
	case JOB_SIGN:
		return sign(job, options, reporter, error);
	case JOB_INSTALL:
		return install_module(&request, error);
	case JOB_UNINSTALL:
		return uninstall_module(&request, error);
	case JOB_RESTORE:
		return restore_originals(&request, error);
	case JOB_UNBUILD:
		if (transactions_require_settled(settings, job->kernel->id.release, error) < 0)
			return error->code;
		return build_remove(settings, &job->id, &job->kernel->id, error);
	case JOB_FORGET:
		if (transactions_require_settled(settings, NULL, error) < 0)
			return error->code;
		return package_forget(settings, &job->id, reporter, error);
	case JOB_DISCARD:
		return leftovers_discard(settings, job->text, error);
	case JOB_DEPMOD:
		return end_kernel(job, context, reporter, error);
	case JOB_INITRAMFS:
		return initramfs_refresh(settings, options->distro, job->kernel->id.release,
					 reporter, error);
	case JOB_LOAD:
		return install_load_modules(&request, error);
	case JOB_POST_TRANSACTION:
		return post_transaction_run(settings, reporter, error);
	}
	return error_set(error, -EINVAL, 0, "Unknown kind of job %d", (int)job->kind);
}
