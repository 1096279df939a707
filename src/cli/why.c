/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dkms why: the whole story of a module for a kernel. dkms log: the make.log of its last build. */
#include <errno.h>
#include <fcntl.h>
#include <time.h>

#include "base/file.h"
#include "base/json.h"
#include "base/path.h"
#include "base/text.h"
#include "cli/actions.h"
#include "inspect/why.h"
#include "tree/layout.h"
#include "tree/registry.h"
#include "tree/runs.h"

enum { DATE_SIZE = sizeof "2026-11-23 11:30:00" };

static void format_date(int64_t when, char date[DATE_SIZE])
{
	struct tm parts;
	time_t seconds = (time_t)when;

	date[0] = '\0';
	if (localtime_r(&seconds, &parts))
		(void)strftime(date, DATE_SIZE, "%Y-%m-%d %H:%M:%S", &parts);
}

static void show_attempt(const struct why_entry *entry, struct reporter *reporter)
{
	char date[DATE_SIZE];
	cleanup(strv_free) struct strv lines = {0};
	const char *line;

	if (!entry->attempt)
		return;
	format_date(entry->run->when, date);
	report(reporter, REPORT_LINE, "  Last attempt: %s, dkms %s. The %s %s%s", date,
	       entry->run->action, entry->attempt->kind, entry->attempt->outcome,
	       entry->attempt->message ? ":" : ".");
	strv_split(&lines, entry->attempt->message ? entry->attempt->message : "", "\n");
	STRV_FOREACH (line, &lines)
		report(reporter, REPORT_LINE, "    %s", line);
}

static bool is_of(const struct loading_report *loaded, const struct why_entry *entry)
{
	return module_id_equal(&loaded->id, &entry->id) &&
	       kernel_id_equal(&loaded->kernel, &entry->kernel);
}

static void show_verdict(const struct loading_report *loaded, struct reporter *reporter)
{
	const struct verdict *verdict = loaded->verdict;
	cleanup(free_string) char *next = loading_next_step(loaded);

	switch (verdict->answer) {
	case VERDICT_LOADS:
		report(reporter, REPORT_LINE, "  The kernel will load %s.", loaded->path);
		break;
	case VERDICT_UNKNOWN:
		report(reporter, REPORT_LINE, "  Whether the kernel will load %s is unknown: %s.",
		       loaded->path, verdict->reason);
		break;
	case VERDICT_REFUSED:
		report(reporter, REPORT_LINE, "  The kernel will not load %s: %s.", loaded->path,
		       verdict->reason);
		break;
	}
	if (next && verdict->answer == VERDICT_REFUSED)
		report(reporter, REPORT_LINE, "  Next: %s", next);
}

/* The target of a link, which may be relative; owned, or NULL. */
static char *target_of(const char *link)
{
	cleanup(free_string) char *directory = path_parent(link);
	cleanup(free_string) char *target = file_readlink(link);
	cleanup(free_string) char *full = target && *target != '/'
						  ? path_join(directory, target, NULL)
						  : NULL;

	return full ? path_normalize(full) : TAKE(target);
}

static void show_entry(const struct invocation *invocation, const struct why_entry *entry,
		       const struct loading *loading)
{
	struct reporter *reporter = &invocation->ui->reporter;
	cleanup(free_string) char *link = layout_source_link(&invocation->settings, &entry->id);
	cleanup(free_string) char *source = target_of(link);
	cleanup(strv_free) struct strv lines = {0};
	const char *line;

	report(reporter, REPORT_LINE, "%s/%s for kernel %s (%s)", entry->id.name, entry->id.version,
	       entry->kernel.release, entry->kernel.arch);
	report(reporter, REPORT_LINE, "  Source: %s", source ? source : "unknown");
	strv_split(&lines, entry->reason, "\n");
	STRV_FOREACH (line, &lines)
		report(reporter, REPORT_LINE, "  %s", line);
	if (entry->state != STATUS_INSTALLED)
		show_attempt(entry, reporter);
	for (size_t i = 0; i < loading->count; i++)
		if (is_of(&loading->items[i], entry))
			show_verdict(&loading->items[i], reporter);
	if (entry->log)
		report(reporter, REPORT_LINE, "  Log: dkms log %s/%s -k %s", entry->id.name,
		       entry->id.version, entry->kernel.release);
	if (entry->next)
		report(reporter, REPORT_LINE, "  Next: %s", entry->next);
}

static struct json_object *new_files(const struct loading *loading, const struct why_entry *entry)
{
	static const char *const answers[] = {
		[VERDICT_LOADS] = "will-load",
		[VERDICT_UNKNOWN] = "unknown",
		[VERDICT_REFUSED] = "will-not-load",
	};
	struct json_object *list = json_checked(json_object_new_array());

	for (size_t i = 0; i < loading->count; i++) {
		const struct loading_report *loaded = &loading->items[i];

		if (!is_of(loaded, entry))
			continue;
		struct json_object *object = json_checked(json_object_new_object());

		json_set_text(object, "path", loaded->path);
		json_set_text(object, "verdict", answers[loaded->verdict->answer]);
		if (loaded->verdict->reason)
			json_set_text(object, "reason", loaded->verdict->reason);
		json_append(list, object);
	}
	return list;
}

static struct json_object *new_attempt(const struct why_entry *entry)
{
	struct json_object *object = json_checked(json_object_new_object());

	json_set_text(object, "action", entry->run->action);
	json_set(object, "when", json_checked(json_object_new_int64(entry->run->when)));
	json_set_text(object, "kind", entry->attempt->kind);
	json_set_text(object, "outcome", entry->attempt->outcome);
	json_set(object, "exit_status",
		 json_checked(json_object_new_int(entry->attempt->exit_status)));
	if (entry->attempt->message)
		json_set_text(object, "message", entry->attempt->message);
	return object;
}

static struct json_object *new_entry(const struct why_entry *entry, const struct loading *loading)
{
	struct json_object *object = json_checked(json_object_new_object());

	json_set_text(object, "module", entry->id.name);
	json_set_text(object, "version", entry->id.version);
	json_set_text(object, "kernel", entry->kernel.release);
	json_set_text(object, "arch", entry->kernel.arch);
	json_set_text(object, "state", status_state_name(entry->state));
	json_set_flag(object, "autoinstall", entry->wanted);
	json_set_text(object, "cause", entry->cause);
	json_set_text(object, "reason", entry->reason);
	if (entry->next)
		json_set_text(object, "next", entry->next);
	if (entry->log)
		json_set_text(object, "log", entry->log);
	if (entry->attempt)
		json_set(object, "last_attempt", new_attempt(entry));
	json_set(object, "files", new_files(loading, entry));
	return object;
}

static void show_json(const struct why *why, const struct loading *loading,
		      struct reporter *reporter)
{
	struct json_object *root = json_checked(json_object_new_object());
	struct json_object *list = json_checked(json_object_new_array());

	for (size_t i = 0; i < why->count; i++)
		json_append(list, new_entry(&why->items[i], loading));
	json_set(root, "modules", list);
	cleanup(free_string) char *text = json_print(root);

	report_text(reporter, REPORT_OUTPUT, text);
}

static void show(const struct invocation *invocation, const struct why *why,
		 const struct loading *loading)
{
	struct reporter *reporter = &invocation->ui->reporter;
	cleanup(free_string) char *off = settings_path(&invocation->settings,
						       "/etc/dkms/no-autoinstall");

	if (invocation->options->json) {
		show_json(why, loading, reporter);
		return;
	}
	for (size_t i = 0; i < why->count; i++)
		show_entry(invocation, &why->items[i], loading);
	if (!why->count)
		report(reporter, REPORT_LINE,
		       "There is nothing to tell: no module is registered, or no kernel in %s has "
		       "headers.",
		       invocation->settings.install_tree);
	if (file_exists_nofollow(off))
		report(reporter, REPORT_LINE, "Autoinstall is switched off by %s.", off);
}

int action_why(struct invocation *invocation, int *ret_status, struct error *error)
{
	const struct status_filter filter = {
		.id = &invocation->id,
		.kernels = &invocation->kernels,
		.arches = &invocation->options->arches,
	};
	cleanup(why_free) struct why why = {0};
	cleanup(loading_free) struct loading loading = {
		.settings = &invocation->settings,
		.distro = invocation->distro,
	};

	if (invocation_require_known(invocation, error) < 0 ||
	    why_collect(&invocation->settings, invocation->distro, &filter, &why, error) < 0)
		return error->code;
	for (size_t i = 0; i < why.count; i++)
		if (why.items[i].state == STATUS_INSTALLED &&
		    loading_examine(&loading, &why.items[i].id, &why.items[i].kernel, error) < 0)
			return error->code;
	loading_judge(&loading);
	show(invocation, &why, &loading);
	*ret_status = 0;
	return 0;
}

/* A module's name alone will do where there is one version of it. */
static int choose_version(struct invocation *invocation, struct error *error)
{
	const char *name = invocation->id.name;
	cleanup(strv_free) struct strv versions = {0};

	if (!name)
		return error_set(error, -EINVAL, EXIT_USAGE,
				 "The module's name is missing. Name it: dkms log M/V");
	if (invocation->id.version)
		return 0;
	if (registry_require_versions(&invocation->settings, name, &versions, error) < 0)
		return error->code;
	cleanup(free_string) char *all = strv_join(&versions, ", ");

	if (versions.count > 1)
		return error_set(error, -EINVAL, EXIT_USAGE,
				 "The module %s has several versions (%s): name one, dkms log %s/V",
				 name, all, name);
	text_assign(&invocation->id.version, versions.items[0]);
	return 0;
}

static int show_log(const char *path, struct reporter *reporter, struct error *error)
{
	cleanup(close_fd) int fd = open(path, O_RDONLY | O_CLOEXEC);
	char chunk[65536];
	ssize_t got = fd < 0 ? -1 : 1;

	while (got > 0) {
		got = read(fd, chunk, sizeof(chunk));
		if (got > 0)
			report_output(reporter, chunk, (size_t)got);
	}
	return got < 0 ? error_errno(error, -errno, EXIT_NOT_FOUND, "Cannot read %s", path) : 0;
}

static int show_log_place(const struct invocation *invocation, const char *path)
{
	struct json_object *root = json_checked(json_object_new_object());

	json_set_text(root, "module", invocation->id.name);
	json_set_text(root, "version", invocation->id.version);
	json_set_text(root, "log", path);
	cleanup(free_string) char *text = json_print(root);

	report_text(&invocation->ui->reporter, REPORT_OUTPUT, text);
	return 0;
}

int action_log(struct invocation *invocation, int *ret_status, struct error *error)
{
	const struct settings *settings = &invocation->settings;
	cleanup(free_string) char *path = NULL;

	if (choose_version(invocation, error) < 0)
		return error->code;
	if (registry_version_state(settings, &invocation->id) == VERSION_UNKNOWN)
		return registry_require_usable(settings, &invocation->id, error);
	if (build_log_find(settings, &invocation->id, &invocation->kernels, &path, error) < 0)
		return error->code;
	*ret_status = 0;
	if (invocation->options->json)
		return show_log_place(invocation, path);
	return show_log(path, &invocation->ui->reporter, error);
}
