/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The actions for whole kernels: match, autoinstall, and the hooks of kernel packages. */
#include <errno.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/text.h"
#include "cli/actions.h"
#include "tree/registry.h"

/* A module may be named, to match or install that one only. */
static int require_in_tree(const struct invocation *invocation, struct error *error)
{
	const char *name = invocation->id.name;
	cleanup(strv_free) struct strv versions = {0};

	if (!name)
		return 0;
	if (registry_require_versions(&invocation->settings, name, &versions, error) < 0)
		return error->code;
	return invocation->id.version
		       ? registry_require_usable(&invocation->settings, &invocation->id, error)
		       : 0;
}

int fill_match(struct invocation *invocation, struct planner *planner, struct error *error)
{
	const char *given = invocation->options->template_kernel;
	const struct kernel_id *kernel = &invocation->kernels.items[0];

	if (text_empty(given))
		return error_set(error, -EINVAL, EXIT_USAGE,
				 "match needs the kernel to take after: --templatekernel K");
	if (!path_is_plain_name(given))
		return error_set(error, -EINVAL, EXIT_USAGE, "\"%s\" cannot be a kernel release.",
				 given);
	if (text_equal(given, kernel->release))
		return error_set(error, -EINVAL, EXIT_NOT_FOUND,
				 "Kernel %s cannot be matched with itself.", given);
	if (require_in_tree(invocation, error) < 0)
		return error->code;
	const struct kernel_id template_kernel = {(char *)given, kernel->arch};

	if (planner_match(planner, &template_kernel, kernel, invocation->id.name, error) < 0)
		return error->code;
	if (!planner->plan->count)
		report(&invocation->ui->reporter, REPORT_LINE,
		       "Nothing is installed on kernel %s. There is nothing to match.", given);
	return 0;
}

/* /etc/dkms/no-autoinstall is the administrator's off switch. */
static bool is_switched_off(const struct invocation *invocation)
{
	cleanup(free_string) char *path = settings_path(&invocation->settings,
							"/etc/dkms/no-autoinstall");

	if (!file_exists_nofollow(path))
		return false;
	report(&invocation->ui->reporter, REPORT_LINE,
	       "Autoinstall is switched off by %s: nothing is done.", path);
	return true;
}

int fill_autoinstall(struct invocation *invocation, struct planner *planner, struct error *error)
{
	const struct kernel_ids *kernels = &invocation->kernels;

	if (is_switched_off(invocation))
		return 0;
	if (require_in_tree(invocation, error) < 0)
		return error->code;
	if (!kernels->count)
		report(&invocation->ui->reporter, REPORT_LINE,
		       "No kernel in %s has headers: nothing is done.",
		       invocation->settings.install_tree);
	invocation->autoinstalls = xcalloc(kernels->count, sizeof(*invocation->autoinstalls));
	for (size_t i = 0; i < kernels->count; i++) {
		invocation->autoinstall_count++;
		if (planner_autoinstall(planner, &kernels->items[i], &invocation->id,
					&invocation->autoinstalls[i], error) < 0)
			return error->code;
	}
	return 0;
}

/* The depmod that ends the kernel's installs failed, and took them back. */
static int taken_back(const struct plan *plan, const struct job_result *results,
		      const struct kernel_id *kernel)
{
	for (size_t i = 0; i < plan->count; i++)
		if (plan->jobs[i].kind == JOB_DEPMOD && results[i].outcome == JOB_FAILED &&
		    text_equal(plan->jobs[i].kernel->id.release, kernel->release))
			return results[i].exit_status;
	return 0;
}

/* Sets the outcome of a planned install from the results. */
static void settle(struct autoinstall_item *item, const struct job_result *results,
		   int taken_back_status)
{
	if (item->outcome != AUTOINSTALL_PLANNED)
		return;
	item->exit_status = results[item->job].outcome == JOB_SUCCEEDED
				    ? taken_back_status
				    : results[item->job].exit_status;
	if (item->exit_status)
		item->outcome = AUTOINSTALL_FAILED;
}

static char *list_items(const struct autoinstall *autoinstall, enum autoinstall_outcome outcome,
			bool with_status)
{
	cleanup(strv_free) struct strv names = {0};

	for (size_t i = 0; i < autoinstall->count; i++) {
		const struct autoinstall_item *item = &autoinstall->items[i];

		if (item->outcome != outcome)
			continue;
		if (with_status)
			strv_add_format(&names, "%s(%d)", item->id.name, item->exit_status);
		else
			strv_add(&names, item->id.name);
	}
	return strv_join(&names, " ");
}

/* Nothing but the kernel's headers is missing. */
static bool lacks_headers_only(const struct autoinstall *autoinstall)
{
	size_t failed = 0, lacking = 0;

	for (size_t i = 0; i < autoinstall->count; i++) {
		failed += autoinstall->items[i].outcome == AUTOINSTALL_FAILED;
		lacking += autoinstall->items[i].exit_status == EXIT_NO_HEADERS;
	}
	return failed && failed == lacking;
}

static void summarize(const struct autoinstall *autoinstall, struct reporter *reporter)
{
	cleanup(free_string) char *succeeded = list_items(autoinstall, AUTOINSTALL_PLANNED, false);
	cleanup(free_string) char *skipped = list_items(autoinstall, AUTOINSTALL_SKIPPED, false);
	cleanup(free_string) char *failed = list_items(autoinstall, AUTOINSTALL_FAILED, true);
	cleanup(free_string) char *names = list_items(autoinstall, AUTOINSTALL_FAILED, false);
	const char *release = autoinstall->kernel.release;

	if (*succeeded)
		report(reporter, REPORT_LINE, "Autoinstall on %s succeeded for module(s) %s.",
		       release, succeeded);
	if (*skipped)
		report(reporter, REPORT_LINE, "Autoinstall on %s was skipped for module(s) %s.",
		       release, skipped);
	if (!*failed)
		return;
	report(reporter, REPORT_LINE, "Autoinstall on %s failed for module(s) %s.", release,
	       failed);
	if (lacks_headers_only(autoinstall))
		return; /* one error says it all */
	/* For readers of stderr alone: its last line is the result. */
	report(reporter, REPORT_ERROR,
	       "Not every module could be installed for kernel %s: %s.\n"
	       "What is said above tells why.",
	       release, names);
}

void end_autoinstall(struct invocation *invocation, const struct plan *plan,
		     const struct job_result *results, int *status)
{
	bool interrupted = *status > 128;
	bool failed = *status != 0 && *status != EXIT_NO_HEADERS && *status != EXIT_INITRAMFS;

	for (size_t i = 0; i < invocation->autoinstall_count && !interrupted; i++) {
		struct autoinstall *autoinstall = &invocation->autoinstalls[i];

		int undone = taken_back(plan, results, &autoinstall->kernel);

		for (size_t j = 0; j < autoinstall->count; j++) {
			settle(&autoinstall->items[j], results, undone);
			/* A module that was not even tried is a failure that no job reports. */
			failed |= autoinstall->items[j].outcome == AUTOINSTALL_FAILED &&
				  autoinstall->items[j].exit_status != EXIT_NO_HEADERS;
		}
		summarize(autoinstall, &invocation->ui->reporter);
	}
	if (failed && !interrupted)
		*status = EXIT_AUTOINSTALL;
}

int fill_kernel_preinst(struct invocation *invocation, struct planner *planner, struct error *error)
{
	return planner_clear_kernel(planner, &invocation->kernels.items[0], true, error);
}

int fill_kernel_prerm(struct invocation *invocation, struct planner *planner, struct error *error)
{
	return planner_clear_kernel(planner, &invocation->kernels.items[0], false, error);
}

/* Whatever failed: the caller is told that it was the hook. */
void end_kernel_removal(struct invocation *invocation, const struct plan *plan,
			const struct job_result *results, int *status)
{
	(void)invocation;
	(void)plan;
	(void)results;
	if (*status && *status <= 128)
		*status = EXIT_KERNEL_HOOK;
}
