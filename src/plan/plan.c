/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plan/plan.h"

#include <stdlib.h>

#include "base/memory.h"
#include "base/text.h"
#include "tree/evaluations.h"

size_t plan_add_job(struct plan *plan, enum job_kind kind, const struct module_id *id,
		    const struct kernel *kernel)
{
	struct job *job = ARRAY_ADD(plan->jobs, plan->count);

	*job = (struct job){.kind = kind, .kernel = kernel};
	if (id)
		job->id = module_id_new(id->name, id->version);
	return plan->count - 1;
}

void plan_add_edge(struct plan *plan, size_t from, size_t to, bool required)
{
	struct job *job = &plan->jobs[from];

	for (size_t i = 0; i < job->edge_count; i++)
		if (job->edges[i].job == to) {
			job->edges[i].required |= required;
			return;
		}
	*ARRAY_ADD(job->edges, job->edge_count) = (struct job_edge){to, required};
}

const struct package *plan_keep_package(struct plan *plan, struct package *package)
{
	return *ARRAY_ADD(plan->packages, plan->package_count) = package;
}

const struct kernel *plan_keep_kernel(struct plan *plan, struct kernel *kernel)
{
	return *ARRAY_ADD(plan->kernels, plan->kernel_count) = kernel;
}

const struct kernel *plan_find_kernel(const struct plan *plan, const struct kernel_id *id)
{
	for (size_t i = 0; i < plan->kernel_count; i++)
		if (kernel_id_equal(&plan->kernels[i]->id, id))
			return plan->kernels[i];
	return NULL;
}

bool plan_changes_anything(const struct plan *plan)
{
	for (size_t i = 0; i < plan->count; i++)
		if (plan->jobs[i].kind != JOB_NOTICE && plan->jobs[i].kind != JOB_FAILURE)
			return true;
	return false;
}

static char *describe_reuse(const struct job *job)
{
	const char *from = job->candidate->manifest->kernel.release;

	return text_format("reuse %s/%s for %s (%s) from %s", job->id.name, job->id.version,
			   job->kernel->id.release, job->kernel->id.arch,
			   text_equal(from, job->kernel->id.release) ? "the cache" : from);
}

const char *job_kind_name(enum job_kind kind)
{
	static const char *const names[] = {
		[JOB_NOTICE] = "notice",   [JOB_FAILURE] = "failure",
		[JOB_IMPORT] = "import",   [JOB_UNPACK] = "unpack",
		[JOB_ADD] = "add",         [JOB_BUILD] = "build",
		[JOB_TRY] = "try",         [JOB_SIGN] = "sign",
		[JOB_INSTALL] = "install", [JOB_UNINSTALL] = "uninstall",
		[JOB_RESTORE] = "restore", [JOB_UNBUILD] = "unbuild",
		[JOB_FORGET] = "forget",   [JOB_DISCARD] = "discard",
		[JOB_DEPMOD] = "depmod",   [JOB_INITRAMFS] = "initramfs",
		[JOB_LOAD] = "load",       [JOB_POST_TRANSACTION] = "post-transaction",
	};

	return names[kind];
}

bool job_is_build(const struct job *job)
{
	return job->kind == JOB_BUILD || job->kind == JOB_TRY;
}

char *job_describe(const struct job *job)
{
	static const char *const verbs[] = {
		[JOB_IMPORT] = "import the source of",
		[JOB_UNPACK] = "load the tarball of",
		[JOB_ADD] = "add",
		[JOB_BUILD] = "build",
		[JOB_TRY] = "try to build",
		[JOB_SIGN] = "sign",
		[JOB_INSTALL] = "install",
		[JOB_UNINSTALL] = "uninstall",
		[JOB_UNBUILD] = "unbuild",
		[JOB_FORGET] = "forget",
		[JOB_LOAD] = "load",
	};
	struct buffer line = {0};

	if (job->candidate)
		return describe_reuse(job);
	switch (job->kind) {
	case JOB_NOTICE:
		return xstrdup(job->text);
	case JOB_FAILURE:
		return text_format("fail: %s", job->error.message);
	case JOB_POST_TRANSACTION:
		return xstrdup("run the post-transaction command");
	case JOB_DISCARD:
		return text_format("remove %s", job->text);
	case JOB_RESTORE:
		return text_format("put back what %s replaced for %s", job->id.name,
				   job->kernel->id.release);
	case JOB_INITRAMFS:
		return text_format("look whether the initramfs of %s must be made again",
				   job->kernel->id.release);
	case JOB_DEPMOD:
		return text_format("run depmod for %s", job->kernel->id.release);
	default:
		buffer_add_format(&line, "%s %s/%s", job->pulled_only ? "pull" : verbs[job->kind],
				  job->id.name, job->id.version);
		if (job->kernel)
			buffer_add_format(&line, " for %s (%s)", job->kernel->id.release,
					  job->kernel->id.arch);
		if (job->pulled && !job->pulled_only)
			buffer_add_text(&line, ", unless a remote has it");
		return buffer_take(&line);
	}
}

void plan_free(struct plan *plan)
{
	for (size_t i = 0; i < plan->count; i++) {
		module_id_free(&plan->jobs[i].id);
		free(plan->jobs[i].text);
		free(plan->jobs[i].edges);
		error_clear(&plan->jobs[i].error);
		if (plan->jobs[i].candidate)
			reuse_candidate_free(plan->jobs[i].candidate);
	}
	if (plan->fleet)
		fleet_free(plan->fleet);
	reuse_context_free(&plan->reuse);
	evaluations_free(plan->evaluations);
	for (size_t i = 0; i < plan->kernel_count; i++)
		kernel_free(plan->kernels[i]);
	for (size_t i = 0; i < plan->package_count; i++)
		package_free(plan->packages[i]);
	free(plan->jobs);
	free(plan->kernels);
	free(plan->packages);
	*plan = (struct plan){0};
}
