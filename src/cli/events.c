/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/events.h"

#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "base/text.h"
#include "cli/actions.h"
#include "inspect/why.h"

/*
 * Events of a working action, for programs: a JSON object a line on stdout (docs/json.md).
 */

static struct json_object *new_event(const char *name)
{
	struct json_object *object = json_checked(json_object_new_object());

	json_set_text(object, "event", name);
	return object;
}

static const char *name_of(enum report_kind kind)
{
	switch (kind) {
	case REPORT_LINE:
	case REPORT_WROTE:
	case REPORT_NOTICE:
		return "line";
	case REPORT_VERBOSE:
	case REPORT_DEBUG:
		return "detail";
	case REPORT_STEP:
		return "step";
	case REPORT_STEP_DONE:
		return "step-done";
	case REPORT_OUTPUT:
		return "output";
	case REPORT_WARNING:
	case REPORT_CONF_WARNING:
		return "warning";
	case REPORT_DEPRECATED:
		return "deprecated";
	case REPORT_CONF_ERROR:
	case REPORT_ERROR:
		return "error";
	default:
		return NULL;
	}
}

/* The first line says what is wrong; those that follow, why, and what to do. */
static void set_message(struct json_object *object, const char *text)
{
	cleanup(strv_free) struct strv lines = {0};
	struct json_object *advice = json_checked(json_object_new_array());

	strv_split(&lines, text, "\n");
	json_set_text(object, "text", lines.count ? lines.items[0] : "");
	for (size_t i = 1; i < lines.count; i++)
		json_append(advice, json_new_text(lines.items[i]));
	json_set(object, "advice", advice);
}

char *json_event_report(enum report_kind kind, const char *text)
{
	const char *name = name_of(kind);

	if (!name)
		return NULL;
	struct json_object *object = new_event(name);

	if (kind == REPORT_ERROR) {
		set_message(object, text);
	} else if (kind == REPORT_WROTE) {
		cleanup(free_string) char *wrote = text_format("Wrote: %s", text);

		json_set_text(object, "text", wrote);
	} else {
		json_set_text(object, "text", text);
	}
	return json_print_line(object);
}

static void set_subject(struct json_object *object, const struct module_id *id,
			const struct kernel_id *kernel)
{
	if (id->name)
		json_set_text(object, "module", id->name);
	if (id->version)
		json_set_text(object, "version", id->version);
	if (kernel) {
		json_set_text(object, "kernel", kernel->release);
		json_set_text(object, "arch", kernel->arch);
	}
}

char *json_event_plan(const struct plan *plan)
{
	struct json_object *object = new_event("plan");
	struct json_object *jobs = json_checked(json_object_new_array());

	for (size_t i = 0; i < plan->count; i++) {
		const struct job *job = &plan->jobs[i];
		struct json_object *item = json_checked(json_object_new_object());

		json_set(item, "job", json_checked(json_object_new_int64((int64_t)i)));
		json_set_text(item, "kind", job_kind_name(job->kind));
		set_subject(item, &job->id, job->kernel ? &job->kernel->id : NULL);
		json_append(jobs, item);
	}
	json_set(object, "jobs", jobs);
	return json_print_line(object);
}

char *json_event_job(const struct run_job *job, size_t number)
{
	bool ended = job->ended >= 0;
	struct json_object *object = new_event(ended ? "finished" : "started");
	int64_t began = job->begun < 0 ? job->ended : job->begun;

	json_set(object, "job", json_checked(json_object_new_int64((int64_t)number)));
	json_set_text(object, "kind", job->kind);
	set_subject(object, &job->id, job->kernel.release ? &job->kernel : NULL);
	if (ended) {
		json_set_text(object, "outcome", job->outcome);
		json_set(object, "exit_status",
			 json_checked(json_object_new_int(job->exit_status)));
		json_set(object, "seconds",
			 json_checked(json_object_new_double((double)(job->ended - began) / 1000)));
	}
	return json_print_line(object);
}

char *json_event_summary(int exit_status)
{
	struct json_object *object = new_event("summary");

	json_set(object, "exit_status", json_checked(json_object_new_int(exit_status)));
	return json_print_line(object);
}

/*
 * The events of a run, for systemd's journal where it runs. Each job that changed something or
 * failed has an entry with SYSLOG_IDENTIFIER=dkms, MESSAGE_ID (by kind, docs/journal.md),
 * MODULE, MODULE_VERSION, KERNEL, ARCH, JOB, OUTCOME and EXIT_STATUS.
 */

/* One per kind of job; docs/journal.md lists them. */
static const struct {
	const char *kind, *id;
} kinds[] = {
	{"build", "5d1b7c7f0f4b4c0e9a5b0a4c6c1f2b01"},
	{"install", "5d1b7c7f0f4b4c0e9a5b0a4c6c1f2b02"},
	{"uninstall", "5d1b7c7f0f4b4c0e9a5b0a4c6c1f2b03"},
	{"unbuild", "5d1b7c7f0f4b4c0e9a5b0a4c6c1f2b04"},
	{"sign", "5d1b7c7f0f4b4c0e9a5b0a4c6c1f2b05"},
	{"add", "5d1b7c7f0f4b4c0e9a5b0a4c6c1f2b06"},
	{"forget", "5d1b7c7f0f4b4c0e9a5b0a4c6c1f2b07"},
	{"depmod", "5d1b7c7f0f4b4c0e9a5b0a4c6c1f2b08"},
	{"failure", "5d1b7c7f0f4b4c0e9a5b0a4c6c1f2b09"},
};

static const char *id_of(const struct run_job *job)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (text_equal(kinds[i].kind, job->kind))
			return kinds[i].id;
	return NULL;
}

/* A field of one line: what follows in the text is not for a line of a journal. */
static void add_field(struct buffer *entry, const char *name, const char *value)
{
	if (!text_empty(value))
		buffer_add_format(entry, "%s=%.*s\n", name, (int)strcspn(value, "\n"), value);
}

static char *entry_of(const struct run *run, const struct run_job *job, const char *id)
{
	bool failed = text_equal(job->outcome, "failed");
	cleanup(free_string) char *what = text_format(
		"%s %s%s%s%s%s: %s", job->kind, job->id.name ? job->id.name : "",
		job->id.version ? "/" : "", job->id.version ? job->id.version : "",
		job->kernel.release ? " for kernel " : "",
		job->kernel.release ? job->kernel.release : "",
		failed && job->message ? job->message : job->outcome);
	struct buffer entry = {0};

	add_field(&entry, "MESSAGE", what);
	add_field(&entry, "MESSAGE_ID", id);
	add_field(&entry, "PRIORITY", failed ? "3" : "6");
	add_field(&entry, "SYSLOG_IDENTIFIER", "dkms");
	add_field(&entry, "MODULE", job->id.name);
	add_field(&entry, "MODULE_VERSION", job->id.version);
	add_field(&entry, "KERNEL", job->kernel.release);
	add_field(&entry, "ARCH", job->kernel.arch);
	add_field(&entry, "JOB", job->kind);
	add_field(&entry, "ACTION", run->action);
	add_field(&entry, "OUTCOME", job->outcome);
	buffer_add_format(&entry, "EXIT_STATUS=%d\n", job->exit_status);
	return buffer_take(&entry);
}

void journald_send(const struct settings *settings, const struct run *run)
{
	cleanup(free_string) char *path = settings_path(settings, "/run/systemd/journal/socket");
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	cleanup(close_fd) int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0 || !text_put(address.sun_path, sizeof(address.sun_path), path, NULL))
		return;
	for (size_t i = 0; i < run->count; i++) {
		const struct run_job *job = &run->jobs[i];
		const char *id = id_of(job);
		cleanup(free_string) char *entry = id && job->begun >= 0 ? entry_of(run, job, id)
									 : NULL;

		if (entry && sendto(fd, entry, strlen(entry), MSG_NOSIGNAL,
				    (const struct sockaddr *)&address, sizeof(address)) < 0)
			return;
	}
}

/* dkms metrics: the text format of Prometheus, for the textfile collector of its node_exporter. */

static void add_head(struct buffer *out, const char *name, const char *help)
{
	buffer_add_format(out, "# HELP %s %s\n# TYPE %s gauge\n", name, help, name);
}

/* A value of a label: nothing in it may end it. */
static void add_label(struct buffer *out, const char *name, const char *value)
{
	buffer_add_format(out, "%s=\"", name);
	for (; *value; value++) {
		if (*value == '\\' || *value == '"')
			buffer_add_char(out, '\\');
		buffer_add_char(out, *value == '\n' ? ' ' : *value);
	}
	buffer_add_char(out, '"');
}

static void add_states(struct buffer *out, const struct status_list *list)
{
	static const enum status_state states[] = {STATUS_ADDED, STATUS_BROKEN, STATUS_BUILT,
						   STATUS_INSTALLED, STATUS_WEAK};

	add_head(out, "dkms_modules", "Module versions, for each kernel that they are built for.");
	for (size_t i = 0; i < sizeof(states) / sizeof(*states); i++) {
		size_t count = 0;

		for (size_t j = 0; j < list->count; j++)
			count += list->items[j].state == states[i];
		buffer_add_format(out, "dkms_modules{state=\"%s\"} %zu\n",
				  status_state_name(states[i]), count);
	}
}

static void add_verdicts(struct buffer *out, const struct loading *loading)
{
	static const char *const names[] = {
		[VERDICT_LOADS] = "will-load",
		[VERDICT_UNKNOWN] = "unknown",
		[VERDICT_REFUSED] = "will-not-load",
	};

	add_head(out, "dkms_module_files",
		 "Installed module files, by whether the kernel will load them.");
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		size_t count = 0;

		for (size_t j = 0; j < loading->count; j++)
			count += loading->items[j].verdict->answer == (enum verdict_answer)i;
		buffer_add_format(out, "dkms_module_files{verdict=\"%s\"} %zu\n", names[i], count);
	}
}

/* One for each module that autoinstall is to install and that is not there. */
static void add_missing(struct buffer *out, const struct why *why)
{
	add_head(out, "dkms_module_missing",
		 "Modules with AUTOINSTALL that are not installed, and why.");
	for (size_t i = 0; i < why->count; i++) {
		const struct why_entry *entry = &why->items[i];
		cleanup(free_string) char *warning = why_warning(entry);

		if (!warning)
			continue;
		buffer_add_text(out, "dkms_module_missing{");
		add_label(out, "module", entry->id.name);
		buffer_add_char(out, ',');
		add_label(out, "version", entry->id.version);
		buffer_add_char(out, ',');
		add_label(out, "kernel", entry->kernel.release);
		buffer_add_char(out, ',');
		add_label(out, "cause", entry->cause);
		buffer_add_text(out, "} 1\n");
	}
}

static void add_last_run(struct buffer *out, const struct runs *runs)
{
	if (!runs->count)
		return;
	const struct run *run = &runs->items[0];

	add_head(out, "dkms_last_run_timestamp_seconds",
		 "When the last run began that did anything.");
	buffer_add_format(out, "dkms_last_run_timestamp_seconds %jd\n", (intmax_t)run->when);
	add_head(out, "dkms_last_run_duration_seconds", "How long it took.");
	buffer_add_format(out, "dkms_last_run_duration_seconds %.3f\n",
			  (double)run->milliseconds / 1000);
	add_head(out, "dkms_last_run_exit_status", "What it ended with.");
	buffer_add_format(out, "dkms_last_run_exit_status %d\n", run->exit_status);
}

int action_metrics(struct invocation *invocation, int *ret_status, struct error *error)
{
	const struct status_filter filter = {
		.id = &invocation->id,
		.kernels = &invocation->kernels,
		.arches = &invocation->options->arches,
	};
	cleanup(overview_free) struct overview overview = {0};
	cleanup(buffer_free) struct buffer out = {0};

	if (overview_collect(&invocation->settings, invocation->distro, &filter, OVERVIEW_REASONS,
			     &overview, error) < 0)
		return error->code;
	add_states(&out, &overview.states);
	add_verdicts(&out, &overview.loading);
	add_missing(&out, &overview.why);
	add_last_run(&out, &overview.runs);
	report_text(&invocation->ui->reporter, REPORT_OUTPUT, out.data);
	*ret_status = 0;
	return 0;
}
