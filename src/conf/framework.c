/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "conf/framework.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/assignments.h"
#include "base/cleanup.h"
#include "base/directory.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/text.h"
#include "conf/conf_text.h"
#include "conf/evaluate.h"
#include "conf/policy.h"
#include "conf/switch_words.h"

#define POLICY_NAME(name, reading) #name,

static const char *const setting_names[] = {
	"source_tree",
	"dkms_tree",
	"install_tree",
	"tmp_location",
	"verbose",
	"symlink_modules",
	"autoinstall_all_kernels",
	"modprobe_on_install",
	"parallel_jobs",
	"compress_gzip_opts",
	"compress_xz_opts",
	"compress_zstd_opts",
	"build_environment",
	"remember_probes",
	"cache_size",
	"post_transaction",
	"sign_file",
	"mok_signing_key",
	"mok_certificate",
	"try_sign_modules",
	"continue_on_error",
	POLICY_SETTINGS(POLICY_NAME) NULL,
};

/* What the values are applied to, and who is told. */
struct framework {
	struct settings *settings;
	struct conf_values values;
	struct reporter *reporter;
};

static const char *value_of(const struct framework *framework, const char *name)
{
	const char *text = conf_values_get(&framework->values, name, 0);

	return text ? text : "";
}

static void warn(const struct framework *framework, const char *name, const char *what)
{
	const struct conf_value *value = conf_values_find(&framework->values, name, 0);
	const char *origin = value && value->origin ? value->origin : "framework.conf";

	report(framework->reporter, REPORT_WARNING, "%s: %s=\"%s\" %s; the default is kept.",
	       origin, name, value_of(framework, name), what);
}

/* An absolute path below the root, where a value that was made from another is already. */
static char *below_root(const struct settings *settings, const char *path)
{
	if (path[0] != '/' || text_empty(settings->root) || path_is_within(path, settings->root))
		return xstrdup(path);
	return settings_path(settings, path);
}

static void apply_directory(const struct framework *framework, const char *name, char **target)
{
	cleanup(free_string) char *path = settings_expand(value_of(framework, name), "");
	size_t length = strlen(path);

	if (!length)
		return;
	if (path[0] != '/') {
		warn(framework, name, "is no absolute path");
		return;
	}
	while (length > 1 && path[length - 1] == '/')
		path[--length] = '\0';
	free(*target);
	*target = target == &framework->settings->temporary ? TAKE(path)
							    : below_root(framework->settings, path);
}

static void apply_file(const struct framework *framework, const char *name, char **target)
{
	const char *value = value_of(framework, name);

	if (!*value)
		return;
	free(*target);
	*target = below_root(framework->settings, value);
}

static void apply_text(const struct framework *framework, const char *name, char **target)
{
	const char *value = value_of(framework, name);

	if (!*value)
		return;
	free(*target);
	*target = settings_expand(value, "");
}

static void apply_switch(const struct framework *framework, const char *name, bool *target)
{
	const char *value = value_of(framework, name);

	if (conf_values_array(&framework->values, name))
		*target = *value && !word_is_no(value);
}

static void apply_sign_policy(const struct framework *framework)
{
	enum sign_policy *policy = &framework->settings->try_sign_modules;
	const char *value = value_of(framework, "try_sign_modules");

	if (word_is_yes(value))
		*policy = SIGN_ALWAYS;
	else if (word_is_no(value))
		*policy = SIGN_NEVER;
	else if (strcasecmp(value, "not_in_chroot") == 0)
		*policy = SIGN_NOT_IN_CHROOT;
	else if (*value)
		warn(framework, "try_sign_modules",
		     "is none of \"true\", \"false\" and \"not_in_chroot\"");
}

/* A number of bytes, in K, M or G if it says so. */
static bool parse_size(const char *text, uint64_t *ret_size)
{
	static const char units[] = "KMG";
	char *end;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	unsigned long long number = strtoull(text, &end, 10);
	const char *unit = *end ? strchr(units, toupper((unsigned char)*end)) : NULL;
	int shift = unit ? 10 * (int)(unit - units + 1) : 0;

	if (errno || number > UINT64_MAX >> shift || (*end && (!unit || end[1])))
		return false;
	*ret_size = (uint64_t)number << shift;
	return true;
}

static void apply_size(const struct framework *framework, const char *name, uint64_t *target)
{
	const char *value = value_of(framework, name);

	if (*value && !parse_size(value, target))
		warn(framework, name, "is no size such as \"500M\"");
}

/* A number of jobs as people write it, where 0 is no limit; as struct settings has it. */
static bool parse_jobs(const char *text, int *ret_jobs)
{
	char *end;
	long jobs;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	jobs = strtol(text, &end, 10);
	if (*end || errno || jobs > INT_MAX)
		return false;
	*ret_jobs = jobs ? (int)jobs : -1;
	return true;
}

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
			if (i + 1 == words.count || !parse_jobs(words.items[i + 1], ret_jobs))
				*ret_jobs = -1;
			found = true;
		} else if (text_starts_with(word, "-j")) {
			found = parse_jobs(word + strlen("-j"), ret_jobs) || found;
		} else if (text_starts_with(word, "--jobs=")) {
			found = parse_jobs(word + strlen("--jobs="), ret_jobs) || found;
		}
	}
	return found;
}

static void apply_jobs(const struct framework *framework)
{
	const char *value = value_of(framework, "parallel_jobs");
	const char *environment = getenv("parallel_jobs");
	const char *makeflags = getenv("MAKEFLAGS");
	int *jobs = &framework->settings->parallel_jobs;

	if (*value && !parse_jobs(value, jobs))
		warn(framework, "parallel_jobs", "is not a number");
	if (!text_empty(environment)) {
		if (parse_jobs(environment, jobs))
			return;
		report(framework->reporter, REPORT_WARNING,
		       "The environment variable parallel_jobs=\"%s\" is not a number; it is "
		       "passed over.",
		       environment);
	}
	if (makeflags)
		(void)makeflags_jobs(makeflags, jobs);
}

static void apply(const struct framework *framework)
{
	struct settings *settings = framework->settings;

	apply_directory(framework, "source_tree", &settings->source_tree);
	apply_directory(framework, "dkms_tree", &settings->dkms_tree);
	apply_directory(framework, "install_tree", &settings->install_tree);
	apply_directory(framework, "tmp_location", &settings->temporary);
	apply_switch(framework, "verbose", &settings->verbose);
	apply_switch(framework, "symlink_modules", &settings->symlink_modules);
	apply_switch(framework, "autoinstall_all_kernels", &settings->autoinstall_all_kernels);
	apply_switch(framework, "modprobe_on_install", &settings->modprobe_on_install);
	apply_switch(framework, "continue_on_error", &settings->continue_on_error);
	apply_jobs(framework);
	apply_text(framework, "compress_gzip_opts", &settings->compress_gzip_opts);
	apply_text(framework, "compress_xz_opts", &settings->compress_xz_opts);
	apply_text(framework, "compress_zstd_opts", &settings->compress_zstd_opts);
	apply_directory(framework, "build_environment", &settings->build_environment);
	apply_size(framework, "cache_size", &settings->cache_size);
	policy_apply(&framework->values, &settings->policy, framework->reporter);
	apply_switch(framework, "remember_probes", &settings->remember_probes);
	apply_text(framework, "post_transaction", &settings->post_transaction);
	apply_file(framework, "sign_file", &settings->sign_file);
	apply_file(framework, "mok_signing_key", &settings->mok_signing_key);
	apply_file(framework, "mok_certificate", &settings->mok_certificate);
	apply_sign_policy(framework);
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
		struct error ignored = {0};

		(void)conf_read_text(file, &text, &ignored);
		error_clear(&ignored);
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

int framework_load(struct settings *settings, struct reporter *reporter, struct error *error)
{
	cleanup(strv_free) struct strv files = {0};
	struct framework framework = {.settings = settings, .reporter = reporter};
	int code = find_files(&framework, &files, error);

	if (code == 0 && files.count)
		code = evaluate(&framework, &files, error);
	if (code == 0)
		apply(&framework);
	conf_values_free(&framework.values);
	return code;
}
