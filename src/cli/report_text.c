/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dkms report for a terminal or a mail. */
#include <time.h>

#include "base/cleanup.h"
#include "base/strv.h"
#include "base/text.h"
#include "cli/report_facts.h"

char *report_date(int64_t when)
{
	char date[sizeof "2026-11-23 11:30"] = "";
	time_t seconds = (time_t)when;
	struct tm parts;

	if (localtime_r(&seconds, &parts))
		(void)strftime(date, sizeof(date), "%Y-%m-%d %H:%M", &parts);
	return text_format("%s", date);
}

static void show_machine(struct json_object *machine, struct reporter *reporter)
{
	cleanup(free_string) char *date = report_date(fact_number(machine, "when"));

	report(reporter, REPORT_LINE, "%s, %s, kernel %s", fact_text(machine, "host"),
	       fact_text(machine, "system"), fact_text(machine, "running_kernel"));
	report(reporter, REPORT_LINE, "dkms %s, %s", fact_text(machine, "dkms"), date);
}

static void show_files(struct json_object *module, struct reporter *reporter)
{
	for (size_t i = 0; i < fact_count(module, "installed_files"); i++) {
		struct json_object *file = fact_item(module, "installed_files", i);
		const char *reason = fact_text(file, "reason");

		report(reporter, REPORT_LINE, "    %s: %s%s%s", fact_text(file, "path"),
		       fact_text(file, "verdict"), *reason ? ", " : "", reason);
	}
}

static void show_module(struct json_object *module, struct reporter *reporter)
{
	const char *kernel = fact_text(module, "kernel");
	const char *class = fact_text(module, "class");
	bool is_ordinary = !*class || text_equal(class, "ordinary");

	report(reporter, REPORT_LINE, "  %s/%s%s%s: %s%s%s", fact_text(module, "module"),
	       fact_text(module, "version"), *kernel ? ", " : "", kernel,
	       fact_text(module, "state"), is_ordinary ? "" : ", ", is_ordinary ? "" : class);
	show_files(module, reporter);
}

static void show_missing(struct json_object *missing, struct reporter *reporter)
{
	cleanup(strv_free) struct strv lines = {0};
	const char *next = fact_text(missing, "next");
	const char *line;

	report(reporter, REPORT_LINE, "  %s/%s on %s: %s", fact_text(missing, "module"),
	       fact_text(missing, "version"), fact_text(missing, "kernel"),
	       fact_text(missing, "reason"));
	strv_split(&lines, fact_text(missing, "message"), "\n");
	STRV_FOREACH (line, &lines)
		report(reporter, REPORT_LINE, "    %s", line);
	if (*next)
		report(reporter, REPORT_LINE, "    Next: %s", next);
}

static void show_list(struct json_object *facts, const char *key, const char *title,
		      void (*show)(struct json_object *item, struct reporter *reporter),
		      struct reporter *reporter)
{
	if (fact_count(facts, key))
		report(reporter, REPORT_LINE, "\n%s", title);
	for (size_t i = 0; i < fact_count(facts, key); i++)
		show(fact_item(facts, key, i), reporter);
}

static void show_finding(struct json_object *finding, struct reporter *reporter)
{
	report(reporter, REPORT_LINE, "  %s: %s", fact_text(finding, "path"),
	       fact_text(finding, "message"));
}

static void show_signing(struct json_object *signing, struct reporter *reporter)
{
	const char *enforced = fact_text(signing, "enforced_by");

	report(reporter, REPORT_LINE, "\nSigning\n  Signatures enforced: %s",
	       *enforced ? enforced : "no");
	report(reporter, REPORT_LINE, "  Certificate: %s (%s%s)", fact_text(signing, "certificate"),
	       *fact_text(signing, "subject") ? "enrolled: " : "cannot be read",
	       *fact_text(signing, "subject") ? fact_text(signing, "enrolled") : "");
}

static void show_disk(struct json_object *disk, struct reporter *reporter)
{
	cleanup(free_string) char *tree = text_size((uint64_t)fact_number(disk, "tree_bytes"));
	cleanup(free_string) char *cache = text_size((uint64_t)fact_number(disk, "cache_bytes"));

	report(reporter, REPORT_LINE, "\nDisk\n  %s: %s", fact_text(disk, "tree"), tree);
	if (fact_object(disk, "cache_bytes"))
		report(reporter, REPORT_LINE, "  Builds kept for later: %s", cache);
}

static void show_last_run(struct json_object *run, struct reporter *reporter)
{
	if (!run)
		return;
	cleanup(free_string) char *date = report_date(fact_number(run, "when"));

	report(reporter, REPORT_LINE, "\nLast run\n  dkms %s, %s: %.1f s, exit status %d",
	       fact_text(run, "action"), date, (double)fact_number(run, "milliseconds") / 1000,
	       (int)fact_number(run, "exit_status"));
	report_text(reporter, REPORT_LINE, "  `dkms timeline` shows where its time went.");
}

void report_show(struct json_object *facts, struct reporter *reporter)
{
	show_machine(fact_object(facts, "machine"), reporter);
	show_list(facts, "missing", "Not installed, though AUTOINSTALL is set", show_missing,
		  reporter);
	show_list(facts, "findings", "Wrong (see dkms check)", show_finding, reporter);
	show_list(facts, "modules", "Modules", show_module, reporter);
	if (!fact_count(facts, "modules"))
		report_text(reporter, REPORT_LINE, "\nNo module is registered.");
	show_signing(fact_object(facts, "signing"), reporter);
	show_disk(fact_object(facts, "disk"), reporter);
	show_last_run(fact_object(facts, "last_run"), reporter);
}
