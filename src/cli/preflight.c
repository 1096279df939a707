/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * dkms preflight: what would become of the modules on a kernel, found out by trying. It takes no
 * lock: what it tries is built in places of its own, and stays in the cache alone.
 */
#include <errno.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/text.h"
#include "cli/actions.h"
#include "plan/preflight.h"

/* Warnings pass. Errors are kept, one for each trial that failed. All else is dropped. */
struct listener {
	struct reporter reporter;
	struct reporter *target;
	struct strv errors;
};

static void listen(struct reporter *reporter, enum report_kind kind, const char *text)
{
	struct listener *listener = (struct listener *)reporter;

	if (kind == REPORT_ERROR)
		strv_add(&listener->errors, text);
	else if (kind != REPORT_LINE && kind != REPORT_NOTICE && kind != REPORT_STEP &&
		 kind != REPORT_STEP_DONE && kind != REPORT_OUTPUT)
		report_text(listener->target, kind, text);
}

/* --headers DIR: the release is what the headers say, unless -k names it. */
static int use_headers(struct invocation *invocation, struct error *error)
{
	const char *headers = invocation->settings.kernel_source_dir;
	struct kernel_id *kernel = &invocation->kernels.items[0];

	if (!headers || invocation->options->kernels.count)
		return 0;
	cleanup(free_string) char *release = kernel_headers_release(headers);

	if (!release)
		return error_set(
			error, -ENOENT, EXIT_NO_HEADERS,
			"Cannot read %s/include/config/kernel.release, or UTS_RELEASE in "
			"%s/include/generated/utsrelease.h.\n"
			"Are these headers of a kernel, and prepared? Name the release with "
			"-k if they are.",
			headers, headers);
	if (!path_is_plain_name(release))
		return error_set(error, -EINVAL, EXIT_NO_HEADERS,
				 "The headers at %s name no kernel release.", headers);
	free(kernel->release);
	kernel->release = TAKE(release);
	return 0;
}

/* Headers may be unpacked long before the kernel is: where the distributions put them. */
static int find_headers(struct invocation *invocation, struct error *error)
{
	static const char *const places[] = {"/usr/src/linux-headers-", "/usr/src/kernels/"};
	struct settings *settings = &invocation->settings;
	const char *release = invocation->kernels.items[0].release;
	cleanup(free_string) char *build = path_join(settings->install_tree, release, "build",
						     "include", NULL);

	if (settings->kernel_source_dir || file_is_directory(build))
		return 0;
	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
		cleanup(free_string) char *name = text_format("%s%s", places[i], release);
		cleanup(free_string) char *place = settings_path(settings, name);

		if (file_is_directory(place)) {
			settings->kernel_source_dir = TAKE(place);
			return 0;
		}
	}
	cleanup(free_string) char *command = distro_headers_command(settings, invocation->distro,
								    release);

	(void)error_set(error, -ENOENT, EXIT_NO_HEADERS,
			"The headers of kernel %s are neither in %s/%s/build nor in %s%s or %s%s.",
			release, settings->install_tree, release, places[0], release, places[1],
			release);
	if (command)
		(void)error_hint(error,
				 "Install them with \"%s\", or name their directory: "
				 "--headers DIR",
				 command);
	else
		(void)error_hint(error, "Install them, or name their directory: --headers DIR");
	return error->code;
}

/* Trials that failed become failures, each with its error. */
static void settle(struct preflight *preflight, const struct job_result *results,
		   const struct strv *errors)
{
	size_t next = 0;

	for (size_t i = 0; i < preflight->count; i++) {
		struct preflight_item *item = &preflight->items[i];

		if (item->outcome != PREFLIGHT_TRIED || results[item->job].outcome == JOB_SUCCEEDED)
			continue;
		item->outcome = PREFLIGHT_FAILS;
		item->exit_status = results[item->job].exit_status;
		if (next < errors->count)
			item->reason = xstrdup(errors->items[next++]);
	}
	preflight_conclude(preflight);
}

static const char *outcome_word(enum preflight_outcome outcome)
{
	static const char *const words[] = {
		[PREFLIGHT_BUILT] = "ready",     [PREFLIGHT_REUSABLE] = "reusable",
		[PREFLIGHT_TRIED] = "builds",    [PREFLIGHT_EXCLUDED] = "excluded",
		[PREFLIGHT_UNKNOWN] = "unknown", [PREFLIGHT_FAILS] = "fails",
	};

	return words[outcome];
}

static void show(const struct preflight *preflight, const struct kernel_id *kernel,
		 struct reporter *reporter)
{
	for (size_t i = 0; i < preflight->count; i++) {
		const struct preflight_item *item = &preflight->items[i];
		cleanup(strv_free) struct strv lines = {0};
		const char *line;

		report(reporter, REPORT_LINE, "%s/%s, %s, %s: %s%s%s%s", item->id.name,
		       item->id.version, kernel->release, kernel->arch, outcome_word(item->outcome),
		       item->from ? " from " : "", item->from ? item->from : "",
		       item->autoinstall ? " (AUTOINSTALL)" : "");
		if (item->criticality.class != MODULE_ORDINARY)
			report(reporter, REPORT_LINE, "  %s: %s",
			       module_class_word(item->criticality.class),
			       item->criticality.reason);
		strv_split(&lines, item->reason ? item->reason : "", "\n");
		STRV_FOREACH (line, &lines)
			report(reporter, REPORT_LINE, "  %s", line);
	}
	if (!preflight->count)
		report_text(reporter, REPORT_LINE, "No module is registered.");
}

static void show_json(const struct preflight *preflight, const struct kernel_id *kernel,
		      struct reporter *reporter)
{
	struct json_object *list = json_checked(json_object_new_array());

	for (size_t i = 0; i < preflight->count; i++) {
		const struct preflight_item *item = &preflight->items[i];
		struct json_object *object = json_checked(json_object_new_object());

		json_set_text(object, "module", item->id.name);
		json_set_text(object, "version", item->id.version);
		json_set_text(object, "kernel", kernel->release);
		json_set_text(object, "arch", kernel->arch);
		json_set_flag(object, "autoinstall", item->autoinstall);
		json_set_text(object, "outcome", outcome_word(item->outcome));
		if (item->outcome == PREFLIGHT_FAILS)
			json_set(object, "exit_status",
				 json_checked(json_object_new_int(item->exit_status)));
		if (item->from)
			json_set_text(object, "from", item->from);
		if (item->reason)
			json_set_text(object, "reason", item->reason);
		json_set_text(object, "class", module_class_word(item->criticality.class));
		if (item->criticality.reason)
			json_set_text(object, "class_reason", item->criticality.reason);
		json_append(list, object);
	}
	cleanup(free_string) char *text = json_print(list);

	report_text(reporter, REPORT_OUTPUT, text);
}

static int verdict(const struct preflight *preflight)
{
	for (size_t i = 0; i < preflight->count; i++)
		if (preflight->items[i].outcome == PREFLIGHT_FAILS ||
		    preflight->items[i].outcome == PREFLIGHT_UNKNOWN)
			return EXIT_AUTOINSTALL;
	return 0;
}

/* For a package manager, the setting preflight_policy decides which failures stop it. */
static int verdict_for_hook(const struct preflight *preflight, enum preflight_policy policy,
			    struct reporter *reporter)
{
	int status = 0;

	for (size_t i = 0; i < preflight->count; i++) {
		const struct preflight_item *item = &preflight->items[i];
		bool is_critical = item->criticality.class == MODULE_CRITICAL;

		if (item->outcome == PREFLIGHT_FAILS && item->autoinstall &&
		    (policy == PREFLIGHT_ABORT ||
		     (policy == PREFLIGHT_ABORT_CRITICAL && is_critical)))
			status = EXIT_AUTOINSTALL;
	}
	if (status)
		report_text(reporter, REPORT_ERROR,
			    "A module fails on this kernel, and preflight_policy in framework.conf "
			    "says that nothing is to be installed then.");
	return status;
}

static int try_all(struct invocation *invocation, const struct plan *plan,
		   struct preflight *preflight)
{
	struct listener listener = {.reporter = {listen}, .target = &invocation->ui->reporter};
	cleanup(free_string) struct job_result *results = xcalloc(plan->count + 1,
								  sizeof(*results));
	const struct engine_options engine = {
		.settings = &invocation->settings,
		.distro = invocation->distro,
		.reporter = &listener.reporter,
		.results = results,
	};
	int status = engine_run(plan, &engine);

	settle(preflight, results, &listener.errors);
	strv_free(&listener.errors);
	return status;
}

int action_preflight(struct invocation *invocation, int *ret_status, struct error *error)
{
	struct reporter *reporter = &invocation->ui->reporter;
	const struct kernel_id *kernel = &invocation->kernels.items[0];
	cleanup(preflight_free) struct preflight preflight = {0};
	cleanup(plan_free) struct plan plan = {0};

	memo_share(&plan.reuse.memo);
	struct planner planner = {
		.settings = &invocation->settings,
		.distro = invocation->distro,
		.reporter = reporter,
		.plan = &plan,
		.force = invocation->options->force,
	};

	if (invocation_require_known(invocation, error) < 0 || use_headers(invocation, error) < 0 ||
	    find_headers(invocation, error) < 0)
		return error->code;
	int code = planner_preflight(&planner, kernel, &invocation->id, &preflight, error);

	planner_free(&planner);
	if (code < 0)
		return code;
	if (invocation->options->dry_run) {
		invocation_print_plan(&plan, reporter);
		*ret_status = 0;
		return 0;
	}
	int status = try_all(invocation, &plan, &preflight);

	*ret_status = status > 128 ? status : verdict(&preflight);
	if (status <= 128 && !text_empty(getenv("DKMS_KERNEL_HOOK")))
		*ret_status = verdict_for_hook(&preflight, invocation->settings.preflight_policy,
					       reporter);
	if (status > 128)
		return 0;
	if (invocation->options->json)
		show_json(&preflight, kernel, reporter);
	else
		show(&preflight, kernel, reporter);
	return 0;
}
