/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/hook_end.h"

#include <errno.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/text.h"
#include "boot/critical.h"
#include "boot/gate.h"
#include "boot/notices.h"
#include "inspect/check.h"
#include "kernel/kernel.h"
#include "tree/registry.h"

/* A module that is not on a kernel where it should be. */
struct missing {
	const struct module_id *id;
	const struct kernel_id *kernel;
	const struct package *package; /* NULL: its conf could not be read */
	int status;
	struct criticality criticality;
};

struct missing_list {
	struct missing *items;
	size_t count;
};

static void add(struct missing_list *list, struct missing missing)
{
	for (size_t i = 0; i < list->count; i++)
		if (module_id_equal(list->items[i].id, missing.id) &&
		    kernel_id_equal(list->items[i].kernel, missing.kernel))
			return;
	*ARRAY_ADD(list->items, list->count) = missing;
}

static void missing_list_free(struct missing_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		criticality_free(&list->items[i].criticality);
	free(list->items);
}

static void collect_autoinstall(const struct invocation *invocation, struct missing_list *list)
{
	for (size_t i = 0; i < invocation->autoinstall_count; i++) {
		const struct autoinstall *autoinstall = &invocation->autoinstalls[i];

		for (size_t j = 0; j < autoinstall->count; j++) {
			const struct autoinstall_item *item = &autoinstall->items[j];

			if (item->outcome == AUTOINSTALL_FAILED)
				add(list, (struct missing){.id = &item->id,
							   .kernel = &autoinstall->kernel,
							   .package = item->package,
							   .status = item->exit_status});
		}
	}
}

/*
 * Builds that failed. False if anything else did: a package that is broken, or an install that was
 * refused, is its maintainer's or the administrator's to decide.
 */
static bool collect_builds(const struct plan *plan, const struct job_result *results,
			   struct missing_list *list)
{
	for (size_t i = 0; i < plan->count; i++) {
		const struct job *job = &plan->jobs[i];

		if (results[i].outcome != JOB_FAILED)
			continue;
		if (job->kind != JOB_BUILD)
			return false;
		add(list, (struct missing){.id = &job->id,
					   .kernel = &job->kernel->id,
					   .package = job->package,
					   .status = results[i].exit_status});
	}
	return list->count > 0;
}

/* The needs of a kernel, read once for modules that follow each other. */
static void find_needs(const struct invocation *invocation, const struct kernel_id *kernel,
		       const struct kernel_id **known, struct boot_needs *needs)
{
	if (*known && kernel_id_equal(*known, kernel))
		return;
	boot_needs_free(needs);
	boot_needs_find(&invocation->settings, invocation->distro, kernel->release, needs);
	*known = kernel;
}

static void judge(const struct invocation *invocation, const struct missing_list *list)
{
	cleanup(boot_needs_free) struct boot_needs needs = {0};
	const struct kernel_id *known = NULL;

	for (size_t i = 0; i < list->count; i++) {
		struct missing *missing = &list->items[i];
		struct built_module only = {.dest_name = missing->id->name};
		const struct package named = {
			.modules = &only, .module_count = 1, .policy = invocation->settings.policy};

		criticality_free(&missing->criticality);
		find_needs(invocation, missing->kernel, &known, &needs);
		boot_needs_judge(&needs, missing->package ? missing->package : &named,
				 &missing->criticality);
	}
}

/* "foo/1.0 bar/2.0", owned: those of a kernel. */
static char *names_for(const struct missing_list *list, const struct kernel_id *kernel)
{
	cleanup(strv_free) struct strv names = {0};

	for (size_t i = 0; i < list->count; i++)
		if (kernel_id_equal(list->items[i].kernel, kernel))
			strv_add_format(&names, "%s/%s", list->items[i].id->name,
					list->items[i].id->version);
	return strv_join(&names, " ");
}

static bool is_first_of_kernel(const struct missing_list *list, size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (kernel_id_equal(list->items[i].kernel, list->items[index].kernel))
			return false;
	return true;
}

static void tell_missing(const struct missing_list *list, struct reporter *reporter)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct missing *missing = &list->items[i];
		cleanup(free_string) char *names = names_for(list, missing->kernel);

		if (is_first_of_kernel(list, i))
			report(reporter, REPORT_WARNING,
			       "Kernel %s goes without %s.\n"
			       "The system boots without that, so the package manager goes on.\n"
			       "dkms why %s/%s -k %s explains it; dkms status lists what is missing.",
			       missing->kernel->release, names, missing->id->name,
			       missing->id->version, missing->kernel->release);
	}
}

/* The newest other kernel that has the module, the running one before all, owned; NULL: none. */
static char *kernel_that_works(const struct settings *settings, const struct missing *missing)
{
	cleanup(strv_free) struct strv releases = {0};
	cleanup(free_string) char *running = kernel_running_release();
	cleanup(error_clear) struct error unreadable = {0};
	const char *found = NULL;
	const char *release;

	(void)kernel_list_installed(settings, &releases, &unreadable);
	strv_add(&releases, running);
	STRV_FOREACH (release, &releases) {
		const struct kernel_id kernel = {(char *)release, missing->kernel->arch};
		cleanup(free_string) char *active = registry_active_version(
			settings, missing->id->name, &kernel);

		if (active && !text_equal(release, missing->kernel->release))
			found = release;
	}
	return found ? xstrdup(found) : NULL;
}

static bool tell_critical(const struct invocation *invocation, const struct missing_list *list)
{
	bool found = false;

	for (size_t i = 0; i < list->count; i++) {
		const struct missing *missing = &list->items[i];
		cleanup(free_string) char *other = NULL;

		if (missing->criticality.class != MODULE_CRITICAL)
			continue;
		found = true;
		other = kernel_that_works(&invocation->settings, missing);
		report(&invocation->ui->reporter, REPORT_ERROR,
		       "%s/%s is critical (%s), and kernel %s does not have it.\n"
		       "Do not boot %s. %s%s%s\n"
		       "dkms why %s/%s -k %s explains the failure. Mend it, then run: dkms "
		       "autoinstall -k %s",
		       missing->id->name, missing->id->version, missing->criticality.reason,
		       missing->kernel->release, missing->kernel->release,
		       other ? "Kernel " : "No other kernel has it either.", other ? other : "",
		       other ? " has it, and still works." : "", missing->id->name,
		       missing->id->version, missing->kernel->release, missing->kernel->release);
	}
	return found;
}

/* Modules that count on every kernel: M of those of autoinstall that are critical on this one. */
static void list_critical(const struct invocation *invocation,
			  const struct autoinstall *autoinstall, struct strv *names)
{
	cleanup(boot_needs_free) struct boot_needs needs = {0};

	boot_needs_find(&invocation->settings, invocation->distro, autoinstall->kernel.release,
			&needs);
	for (size_t i = 0; i < autoinstall->count; i++) {
		const struct autoinstall_item *item = &autoinstall->items[i];
		struct criticality criticality = {0};

		if (item->package && item->outcome != AUTOINSTALL_SKIPPED)
			boot_needs_judge(&needs, item->package, &criticality);
		if (criticality.class == MODULE_CRITICAL)
			strv_add(names, item->id.name);
		criticality_free(&criticality);
	}
}

/* All these modules are installed on a kernel, and nothing says that it will not load one. */
static bool has_all(const struct invocation *invocation, const struct strv *names,
		    const struct kernel_id *kernel)
{
	cleanup(loading_free) struct loading loading = {.settings = &invocation->settings,
							.distro = invocation->distro};
	const char *name;
	bool all = names->count > 0;

	STRV_FOREACH (name, names) {
		cleanup(free_string) char *version = registry_active_version(&invocation->settings,
									     name, kernel);
		const struct module_id id = {(char *)name, version};
		cleanup(error_clear) struct error unreadable = {0};

		if (!version || loading_examine(&loading, &id, kernel, &unreadable) < 0)
			all = false;
	}
	loading_judge(&loading);
	for (size_t i = 0; i < loading.count; i++)
		all &= loading.items[i].verdict->answer != VERDICT_REFUSED;
	return all;
}

/* The newest other kernel that has them, owned; NULL: none. */
static char *find_safe_kernel(const struct invocation *invocation, const struct strv *names,
			      const struct kernel_id *fails)
{
	cleanup(strv_free) struct strv releases = {0};
	cleanup(error_clear) struct error unreadable = {0};

	(void)kernel_list_installed(&invocation->settings, &releases, &unreadable);
	for (size_t i = releases.count; i-- > 0;) {
		const struct kernel_id kernel = {releases.items[i], fails->arch};

		if (!text_equal(kernel.release, fails->release) &&
		    has_all(invocation, names, &kernel))
			return xstrdup(kernel.release);
	}
	return NULL;
}

/* The boot gate, for a kernel that lacks a critical module. */
static void close_gate(const struct invocation *invocation, const struct autoinstall *autoinstall,
		       const struct missing_list *list)
{
	const char *fails = autoinstall->kernel.release;
	cleanup(strv_free) struct strv critical = {0};
	cleanup(strv_free) struct strv missing = {0};
	cleanup(free_string) char *works = NULL;
	cleanup(error_clear) struct error error = {0};

	for (size_t i = 0; i < list->count; i++)
		if (list->items[i].criticality.class == MODULE_CRITICAL &&
		    kernel_id_equal(list->items[i].kernel, &autoinstall->kernel))
			strv_add_format(&missing, "%s %s", list->items[i].id->name,
					autoinstall->kernel.arch);
	if (!missing.count)
		return;
	list_critical(invocation, autoinstall, &critical);
	works = find_safe_kernel(invocation, &critical, &autoinstall->kernel);
	if (!works)
		(void)error_set(&error, -ENOENT, 0,
				"The boot gate finds no kernel that has every critical module.");
	else
		(void)boot_gate_hold(&invocation->settings, works, fails, &missing,
				     &invocation->ui->reporter, &error);
	if (error.code)
		report_text(&invocation->ui->reporter, REPORT_WARNING, error.message);
}

static void keep_gate(const struct invocation *invocation, const struct missing_list *list)
{
	cleanup(error_clear) struct error error = {0};

	if (invocation->settings.boot_gate && list->count) {
		judge(invocation, list);
		for (size_t i = 0; i < invocation->autoinstall_count; i++)
			close_gate(invocation, &invocation->autoinstalls[i], list);
	}
	if (boot_gate_settle(&invocation->settings, &invocation->ui->reporter, &error) < 0)
		report_text(&invocation->ui->reporter, REPORT_WARNING, error.message);
}

static void note(const struct invocation *invocation, const struct missing_list *list)
{
	cleanup(error_clear) struct error error = {0};

	for (size_t i = 0; i < list->count; i++)
		if (boot_notice_add(&invocation->settings, list->items[i].id, list->items[i].kernel,
				    list->items[i].status, &error) < 0)
			break;
	if (error.code || boot_notices_settle(&invocation->settings, &error) < 0)
		report(&invocation->ui->reporter, REPORT_WARNING,
		       "It cannot be noted which modules are missing: %s", error.message);
}

/* An initramfs that is old serves as long as no critical module is in question. */
static bool may_have_old_initramfs(const struct invocation *invocation, const struct plan *plan)
{
	cleanup(boot_needs_free) struct boot_needs needs = {0};
	const struct kernel_id *known = NULL;
	bool found = false;

	for (size_t i = 0; i < plan->count && !found; i++) {
		const struct job *job = &plan->jobs[i];
		struct criticality criticality = {0};

		if (job->kind != JOB_INSTALL || !job->package)
			continue;
		find_needs(invocation, &job->kernel->id, &known, &needs);
		boot_needs_judge(&needs, job->package, &criticality);
		found = criticality.class == MODULE_CRITICAL;
		criticality_free(&criticality);
	}
	return !found;
}

static void conclude(const struct invocation *invocation, const struct plan *plan,
		     const struct job_result *results, struct missing_list *list, int *status)
{
	enum hook_failure_policy policy = invocation->settings.kernel_hook_failure;

	if (*status == EXIT_INITRAMFS) {
		if (policy == HOOK_FAILURE_IGNORE || may_have_old_initramfs(invocation, plan))
			*status = 0;
		return;
	}
	if (!list->count && !collect_builds(plan, results, list))
		return;
	note(invocation, list);
	judge(invocation, list);
	if (tell_critical(invocation, list) && policy == HOOK_FAILURE_CRITICAL)
		return;
	tell_missing(list, &invocation->ui->reporter);
	*status = 0;
}

void hook_conclude(const struct invocation *invocation, const struct plan *plan,
		   const struct job_result *results, int *status)
{
	bool is_hook = !text_empty(getenv("DKMS_KERNEL_HOOK"));
	cleanup(missing_list_free) struct missing_list list = {0};

	if (*status > 128)
		return;
	collect_autoinstall(invocation, &list);
	keep_gate(invocation, &list);
	if (is_hook && *status && invocation->settings.kernel_hook_failure != HOOK_FAILURE_FAIL)
		conclude(invocation, plan, results, &list, status);
	else
		note(invocation, &(struct missing_list){0});
}
