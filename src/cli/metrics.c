/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dkms metrics: the text format of Prometheus, for the textfile collector of its node_exporter. */
#include "base/text.h"
#include "cli/actions.h"
#include "inspect/why.h"

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
