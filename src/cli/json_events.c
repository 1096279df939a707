/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/json_events.h"

#include "base/json.h"
#include "base/text.h"

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

	if (kind == REPORT_ERROR)
		set_message(object, text);
	else
		json_set_text(object, "text", text);
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
