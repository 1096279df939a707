/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dkms report as text, also without what could name a person. */
#include <ctype.h>
#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/json.h"
#include "base/strv.h"
#include "base/text.h"
#include "cli/actions.h"
#include "cli/pictures.h"
#include "cli/report_facts.h"

/* Parts of a report that do not belong in a ticket for others. */

struct secrets {
	struct strv hosts; /* the name, and its part before the first dot */
	struct strv users;
};

/* Letters that may continue a name: "al" is no user in "also". */
static bool continues_name(char letter)
{
	return isalnum((unsigned char)letter) || letter == '_' || letter == '-';
}

/* Each place of word, as a whole word, becomes instead. Returns a new text. */
static char *without_word(const char *text, const char *word, const char *instead)
{
	struct buffer out = {0};
	size_t length = strlen(word);
	const char *from = text, *at = text;

	buffer_add_text(&out, "");
	while ((at = strstr(at, word))) {
		if ((at > text && continues_name(at[-1])) || continues_name(at[length])) {
			at += length;
			continue;
		}
		buffer_add(&out, from, (size_t)(at - from));
		buffer_add_text(&out, instead);
		at += length;
		from = at;
	}
	buffer_add_text(&out, from);
	return buffer_take(&out);
}

/* "/home/alice/foo" becomes "/home/…". */
static char *without_homes(const char *text)
{
	struct buffer out = {0};
	const char *at;

	buffer_add_text(&out, "");
	while ((at = strstr(text, "/home/"))) {
		buffer_add(&out, text, (size_t)(at - text));
		buffer_add_text(&out, "/home/…");
		text = at + strlen("/home/");
		text += strcspn(text, " \t\n\"'`:,;()<>");
	}
	buffer_add_text(&out, text);
	return buffer_take(&out);
}

static char *cleaned(const char *text, const struct secrets *secrets)
{
	char *clean = without_homes(text);
	const char *user, *host;

	STRV_FOREACH (user, &secrets->users) {
		cleanup(free_string) char *before = clean;

		clean = without_word(before, user, "USER");
	}
	STRV_FOREACH (host, &secrets->hosts) {
		cleanup(free_string) char *before = clean;

		clean = without_word(before, host, "HOST");
	}
	return clean;
}

static void clean_texts(struct json_object *value, const struct secrets *secrets)
{
	if (json_object_is_type(value, json_type_string)) {
		cleanup(free_string) char *clean = cleaned(json_object_get_string(value), secrets);

		(void)json_object_set_string(value, clean);
	} else if (json_object_is_type(value, json_type_array)) {
		for (size_t i = 0; i < json_object_array_length(value); i++)
			clean_texts(json_object_array_get_idx(value, i), secrets);
	} else if (json_object_is_type(value, json_type_object)) {
		json_object_object_foreach(value, key, member)
		{
			(void)key;
			clean_texts(member, secrets);
		}
	}
}

/* People, not what programs run as. */
static void list_users(const struct settings *settings, struct strv *users)
{
	enum { FIRST_PERSON = 1000, NOBODY = 65534 };
	cleanup(free_string) char *path = settings_path(settings, "/etc/passwd");
	FILE *file = fopen(path, "re");
	const struct passwd *entry;

	if (!file)
		return;
	while ((entry = fgetpwent(file)))
		if (entry->pw_uid >= FIRST_PERSON && entry->pw_uid != NOBODY && *entry->pw_name)
			strv_add(users, entry->pw_name);
	(void)fclose(file);
}

/*
 * Takes out of all texts what is nobody's business: the host's name, names of users, and what lies
 * below their homes.
 */
static void report_anonymize(struct json_object *facts, const struct settings *settings)
{
	const char *host = fact_text(fact_object(facts, "machine"), "host");
	struct secrets secrets = {0};

	if (*host) {
		strv_add(&secrets.hosts, host);
		strv_add_format(&secrets.hosts, "%.*s", (int)strcspn(host, "."), host);
	}
	list_users(settings, &secrets.users);
	clean_texts(facts, &secrets);
	strv_free(&secrets.hosts);
	strv_free(&secrets.users);
}

/* dkms report for a terminal or a mail. */

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

/* A line at a time. */
static void report_show(struct json_object *facts, struct reporter *reporter)
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

/* A page has pictures, too; without Graphviz it has no graph. */
static void draw(const struct invocation *invocation, struct json_object *facts)
{
	cleanup(runs_free) struct runs runs = {0};
	cleanup(error_clear) struct error undrawn = {0};
	cleanup(free_string) char *graph = NULL;
	size_t length = 0;

	runs_read(&invocation->settings, &runs);
	if (runs.count) {
		cleanup(free_string) char *timeline = timeline_picture(&runs.items[0]);

		json_set_text(facts, "timeline_svg", timeline);
	}
	if (*fact_text(facts, "graph") &&
	    graph_picture(fact_text(facts, "graph"), &graph, &length, &undrawn) == 0)
		json_set_text(facts, "graph_svg", graph);
}

static int write_page(const struct invocation *invocation, struct json_object *facts,
		      struct error *error)
{
	const char *path = invocation->options->html;

	draw(invocation, facts);
	cleanup(free_string) char *page = report_page(facts);

	if (file_write(path, page, strlen(page), 0644, error) < 0)
		return error->code;
	report(&invocation->ui->reporter, REPORT_LINE, "%s is the report.", path);
	return 0;
}

int action_report(struct invocation *invocation, int *ret_status, struct error *error)
{
	const struct options *options = invocation->options;
	struct json_object *facts;
	int code = 0;

	if (options->json && options->html)
		return error_set(error, -EINVAL, EXIT_NOT_FOUND,
				 "--json and --html are two reports. Ask for one of them.");
	if (invocation_require_known(invocation, error) < 0)
		return error->code;
	facts = report_facts(invocation, error);
	if (!facts)
		return error->code;
	if (options->anonymize)
		report_anonymize(facts, &invocation->settings);
	*ret_status = 0;
	if (options->html) {
		code = write_page(invocation, facts, error);
	} else if (options->json) {
		cleanup(free_string) char *text = json_print(json_object_get(facts));

		report_text(&invocation->ui->reporter, REPORT_OUTPUT, text);
	} else {
		report_show(facts, &invocation->ui->reporter);
	}
	json_object_put(facts);
	return code;
}
