/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The end of every plan: one depmod per kernel, loading, the post-transaction command. */
#include <stdlib.h>

#include "base/text.h"
#include "boot/initramfs.h"
#include "kernel/kernel.h"
#include "kernel/module_lists.h"
#include "plan/facts.h"
#include "plan/planner.h"
#include "plan/remove.h"

static bool changes_kernel(const struct job *job)
{
	return job->kind == JOB_INSTALL || job->kind == JOB_UNINSTALL || job->kind == JOB_RESTORE;
}

/* Adds the job that ends all installs and uninstalls on a kernel release. */
static void end_kernel(struct planner *planner, const struct kernel *kernel, size_t changes)
{
	struct plan *plan = planner->plan;
	size_t depmod = plan_add_job(plan, JOB_DEPMOD, NULL, kernel);

	plan->jobs[depmod].no_depmod = planner->no_depmod;
	plan->jobs[depmod].follows_success = true;
	for (size_t i = 0; i < changes; i++) {
		const struct job *job = &plan->jobs[i];

		if (!changes_kernel(job) ||
		    !text_equal(job->kernel->id.release, kernel->id.release))
			continue;
		plan_add_edge(plan, depmod, i, false);
		/* Only what was installed has an older state worth going back to. */
		if (job->kind == JOB_INSTALL)
			plan->jobs[depmod].undo_on_failure = true;
	}
}

static bool is_ended(const struct plan *plan, size_t from, const char *release)
{
	for (size_t i = from; i < plan->count; i++)
		if (text_equal(plan->jobs[i].kernel->id.release, release))
			return true;
	return false;
}

/* Nothing changes on these kernels, but depmod does not know their modules yet. */
static void run_depmod(struct planner *planner, size_t changes)
{
	struct plan *plan = planner->plan;

	for (size_t i = 0; i < plan->kernel_count; i++) {
		const struct kernel *kernel = plan->kernels[i];

		if (planner_find(planner, PLANNED_DEPMOD, NULL, &kernel->id) != PLAN_NONE &&
		    !is_ended(plan, changes, kernel->id.release))
			(void)plan_add_job(plan, JOB_DEPMOD, NULL, kernel);
	}
}

static bool policy_forbids_initramfs(const struct planner *planner, const struct job *job)
{
	const struct policy *policy = job->package ? &job->package->policy
						   : &planner->settings->policy;

	return policy->initramfs == INITRAMFS_NEVER;
}

static bool has_initramfs(const struct planner *planner, const struct kernel *kernel)
{
	return !planner->no_depmod && !planner->clears_kernel &&
	       initramfs_is_ours(planner->settings, planner->distro, kernel->id.release);
}

/* Behind the depmod of a kernel on which something changes that its initramfs may hold. */
static void follow_depmod(struct planner *planner, size_t depmod, size_t changes)
{
	struct plan *plan = planner->plan;
	const struct kernel *kernel = plan->jobs[depmod].kernel;
	bool wanted = false;

	for (size_t i = 0; i < changes; i++)
		wanted |= changes_kernel(&plan->jobs[i]) &&
			  text_equal(plan->jobs[i].kernel->id.release, kernel->id.release) &&
			  !policy_forbids_initramfs(planner, &plan->jobs[i]);
	if (wanted && has_initramfs(planner, kernel))
		plan_add_edge(plan, plan_add_job(plan, JOB_INITRAMFS, NULL, kernel), depmod, true);
}

/* One that an earlier run did not come to, or failed with. */
static void catch_up(struct planner *planner)
{
	struct plan *plan = planner->plan;
	size_t end = plan->count;

	for (size_t i = 0; i < plan->kernel_count; i++) {
		const struct kernel *kernel = plan->kernels[i];
		bool is_planned = false;

		if (!initramfs_due_exists(planner->settings, kernel->id.release))
			continue;
		for (size_t j = 0; j < end; j++)
			is_planned |= plan->jobs[j].kind == JOB_DEPMOD &&
				      text_equal(plan->jobs[j].kernel->id.release,
						 kernel->id.release);
		if (!is_planned && has_initramfs(planner, kernel))
			(void)plan_add_job(plan, JOB_INITRAMFS, NULL, kernel);
	}
}

static void plan_initramfs(struct planner *planner, size_t changes)
{
	size_t end = planner->plan->count;

	for (size_t i = changes; i < end; i++)
		if (planner->plan->jobs[i].kind == JOB_DEPMOD)
			follow_depmod(planner, i, changes);
	catch_up(planner);
}

/* modprobe_on_install: what was installed for the running kernel is loaded after its depmod. */
static void load_installed(struct planner *planner, size_t changes)
{
	struct plan *plan = planner->plan;
	cleanup(free_string) char *running = kernel_running_release();
	size_t end = plan->count;

	for (size_t i = 0; i < changes; i++) {
		if (plan->jobs[i].kind != JOB_INSTALL ||
		    !text_equal(plan->jobs[i].kernel->id.release, running))
			continue;
		size_t load = plan_add_job(plan, JOB_LOAD, &plan->jobs[i].id, plan->jobs[i].kernel);

		plan->jobs[load].package = plan->jobs[i].package;
		for (size_t depmod = changes; depmod < end; depmod++)
			plan_add_edge(plan, load, depmod, true);
		plan_add_edge(plan, load, i, true);
	}
}

/* The administrator's command follows what changed a kernel or removed a build. */
static void plan_post_transaction(struct plan *plan)
{
	size_t end = plan->count;
	size_t last = (size_t)-1;

	for (size_t i = 0; i < end; i++) {
		enum job_kind kind = plan->jobs[i].kind;

		if (!changes_kernel(&plan->jobs[i]) && kind != JOB_DEPMOD &&
		    kind != JOB_INITRAMFS && kind != JOB_UNBUILD && kind != JOB_FORGET)
			continue;
		if (last == (size_t)-1) {
			last = plan_add_job(plan, JOB_POST_TRANSACTION, NULL, NULL);
			plan->jobs[last].follows_success = true;
		}
		plan_add_edge(plan, last, i, false);
	}
}

void planner_finish(struct planner *planner)
{
	struct plan *plan = planner->plan;
	size_t changes = plan->count;

	conf_shells_free(&planner->shells);
	for (size_t i = 0; i < changes; i++)
		if (changes_kernel(&plan->jobs[i]) &&
		    !is_ended(plan, changes, plan->jobs[i].kernel->id.release))
			end_kernel(planner, plan->jobs[i].kernel, changes);
	run_depmod(planner, changes);
	plan_initramfs(planner, changes);
	if (planner->settings->modprobe_on_install)
		load_installed(planner, changes);
	plan_put_off_jobs(planner);
	if (planner->settings->post_transaction)
		plan_post_transaction(plan);
}

void planner_free(struct planner *planner)
{
	strmap_free(&planner->planned, NULL);
	strmap_free(&planner->packages, NULL);
	planner_forget_evaluations(planner);
	conf_shells_free(&planner->shells);
	if (planner->dep)
		modules_dep_free(planner->dep);
	free(planner->dep);
	planner->dep = NULL;
	free(planner->imported_conf);
	planner->imported_conf = NULL;
}
