/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inspect/why.h"

#include <stdlib.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "inspect/check.h"
#include "plan/autoinstall.h"
#include "plan/facts.h"
#include "tree/registry.h"
#include "tree/runs.h"

struct collector {
	const struct settings *settings;
	const struct distro *distro;
	const struct status_filter *filter;
	struct why *why;
	const struct kernel_id *kernel;
	struct autoinstall autoinstall; /* what it would do for the kernel */
};

static struct why_entry *add_entry(struct collector *self, const char *name, const char *version)
{
	struct why *why = self->why;

	struct why_entry *entry = ARRAY_ADD(why->items, why->count);

	*entry = (struct why_entry){
		.id = module_id_new(name, version),
		.kernel = kernel_id_new(self->kernel->release, self->kernel->arch),
		.state = STATUS_ADDED,
	};
	entry->attempt = runs_last_attempt(&why->runs, &entry->id, &entry->kernel, &entry->run);
	return entry;
}

/* Takes the texts. */
static void conclude(struct why_entry *entry, const char *cause, char *reason, char *next)
{
	entry->cause = cause;
	entry->reason = reason;
	entry->next = next;
}

static char *command_for(const struct why_entry *entry, const char *action)
{
	return text_format("dkms %s %s/%s -k %s", action, entry->id.name, entry->id.version,
			   entry->kernel.release);
}

static bool has_failed(const struct why_entry *entry, const char *kind)
{
	return entry->attempt && text_equal(entry->attempt->kind, kind) &&
	       text_equal(entry->attempt->outcome, "failed");
}

/* Without a recorded run, a log shows that there was one. */
static void find_log(const struct collector *self, struct why_entry *entry)
{
	const struct kernel_ids kernel = {&entry->kernel, 1};
	struct error none = {0};

	if (!entry->log &&
	    build_log_find(self->settings, &entry->id, &kernel, &entry->log, &none) < 0)
		error_clear(&none);
}

static void judge_built(struct why_entry *entry)
{
	entry->state = STATUS_BUILT;
	if (has_failed(entry, "install"))
		conclude(
			entry, "install-failed",
			text_format("It is built, and its last installation failed with status %d.",
				    entry->attempt->exit_status),
			command_for(entry, "install"));
	else
		conclude(entry, "built", xstrdup("It is built, and not installed."),
			 command_for(entry, "install"));
}

static void judge_unbuilt(const struct collector *self, struct why_entry *entry)
{
	find_log(self, entry);
	if (has_failed(entry, "build"))
		conclude(entry, "build-failed",
			 text_format("Its last build failed with status %d.",
				     entry->attempt->exit_status),
			 command_for(entry, "install"));
	else if (entry->log)
		conclude(entry, "build-failed", xstrdup("Its last build failed."),
			 command_for(entry, "install"));
	else
		conclude(entry, "never-tried",
			 xstrdup("Nothing is known of an attempt to build it."),
			 command_for(entry, "install"));
}

static void judge_present(const struct collector *self, struct why_entry *entry)
{
	cleanup(free_string) char *active = registry_active_version(self->settings, entry->id.name,
								    &entry->kernel);

	if (active && !text_equal(active, entry->id.version)) {
		conclude(entry, "other-version", text_format("Version %s is installed.", active),
			 NULL);
		if (registry_is_built(self->settings, &entry->id, &entry->kernel))
			entry->state = STATUS_BUILT;
	} else if (registry_is_installed(self->settings, &entry->id, &entry->kernel)) {
		entry->state = STATUS_INSTALLED;
		conclude(entry, "installed", xstrdup("It is installed."), NULL);
	} else if (registry_is_built(self->settings, &entry->id, &entry->kernel)) {
		judge_built(entry);
	} else {
		judge_unbuilt(self, entry);
	}
}

static char *next_step(const struct why_entry *entry)
{
	if (text_equal(entry->cause, "excluded"))
		return NULL;
	if (text_equal(entry->cause, "conf"))
		return command_for(entry, "conf");
	/* Its dependencies come first. */
	if (text_equal(entry->cause, "dependency"))
		return text_format("dkms autoinstall -k %s", entry->kernel.release);
	return command_for(entry, "install");
}

static void add_item(struct collector *self, const struct autoinstall_item *item)
{
	struct why_entry *entry = add_entry(self, item->id.name, item->id.version);

	entry->wanted = true;
	if (item->outcome == AUTOINSTALL_DONE || item->outcome == AUTOINSTALL_PLANNED) {
		judge_present(self, entry);
		return;
	}
	if (registry_is_built(self->settings, &entry->id, &entry->kernel))
		entry->state = STATUS_BUILT;
	entry->log = item->log ? xstrdup(item->log) : NULL;
	entry->cause = item->cause;
	/* Its faults were reported line by line, to nobody. */
	conclude(entry, item->cause,
		 text_equal(item->cause, "conf") ? xstrdup("Its dkms.conf is not usable.")
						 : xstrdup(item->reason),
		 next_step(entry));
}

/* Versions that autoinstall has nothing to say about. */
static void add_version(struct collector *self, const char *name, const char *version)
{
	struct why_entry *entry = add_entry(self, name, version);

	if (registry_version_state(self->settings, &entry->id) == VERSION_BROKEN) {
		entry->state = STATUS_BROKEN;
		conclude(entry, "source-missing", xstrdup("Its source is missing."),
			 text_format("dkms check %s", name));
		return;
	}
	judge_present(self, entry);
	if (entry->state == STATUS_ADDED && text_equal(entry->cause, "never-tried")) {
		free(entry->reason);
		entry->cause = "not-automatic";
		entry->reason = xstrdup("Nothing installs it by itself: its dkms.conf does not set "
					"AUTOINSTALL, or a newer version is there.");
	}
}

static bool has_entry(const struct collector *self, const char *name, const char *version)
{
	for (size_t i = 0; i < self->autoinstall.count; i++)
		if (text_equal(self->autoinstall.items[i].id.name, name) &&
		    text_equal(self->autoinstall.items[i].id.version, version))
			return true;
	return false;
}

static int collect_module(struct collector *self, const char *name, struct error *error)
{
	const char *wanted = self->filter->id->version;
	cleanup(strv_free) struct strv versions = {0};
	const char *version;

	if (registry_list_versions(self->settings, name, &versions, error) < 0)
		return error->code;
	for (size_t i = 0; i < self->autoinstall.count; i++) {
		const struct autoinstall_item *item = &self->autoinstall.items[i];

		if (text_equal(item->id.name, name) &&
		    (!wanted || text_equal(item->id.version, wanted)))
			add_item(self, item);
	}
	STRV_FOREACH (version, &versions)
		if ((!wanted || text_equal(version, wanted)) && !has_entry(self, name, version))
			add_version(self, name, version);
	return 0;
}

static int collect_kernel(struct collector *self, const struct strv *names, struct error *error)
{
	cleanup(plan_free) struct plan plan = {0};
	struct planner planner = {
		.settings = self->settings, .distro = self->distro, .plan = &plan};
	const char *name;

	int code = planner_autoinstall(&planner, self->kernel, self->filter->id, &self->autoinstall,
				       error);

	STRV_FOREACH (name, names)
		if (code == 0)
			code = collect_module(self, name, error);
	autoinstall_free(&self->autoinstall);
	planner_free(&planner);
	return code;
}

static int list_kernels(const struct collector *self, struct kernel_ids *kernels,
			struct error *error)
{
	cleanup(strv_free) struct strv releases = {0};
	const char *release;

	for (size_t i = 0; i < self->filter->kernels->count; i++)
		kernel_ids_add(kernels, self->filter->kernels->items[i].release,
			       self->filter->kernels->items[i].arch);
	if (kernels->count)
		return 0;
	if (kernel_list_with_headers(self->settings, &releases, error) < 0)
		return error->code;
	STRV_FOREACH (release, &releases) {
		cleanup(free_string) char *arch = distro_kernel_arch(self->settings, self->distro,
								     release);

		if (arch &&
		    (!self->filter->arches->count || strv_contains(self->filter->arches, arch)))
			kernel_ids_add(kernels, release, arch);
	}
	kernel_ids_sort(kernels);
	return 0;
}

int why_collect(const struct settings *settings, const struct distro *distro,
		const struct status_filter *filter, struct why *why, struct error *error)
{
	struct collector self = {
		.settings = settings, .distro = distro, .filter = filter, .why = why};
	cleanup(kernel_ids_free) struct kernel_ids kernels = {0};
	cleanup(strv_free) struct strv names = {0};

	if (filter->id->name)
		strv_add(&names, filter->id->name);
	else if (registry_list_modules(settings, &names, error) < 0)
		return error->code;
	if (list_kernels(&self, &kernels, error) < 0)
		return error->code;
	runs_read(settings, &why->runs);
	for (size_t i = 0; i < kernels.count; i++) {
		self.kernel = &kernels.items[i];
		if (collect_kernel(&self, &names, error) < 0)
			return error->code;
	}
	return 0;
}

char *why_warning(const struct why_entry *entry)
{
	if (!entry->wanted || entry->state == STATUS_INSTALLED ||
	    text_equal(entry->cause, "other-version"))
		return NULL;
	cleanup(free_string) char *first = xstrndup(entry->reason, strcspn(entry->reason, "\n"));

	return text_format("%s/%s has AUTOINSTALL and is not installed for kernel %s (%s). %s "
			   "See: dkms why %s/%s -k %s",
			   entry->id.name, entry->id.version, entry->kernel.release,
			   entry->kernel.arch, first, entry->id.name, entry->id.version,
			   entry->kernel.release);
}

void why_free(struct why *why)
{
	for (size_t i = 0; i < why->count; i++) {
		struct why_entry *entry = &why->items[i];

		module_id_free(&entry->id);
		kernel_id_free(&entry->kernel);
		free(entry->reason);
		free(entry->next);
		free(entry->log);
	}
	free(why->items);
	runs_free(&why->runs);
	*why = (struct why){0};
}

/*
 * All that is known of modules and what is installed of them, read once: for dkms status --json,
 * report and metrics. Only reads.
 */

static int judge_installed(struct overview *overview, struct error *error)
{
	for (size_t i = 0; i < overview->states.count; i++) {
		const struct status_entry *entry = &overview->states.items[i];

		if (entry->state == STATUS_INSTALLED &&
		    loading_examine(&overview->loading, &entry->id, &entry->kernel, error) < 0)
			return error->code;
	}
	loading_judge(&overview->loading);
	return 0;
}

int overview_collect(const struct settings *settings, const struct distro *distro,
		     const struct status_filter *filter, unsigned parts, struct overview *overview,
		     struct error *error)
{
	overview->loading = (struct loading){.settings = settings, .distro = distro};
	if (status_collect(settings, distro, filter, &overview->states, error) < 0 ||
	    judge_installed(overview, error) < 0)
		return error->code;
	if (parts & OVERVIEW_CLASSES)
		check_classify(&overview->loading);
	if ((parts & OVERVIEW_REASONS) &&
	    why_collect(settings, distro, filter, &overview->why, error) < 0)
		return error->code;
	runs_read(settings, &overview->runs);
	return 0;
}

void overview_free(struct overview *overview)
{
	status_list_free(&overview->states);
	loading_free(&overview->loading);
	why_free(&overview->why);
	runs_free(&overview->runs);
}

static const struct run_job *last_of_version(const struct runs *runs, const struct module_id *id,
					     const struct run **ret_run)
{
	for (size_t i = 0; i < runs->count; i++) {
		const struct run *run = &runs->items[i];

		for (size_t j = run->count; j-- > 0;) {
			if (!run->jobs[j].kernel.release ||
			    !module_id_equal(&run->jobs[j].id, id) ||
			    text_equal(run->jobs[j].outcome, "not run"))
				continue;
			*ret_run = run;
			return &run->jobs[j];
		}
	}
	return NULL;
}

const struct run_job *overview_failure(const struct overview *overview,
				       const struct status_entry *entry, const struct run **ret_run)
{
	const struct run_job *job = entry->kernel.release
					    ? runs_last_attempt(&overview->runs, &entry->id,
								&entry->kernel, ret_run)
					    : last_of_version(&overview->runs, &entry->id, ret_run);

	return job && text_equal(job->outcome, "failed") ? job : NULL;
}
