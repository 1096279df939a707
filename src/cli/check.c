/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dkms check, as text and as JSON. */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "base/report.h"
#include "base/text.h"
#include "base/utf8.h"
#include "cli/actions.h"
#include "cli/status.h"
#include "inspect/check.h"
#include "inspect/why.h"

static const char *const repair_names[] = {
	[REPAIR_BY_HAND] = "by hand", [REPAIR_NEXT_RUN] = "next run", [REPAIR_DISCARD] = "fix",
	[REPAIR_ADD] = "fix",         [REPAIR_REINSTALL] = "fix",     [REPAIR_RESTORE] = "fix",
	[REPAIR_DEPMOD] = "fix",
};

/* Nothing for NULL. */
static void set_text(struct json_object *object, const char *key, const char *text)
{
	cleanup(free_string) char *repaired = text ? utf8_repaired(text) : NULL;

	if (text && json_object_object_add(object, key, json_object_new_string(repaired)) < 0)
		abort();
}

static const char *const answer_names[] = {
	[VERDICT_LOADS] = "will-load",
	[VERDICT_UNKNOWN] = "unknown",
	[VERDICT_REFUSED] = "will-not-load",
};

static struct json_object *new_modules(const struct loading *loading)
{
	struct json_object *list = json_checked(json_object_new_array());

	for (size_t i = 0; i < loading->count; i++) {
		const struct loading_report *module = &loading->items[i];
		struct json_object *object = json_checked(json_object_new_object());
		cleanup(free_string) char *next = loading_next_step(module);

		set_text(object, "module", module->id.name);
		set_text(object, "version", module->id.version);
		set_text(object, "kernel", module->kernel.release);
		set_text(object, "arch", module->kernel.arch);
		set_text(object, "path", module->path);
		set_text(object, "verdict", answer_names[module->verdict->answer]);
		set_text(object, "cause", module->verdict->cause);
		set_text(object, "reason", module->verdict->reason);
		set_text(object, "next", next);
		set_text(object, "class", module_class_word(module->criticality.class));
		set_text(object, "class_reason", module->criticality.reason);
		pulled_json_add(loading->settings, &module->id, &module->kernel, object);
		json_append(list, object);
	}
	return list;
}

static struct json_object *new_findings(const struct check_findings *findings)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < findings->count; i++) {
		const struct check_finding *finding = &findings->items[i];
		struct json_object *object = json_object_new_object();

		set_text(object, "kind", finding->kind);
		set_text(object, "path", finding->path);
		set_text(object, "message", finding->message);
		set_text(object, "repair",
			 finding->costs ? "fix --force" : repair_names[finding->repair]);
		set_text(object, "module", finding->id.name);
		set_text(object, "version", finding->id.version);
		set_text(object, "kernel", finding->kernel.release);
		set_text(object, "arch", finding->kernel.arch);
		if (json_object_array_add(list, object) < 0)
			abort();
	}
	return list;
}

static void show_json(const struct check_findings *findings, const struct loading *loading,
		      struct reporter *reporter)
{
	struct json_object *root = json_checked(json_object_new_object());

	json_set(root, "findings", new_findings(findings));
	json_set(root, "modules", new_modules(loading));
	cleanup(free_string) char *text = json_print(root);

	report_text(reporter, REPORT_OUTPUT, text);
}

static const char *advice(const struct check_finding *finding)
{
	if (finding->repair == REPAIR_BY_HAND)
		return "";
	return finding->costs ? " dkms check --fix --force drops it."
			      : " dkms check --fix repairs it.";
}

/* An earlier module is of the same package on the same kernel. */
static bool is_further_one(const struct loading *loading, size_t index)
{
	const struct loading_report *module = &loading->items[index];
	bool found = false;

	for (size_t i = 0; i < index && !found; i++)
		found = module_id_equal(&loading->items[i].id, &module->id) &&
			kernel_id_equal(&loading->items[i].kernel, &module->kernel);
	return found;
}

/* A line for each package on each kernel that another machine has built. */
static void show_pulled(const struct loading *loading, struct reporter *reporter)
{
	for (size_t i = 0; i < loading->count; i++) {
		const struct loading_report *module = &loading->items[i];
		cleanup(free_string) char *line = is_further_one(loading, i)
							  ? NULL
							  : pulled_line(loading->settings,
									&module->id,
									&module->kernel);

		if (line)
			report_text(reporter, REPORT_LINE, line);
	}
}

/* A line for each package on each kernel that the next boot needs. */
static void show_classes(const struct loading *loading, struct reporter *reporter)
{
	for (size_t i = 0; i < loading->count; i++) {
		const struct loading_report *module = &loading->items[i];

		if (module->criticality.class != MODULE_ORDINARY && !is_further_one(loading, i))
			report(reporter, REPORT_LINE, "%s/%s, %s, %s: %s: %s.", module->id.name,
			       module->id.version, module->kernel.release, module->kernel.arch,
			       module_class_word(module->criticality.class),
			       module->criticality.reason);
	}
}

/*
 * Prints a line for each finding, and for each module of which nobody can tell whether it will
 * load. With JSON it is an object of two arrays, which also holds what will load.
 */
static void check_show(const struct check_findings *findings, const struct loading *loading,
		       bool json, struct reporter *reporter)
{
	if (json) {
		show_json(findings, loading, reporter);
		return;
	}
	for (size_t i = 0; i < findings->count; i++) {
		const struct check_finding *finding = &findings->items[i];

		report(reporter, REPORT_LINE, "%s: %s.%s", finding->path, finding->message,
		       advice(finding));
	}
	for (size_t i = 0; i < loading->count; i++)
		if (loading->items[i].verdict->answer == VERDICT_UNKNOWN)
			report(reporter, REPORT_LINE,
			       "%s: whether it will load cannot be told: %s.",
			       loading->items[i].path, loading->items[i].verdict->reason);
	show_classes(loading, reporter);
	show_pulled(loading, reporter);
	if (!findings->count)
		report_text(reporter, REPORT_LINE, "Nothing is wrong.");
}

static struct status_filter filter_of(const struct invocation *invocation)
{
	return (struct status_filter){
		.id = &invocation->id,
		.kernels = &invocation->kernels,
		.arches = &invocation->options->arches,
	};
}

static int examine(const struct invocation *invocation, struct check_findings *findings,
		   struct error *error)
{
	const struct status_filter filter = filter_of(invocation);

	return check_collect(&invocation->settings, invocation->distro, &filter, findings, error);
}

static int examine_loading(const struct invocation *invocation, struct loading *loading,
			   struct check_findings *findings, struct error *error)
{
	const struct status_filter filter = filter_of(invocation);

	return check_collect_loading(loading, &filter, findings, error);
}

static int fill_repair(struct invocation *invocation, struct planner *planner, struct error *error)
{
	cleanup(check_findings_free) struct check_findings findings = {0};

	if (examine(invocation, &findings, error) < 0)
		return error->code;
	planner_repair(planner, &findings);
	return 0;
}

/* Lists the findings that --fix can repair, as a text to compare, owned by the caller. */
static int list_repairable(const struct invocation *invocation, char **ret_text,
			   struct error *error)
{
	cleanup(check_findings_free) struct check_findings findings = {0};
	struct buffer text = {0};

	if (examine(invocation, &findings, error) < 0)
		return error->code;
	buffer_add_text(&text, "");
	for (size_t i = 0; i < findings.count; i++)
		if (findings.items[i].repair == REPAIR_NEXT_RUN ||
		    check_can_repair(&findings.items[i], invocation->options->force))
			buffer_add_format(&text, "%s %s\n", findings.items[i].kind,
					  findings.items[i].path);
	free(*ret_text);
	*ret_text = buffer_take(&text);
	return 0;
}

/*
 * Until nothing changes any more, as one repair may bring up the next finding. Taking the lock has
 * put in order what a dead run left.
 */
static int repair(struct invocation *invocation, int *ret_status, struct error *error)
{
	static const struct action fix = {.name = "check", .fill = fill_repair};
	cleanup(free_string) char *last = NULL;
	cleanup(free_string) char *now = NULL;

	if (geteuid() != 0 && !invocation->options->dry_run)
		return error_set(error, -EPERM, EXIT_USAGE,
				 "Only root can repair. Try: sudo dkms check --fix");
	invocation->action = &fix;
	do {
		int status = 0;

		text_assign(&last, now);
		if (invocation_run_plan(invocation, &status, error) < 0 ||
		    list_repairable(invocation, &now, error) < 0)
			return error->code;
		if (!*ret_status)
			*ret_status = status;
	} while (!invocation->options->dry_run && now && *now && !text_equal(now, last));
	return 0;
}

/* On stderr: it is no fault of the tree. */
static int say_what_is_missing(const struct invocation *invocation, struct error *error)
{
	const struct status_filter filter = filter_of(invocation);
	cleanup(why_free) struct why why = {0};

	if (why_collect(&invocation->settings, invocation->distro, &filter, &why, error) < 0)
		return error->code;
	for (size_t i = 0; i < why.count; i++) {
		cleanup(free_string) char *warning = why_warning(&why.items[i]);

		if (warning)
			report_text(&invocation->ui->reporter, REPORT_WARNING, warning);
	}
	return 0;
}

int action_check(struct invocation *invocation, int *ret_status, struct error *error)
{
	cleanup(check_findings_free) struct check_findings findings = {0};
	cleanup(loading_free) struct loading loading = {
		.settings = &invocation->settings,
		.distro = invocation->distro,
		.reporter = &invocation->ui->reporter,
	};
	int status = 0;

	if (invocation_require_known(invocation, error) < 0)
		return error->code;
	if (invocation->options->fix && repair(invocation, &status, error) < 0)
		return error->code;
	if (examine(invocation, &findings, error) < 0 ||
	    examine_loading(invocation, &loading, &findings, error) < 0)
		return error->code;
	check_classify(&loading);
	if (check_is_partial(&invocation->settings))
		report(&invocation->ui->reporter, REPORT_WARNING,
		       "What dkms keeps for itself in %s/.dkms was not checked: only root may "
		       "look there.",
		       invocation->settings.dkms_tree);
	if (say_what_is_missing(invocation, error) < 0)
		return error->code;
	check_show(&findings, &loading, invocation->options->json, &invocation->ui->reporter);
	if (!status && findings.count)
		status = EXIT_UNSOUND;
	*ret_status = status;
	return 0;
}
