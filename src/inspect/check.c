/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inspect/check.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/directory.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/temporary.h"
#include "base/text.h"
#include "inspect/check_parts.h"
#include "install/place.h"
#include "plan/facts.h"
#include "tree/layout.h"
#include "tree/lock.h"
#include "tree/registry.h"

struct check_finding *check_find(struct check *check, const char *kind, enum check_repair repair,
				 const char *path, const char *format, ...)
{
	struct check_findings *findings = check->findings;
	va_list arguments;

	va_start(arguments, format);
	char *message = text_vformat(format, arguments);

	va_end(arguments);
	struct check_finding *finding = ARRAY_ADD(findings->items, findings->count);

	*finding = (struct check_finding){
		.kind = kind, .repair = repair, .path = xstrdup(path), .message = message};
	return finding;
}

void check_about(struct check_finding *finding, const struct module_id *id,
		 const struct kernel_id *kernel)
{
	finding->id = module_id_new(id->name, id->version);
	if (kernel)
		finding->kernel = kernel_id_new(kernel->release, kernel->arch);
}

void check_findings_free(struct check_findings *findings)
{
	for (size_t i = 0; i < findings->count; i++) {
		free(findings->items[i].path);
		free(findings->items[i].message);
		module_id_free(&findings->items[i].id);
		kernel_id_free(&findings->items[i].kernel);
	}
	free(findings->items);
	*findings = (struct check_findings){0};
}

/* For dkms check: whether the next boot needs the modules that were looked at. */

static struct criticality classify(struct planner *planner, const struct boot_needs *needs,
				   const struct loading_report *report)
{
	struct built_module only = {.dest_name = report->id.name};
	const struct package named = {
		.modules = &only, .module_count = 1, .policy = planner->settings->policy};
	const struct package *package = NULL;
	const struct kernel *kernel = NULL;
	struct criticality criticality;
	cleanup(error_clear) struct error unreadable = {0};

	if (planner_kernel(planner, &report->kernel, &kernel, &unreadable) < 0 ||
	    planner_package(planner, &report->id, kernel, false, &package, &unreadable) < 0)
		package = &named;
	boot_needs_judge(needs, package, &criticality);
	return criticality;
}

/* All reports of one kernel. */
static void classify_kernel(struct planner *planner, struct loading *loading, const char *release)
{
	cleanup(boot_needs_free) struct boot_needs needs = {0};

	boot_needs_find(loading->settings, loading->distro, release, &needs);
	for (size_t i = 0; i < loading->count; i++)
		if (text_equal(loading->items[i].kernel.release, release))
			loading->items[i].criticality = classify(planner, &needs,
								 &loading->items[i]);
}

void check_classify(struct loading *loading)
{
	cleanup(plan_free) struct plan plan = {0};
	struct planner planner = {
		.settings = loading->settings, .distro = loading->distro, .plan = &plan};

	for (size_t i = 0; i < loading->count; i++) {
		const char *release = loading->items[i].kernel.release;
		bool known = false;

		for (size_t j = 0; j < i; j++)
			known |= text_equal(loading->items[j].kernel.release, release);
		if (!known)
			classify_kernel(&planner, loading, release);
	}
	planner_free(&planner);
}

/* The part of dkms check that predicts what kernels will load. */

static void add_finding(struct check_findings *findings, const struct loading_report *report)
{
	cleanup(free_string) char *next = loading_next_step(report);

	*ARRAY_ADD(findings->items, findings->count) = (struct check_finding){
		.kind = "will-not-load",
		.repair = REPAIR_BY_HAND,
		.path = xstrdup(report->path),
		.message = text_format("kernel %s will not load it: %s%s%s", report->kernel.release,
				       report->verdict->reason, next ? "; next: " : "",
				       next ? next : ""),
		.id = module_id_new(report->id.name, report->id.version),
		.kernel = kernel_id_new(report->kernel.release, report->kernel.arch),
	};
}

int check_collect_loading(struct loading *loading, const struct status_filter *filter,
			  struct check_findings *findings, struct error *error)
{
	cleanup(status_list_free) struct status_list list = {0};

	if (status_collect(loading->settings, loading->distro, filter, &list, error) < 0)
		return error->code;
	for (size_t i = 0; i < list.count; i++)
		if (list.items[i].state == STATUS_INSTALLED &&
		    loading_examine(loading, &list.items[i].id, &list.items[i].kernel, error) < 0)
			return error->code;
	loading_judge(loading);
	for (size_t i = 0; i < loading->count; i++)
		if (loading->items[i].verdict->answer == VERDICT_REFUSED)
			add_finding(findings, &loading->items[i]);
	return 0;
}

static void discard(struct planner *planner, const struct check_finding *finding)
{
	size_t job = plan_add_job(planner->plan, JOB_DISCARD, &finding->id, NULL);

	planner->plan->jobs[job].text = xstrdup(finding->path);
}

/* Without force: a module that was refused for the kernel's own sake is refused again. */
static void reinstall(struct planner *planner, const struct check_finding *finding)
{
	struct error error = {0};
	size_t job;

	if (planner_reinstall(planner, &finding->id, &finding->kernel, &job, &error) < 0)
		(void)planner_fail(planner, &finding->id, &error);
}

static void work_on_kernel(struct planner *planner, enum job_kind kind,
			   const struct check_finding *finding)
{
	const struct kernel *kernel;
	struct error error = {0};

	if (planner_kernel(planner, &finding->kernel, &kernel, &error) < 0)
		(void)planner_fail(planner, &finding->id, &error);
	else
		(void)plan_add_job(planner->plan, kind, &finding->id, kernel);
}

static bool is_reinstall(const struct check_finding *finding, const struct check_finding *other)
{
	return other->repair == REPAIR_REINSTALL &&
	       text_equal(other->kernel.release, finding->kernel.release) &&
	       (!finding->id.name || text_equal(other->id.name, finding->id.name));
}

/* An install ends with depmod, and a module that is installed keeps its originals archived. */
static bool is_done_by_another(const struct check_findings *findings,
			       const struct check_finding *finding)
{
	for (size_t i = 0; i < findings->count; i++) {
		const struct check_finding *other = &findings->items[i];

		if (is_reinstall(finding, other))
			return true;
		if (finding->repair == REPAIR_DEPMOD && other->repair == REPAIR_RESTORE &&
		    text_equal(other->kernel.release, finding->kernel.release))
			return true;
	}
	return false;
}

static void repair(struct planner *planner, const struct check_findings *findings,
		   const struct check_finding *finding)
{
	switch (finding->repair) {
	case REPAIR_DISCARD:
		discard(planner, finding);
		break;
	case REPAIR_ADD:
		planner_add(planner, &finding->id);
		break;
	case REPAIR_REINSTALL:
		reinstall(planner, finding);
		break;
	case REPAIR_RESTORE:
		if (!is_done_by_another(findings, finding))
			work_on_kernel(planner, JOB_RESTORE, finding);
		break;
	case REPAIR_DEPMOD:
		if (!is_done_by_another(findings, finding))
			work_on_kernel(planner, JOB_DEPMOD, finding);
		break;
	case REPAIR_BY_HAND:
	case REPAIR_NEXT_RUN:
		break;
	}
}

bool check_can_repair(const struct check_finding *finding, bool force)
{
	return finding->repair != REPAIR_BY_HAND && finding->repair != REPAIR_NEXT_RUN &&
	       (!finding->costs || force);
}

void planner_repair(struct planner *planner, const struct check_findings *findings)
{
	for (size_t i = 0; i < findings->count; i++) {
		const struct check_finding *finding = &findings->items[i];

		if (!check_can_repair(finding, planner->force))
			continue;
		(void)planner_notice(planner, "Repairing %s: %s.", finding->path, finding->message);
		repair(planner, findings, finding);
	}
}

static int check_pending(struct check *check, struct error *error)
{
	cleanup(free_string) char *journals = layout_private(check->settings, "journal");
	cleanup(free_string) char *depmods = layout_private(check->settings, "depmod");
	cleanup(strv_free) struct strv names = {0};
	cleanup(strv_free) struct strv releases = {0};
	const char *name;

	if (tree_lock_is_held(check->settings))
		return 0; /* an open change is in progress */
	if (directory_list(journals, &names, error) < 0 ||
	    directory_list(depmods, &releases, error) < 0)
		return error->code;
	STRV_FOREACH (name, &names) {
		cleanup(free_string) char *path = path_join(journals, name, NULL);

		(void)check_find(check, "journal", REPAIR_NEXT_RUN, path,
				 "a dkms was cut off in the middle of this change");
	}
	STRV_FOREACH (name, &releases) {
		cleanup(free_string) char *path = path_join(check->settings->install_tree, name,
							    "modules.dep", NULL);

		(void)check_find(check, "depmod", REPAIR_NEXT_RUN, path,
				 "depmod is still to be run for kernel %s", name);
	}
	return 0;
}

static void check_source(struct check *check, const struct module_id *id)
{
	cleanup(free_string) char *link = layout_source_link(check->settings, id);
	cleanup(free_string) char *source = layout_source_directory(check->settings, id);
	cleanup(free_string) char *conf = path_join(source, "dkms.conf", NULL);

	if (file_exists(conf))
		check_about(check_find(check, "source-link", REPAIR_ADD, link,
				       "the link to the source %s is missing or leads elsewhere",
				       source),
			    id, NULL);
	else
		check_about(check_find(check, "source", REPAIR_BY_HAND, link,
				       "the source %s is gone; put it back, or take the version "
				       "away with dkms remove %s/%s --all",
				       source, id->name, id->version),
			    id, NULL);
}

/* A build for a kernel: all there, for a kernel that is there, and installed as it is. */
static void check_status(struct check *check, const struct status_entry *entry)
{
	cleanup(free_string) char *product = layout_product(check->settings, &entry->id,
							    &entry->kernel);
	cleanup(free_string) char *kernel = place_kernel_directory(check->settings, &entry->kernel);
	struct check_finding *finding = NULL;

	if (place_kernel_is_gone(check->settings, &entry->kernel, 0))
		finding = check_find(
			check, "orphan", REPAIR_BY_HAND, product,
			"kernel %s is gone; dkms unbuild %s/%s -k %s removes what was built "
			"for it",
			entry->kernel.release, entry->id.name, entry->id.version,
			entry->kernel.release);
	else if (entry->missing)
		finding = check_find(check, "missing", REPAIR_REINSTALL, kernel,
				     "modules of %s/%s are missing", entry->id.name,
				     entry->id.version);
	else if (entry->differs)
		finding = check_find(check, "altered", REPAIR_BY_HAND, kernel,
				     "modules of %s/%s are others than those that were built; dkms "
				     "install --force %s/%s -k %s puts these in their place",
				     entry->id.name, entry->id.version, entry->id.name,
				     entry->id.version, entry->kernel.release);
	if (finding)
		check_about(finding, &entry->id, &entry->kernel);
}

static int check_states(struct check *check, struct error *error)
{
	cleanup(status_list_free) struct status_list list = {0};

	if (status_collect(check->settings, check->distro, check->filter, &list, error) < 0)
		return error->code;
	for (size_t i = 0; i < list.count; i++) {
		const struct status_entry *entry = &list.items[i];

		if (entry->state == STATUS_BROKEN)
			check_source(check, &entry->id);
		else if (entry->state == STATUS_BUILT || entry->state == STATUS_INSTALLED)
			check_status(check, entry);
	}
	return 0;
}

/* kernel-K-A leads to a build, or to nothing. */
static void check_active_link(struct check *check, const char *name, const char *link)
{
	cleanup(free_string) char *modules = path_join(link, "module", NULL);

	if (!file_is_directory(modules) || temporary_is_all_in(modules))
		check_about(check_find(check, "dangling-link", REPAIR_DISCARD, link,
				       "it should lead to the installed build and leads to none"),
			    &(struct module_id){(char *)name, NULL}, NULL);
}

static int check_module(struct check *check, const char *name, struct error *error)
{
	cleanup(free_string) char *module = layout_module(check->settings, name);
	cleanup(strv_free) struct strv names = {0};
	cleanup(strv_free) struct strv versions = {0};
	char *version;
	const char *entry;

	if (directory_list(module, &names, error) < 0 ||
	    registry_list_versions(check->settings, name, &versions, error) < 0)
		return error->code;
	if (!names.count && file_is_directory(module))
		(void)check_find(check, "empty", REPAIR_NEXT_RUN, module, "it holds nothing");
	STRV_FOREACH (entry, &names) {
		cleanup(free_string) char *path = path_join(module, entry, NULL);

		if (text_starts_with(entry, "kernel-") && file_is_symlink(path))
			check_active_link(check, name, path);
	}
	STRV_FOREACH (version, &versions) {
		const struct module_id id = {(char *)name, version};

		if (check_builds(check, &id, error) < 0 || check_publishers(check, &id, error) < 0)
			return error->code;
	}
	return check_originals(check, name, error);
}

static int check_modules(struct check *check, struct error *error)
{
	cleanup(strv_free) struct strv names = {0};
	const char *name;

	if (check->filter->id->name)
		strv_add(&names, check->filter->id->name);
	/* All of the tree, because the registry knows no empty modules. */
	else if (directory_list(check->settings->dkms_tree, &names, error) < 0)
		return error->code;
	STRV_FOREACH (name, &names) {
		cleanup(free_string) char *path = layout_module(check->settings, name);

		if (file_is_directory(path) && check_module(check, name, error) < 0)
			return error->code;
	}
	return 0;
}

bool check_is_partial(const struct settings *settings)
{
	cleanup(free_string) char *own = layout_private(settings, "");

	return access(own, R_OK | X_OK) < 0 && errno == EACCES;
}

int check_collect(const struct settings *settings, const struct distro *distro,
		  const struct status_filter *filter, struct check_findings *findings,
		  struct error *error)
{
	struct check check = {settings, distro, filter, findings};
	bool hidden = check_is_partial(settings);

	if ((!hidden && check_pending(&check, error) < 0) || check_states(&check, error) < 0 ||
	    check_modules(&check, error) < 0)
		return error->code;
	if (filter->id->name)
		return 0;
	if ((!hidden && check_kept(&check, error) < 0) || check_modprobe(&check, error) < 0 ||
	    check_kernels(&check, error) < 0)
		return error->code;
	return hidden ? 0 : check_leftovers(&check, error);
}
