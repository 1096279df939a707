/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "conf/framework.h"

#include <stdlib.h>
#include <string.h>

#include "base/assignments.h"
#include "base/cleanup.h"
#include "base/directory.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/text.h"
#include "conf/directives.h"
#include "conf/evaluate.h"
#include "conf/lint_findings.h"
#include "conf/setting.h"

/* The settings that the values change, and the reporter. */
struct framework {
	struct settings *settings;
	struct conf_values values;
	struct reporter *reporter;
};

/* -j8, -j 8, --jobs=8 or -j alone (no limit) among the words of MAKEFLAGS; the last one counts. */
static bool makeflags_jobs(const char *makeflags, int *ret_jobs)
{
	cleanup(strv_free) struct strv words = {0};
	bool found = false;

	strv_split(&words, makeflags, " \t\n");
	for (size_t i = 0; i < words.count; i++) {
		const char *word = words.items[i];

		/* Variables for the sub-makes follow. */
		if (text_equal(word, "--"))
			break;
		if (text_equal(word, "-j") || text_equal(word, "--jobs")) {
			if (i + 1 == words.count ||
			    !setting_read_jobs(words.items[i + 1], ret_jobs))
				*ret_jobs = -1;
			found = true;
		} else if (text_starts_with(word, "-j")) {
			found = setting_read_jobs(word + strlen("-j"), ret_jobs) || found;
		} else if (text_starts_with(word, "--jobs=")) {
			found = setting_read_jobs(word + strlen("--jobs="), ret_jobs) || found;
		}
	}
	return found;
}

/* The environment wins over the files. */
static void take_environment(const struct framework *framework)
{
	const char *environment = getenv("parallel_jobs");
	const char *makeflags = getenv("MAKEFLAGS");
	int *jobs = &framework->settings->parallel_jobs;

	if (!text_empty(environment)) {
		if (setting_read_jobs(environment, jobs))
			return;
		report(framework->reporter, REPORT_WARNING,
		       "The environment variable parallel_jobs=\"%s\" is not a number; it is "
		       "passed over.",
		       environment);
	}
	if (makeflags)
		(void)makeflags_jobs(makeflags, jobs);
}

/* Takes the path. */
static void add_file(const struct framework *framework, struct strv *files, char *owned_path)
{
	cleanup(free_string) char *path = owned_path;

	if (file_is_regular(path))
		strv_add_owned(files, TAKE(path));
	else if (file_exists_nofollow(path))
		report(framework->reporter, REPORT_WARNING,
		       "%s is not a file that can be read; it is passed over.", path);
}

static int find_files(const struct framework *framework, struct strv *files, struct error *error)
{
	cleanup(free_string) char *directory = settings_path(framework->settings,
							     "/etc/dkms/framework.conf.d");
	cleanup(strv_free) struct strv names = {0};
	const char *name;
	int code = directory_list(directory, &names, error);

	if (code < 0)
		return code;
	add_file(framework, files, settings_path(framework->settings, "/etc/dkms/framework.conf"));
	STRV_FOREACH (name, &names)
		if (text_ends_with(name, ".conf"))
			add_file(framework, files, path_join(directory, name, NULL));
	return 0;
}

/*
 * The administrator's plain assignments need no shell, and no 10 ms at the start of each dkms.
 * False if a file has something else, of which nothing is known then.
 */
static bool take_plain(const struct strv *files, struct conf_values *values)
{
	const char *file;

	STRV_FOREACH (file, files) {
		cleanup(free_string) char *text = NULL;
		cleanup(error_clear) struct error ignored = {0};

		(void)conf_read_text(file, &text, &ignored);
		if (!text || !assignments_are_plain(text))
			return false;
		for (const char *const *name = setting_names; *name; name++) {
			cleanup(free_string) char *value = assignments_value(text, *name);

			if (value)
				conf_values_set(values, *name, 0, value, file);
		}
	}
	return true;
}

static int evaluate(struct framework *framework, const struct strv *files, struct error *error)
{
	const struct settings *settings = framework->settings;
	const struct conf_variable variables[] = {
		{"source_tree", settings->source_tree},
		{"dkms_tree", settings->dkms_tree},
		{"install_tree", settings->install_tree},
		{"tmp_location", settings->temporary},
		/* Expands to itself, to be replaced for each kernel. */
		{"kernelver", "$kernelver"},
	};
	const struct evaluate_input input = {
		.files = files,
		.variables = variables,
		.variable_count = sizeof(variables) / sizeof(*variables),
		.names = setting_names,
	};

	if (take_plain(files, &framework->values))
		return 0;
	conf_values_free(&framework->values);
	return conf_evaluate_files(&input, &framework->values, framework->reporter, error);
}

/* Names that are no settings. Plain text is examined here, as it was read here. */
static int find_unknown(const struct strv *files, struct lint_findings *findings,
			struct error *error)
{
	const char *file;

	STRV_FOREACH (file, files) {
		cleanup(free_string) char *text = NULL;

		if (conf_read_text(file, &text, error) < 0)
			return error->code;
		if (text && assignments_are_plain(text))
			lint_text(findings, file, text, LINT_FRAMEWORK);
		else if (lint_file(findings, file, LINT_FRAMEWORK, error) < 0)
			return error->code;
	}
	return 0;
}

static void warn_of_unknown(const struct strv *files, struct reporter *reporter)
{
	cleanup(lint_findings_free) struct lint_findings findings = {0};
	cleanup(error_clear) struct error error = {0};

	if (find_unknown(files, &findings, &error) < 0)
		report_text(reporter, REPORT_WARNING, error.message);
	lint_report(&findings, reporter);
}

int framework_load(struct settings *settings, struct reporter *reporter, struct error *error)
{
	cleanup(strv_free) struct strv files = {0};
	struct framework framework = {.settings = settings, .reporter = reporter};
	int code = find_files(&framework, &files, error);
	const char *file;

	STRV_FOREACH (file, &files)
		report(reporter, REPORT_DEBUG, "Reading %s.", file);
	if (code == 0 && files.count)
		code = evaluate(&framework, &files, error);
	if (code == 0) {
		settings_apply(&framework.values, settings, setting_warn, reporter);
		take_environment(&framework);
		warn_of_unknown(&files, reporter);
	}
	conf_values_free(&framework.values);
	return code;
}

int framework_lint(const char *root, struct lint_findings *findings, struct error *error)
{
	cleanup(strv_free) struct strv files = {0};
	cleanup(settings_free) struct settings settings = {0};
	struct framework framework = {.settings = &settings};

	settings_init(&settings, root);
	if (find_files(&framework, &files, error) == 0 && files.count &&
	    evaluate(&framework, &files, error) == 0 && find_unknown(&files, findings, error) == 0)
		settings_apply(&framework.values, &settings, lint_refused, findings);
	conf_values_free(&framework.values);
	return error->code;
}
