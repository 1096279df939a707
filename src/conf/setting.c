/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "conf/setting.h"

#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "base/cleanup.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/report.h"
#include "base/text.h"
#include "conf/directives.h"
#include "conf/origins.h"
#include "conf/setting_words.h"
#include "model/settings_table.h"

/*
 * The settings of struct policy, in framework.conf, in what is shipped for a module
 * (/usr/share/dkms/build-exceptions.d/M.conf) and in its override files in /etc/dkms; the last
 * wins. A module's own dkms.conf cannot give them: the override files are evaluated without it, so
 * that nothing in it can get at them either.
 */

int policy_evaluate(const struct evaluate_input *input, const struct strv *overrides,
		    struct conf_values *ret, struct error *error)
{
	struct evaluate_input own = *input;

	own.files = overrides;
	own.names = policy_names;
	own.first_pass = NULL;
	return conf_evaluate_files(&own, ret, NULL, error);
}

/* A word that stands for a value of an enumeration; "yes" and "no" stand for all their kin. */
struct choice {
	const char *word;
	unsigned value;
};

/* A kind of value. */
struct setting_kind {
	/* False: the text makes no sense, and nothing is changed. It is not empty. */
	bool (*read)(const struct setting_kind *kind, const char *text, void *member,
		     const char *root);
	const char *(*show)(const struct setting_kind *kind, const void *member); /* may be NULL */
	const char *expected;
	const struct choice *choices; /* ends with a NULL word */
};

struct setting {
	const char *name;
	const struct setting_kind *kind;
	size_t member; /* offset in struct settings, or in struct policy */
};

static bool read_switch(const struct setting_kind *kind, const char *text, void *member,
			const char *root)
{
	bool yes = word_is_yes(text);

	(void)kind, (void)root;
	if (!yes && !word_is_no(text))
		return false;
	*(bool *)member = yes;
	return true;
}

static const char *show_switch(const struct setting_kind *kind, const void *member)
{
	(void)kind;
	return *(const bool *)member ? "yes" : "no";
}

static bool is_choice(const char *text, const char *word)
{
	return strcasecmp(text, word) == 0 || (word_is_yes(word) && word_is_yes(text)) ||
	       (word_is_no(word) && word_is_no(text));
}

static bool read_choice(const struct setting_kind *kind, const char *text, void *member,
			const char *root)
{
	(void)root;
	for (const struct choice *choice = kind->choices; choice->word; choice++)
		if (is_choice(text, choice->word)) {
			*(unsigned *)member = choice->value;
			return true;
		}
	return false;
}

static const char *show_choice(const struct setting_kind *kind, const void *member)
{
	const struct choice *choice = kind->choices;

	while (choice->value != *(const unsigned *)member)
		choice++;
	return choice->word;
}

/* An absolute path below the root, where a value that was made from another is already. */
static char *below_root(const char *path, const char *root)
{
	if (path[0] != '/' || text_empty(root) || path_is_within(path, root))
		return xstrdup(path);
	return path_join(root, path, NULL);
}

/* Takes the path. */
static void set_path(void *member, char *path)
{
	char **target = member;

	free(*target);
	*target = path;
}

static bool read_temporary(const struct setting_kind *kind, const char *text, void *member,
			   const char *root)
{
	char *path = settings_expand(text, "");
	size_t length = strlen(path);

	(void)kind, (void)root;
	if (path[0] != '/') {
		free(path);
		return false;
	}
	while (length > 1 && path[length - 1] == '/')
		path[--length] = '\0';
	set_path(member, path);
	return true;
}

static bool read_directory(const struct setting_kind *kind, const char *text, void *member,
			   const char *root)
{
	char *path = NULL;

	if (!read_temporary(kind, text, &path, NULL))
		return false;
	set_path(member, below_root(path, root));
	free(path);
	return true;
}

static bool read_file(const struct setting_kind *kind, const char *text, void *member,
		      const char *root)
{
	(void)kind;
	if (text[0] != '/')
		return false;
	set_path(member, below_root(text, root));
	return true;
}

static bool read_key(const struct setting_kind *kind, const char *text, void *member,
		     const char *root)
{
	if (!text_starts_with(text, "pkcs11:"))
		return read_file(kind, text, member, root);
	set_path(member, xstrdup(text));
	return true;
}

static bool read_text(const struct setting_kind *kind, const char *text, void *member,
		      const char *root)
{
	(void)kind, (void)root;
	set_path(member, settings_expand(text, ""));
	return true;
}

static bool read_size(const struct setting_kind *kind, const char *text, void *member,
		      const char *root)
{
	(void)kind, (void)root;
	return amount_read(text, true, UINT64_MAX, member);
}

bool setting_read_jobs(const char *text, int *ret_jobs)
{
	uint64_t jobs;

	if (!amount_read(text, false, INT_MAX, &jobs))
		return false;
	*ret_jobs = jobs ? (int)jobs : -1;
	return true;
}

static bool read_jobs(const struct setting_kind *kind, const char *text, void *member,
		      const char *root)
{
	(void)kind, (void)root;
	return setting_read_jobs(text, member);
}

static bool read_seconds(const struct setting_kind *kind, const char *text, void *member,
			 const char *root)
{
	uint64_t seconds;

	(void)kind, (void)root;
	if (!amount_read(text, false, INT_MAX, &seconds) || !seconds)
		return false;
	*(int *)member = (int)seconds;
	return true;
}

static bool read_build_limits(const struct setting_kind *kind, const char *text, void *member,
			      const char *root)
{
	(void)kind, (void)root;
	return read_limits(text, member);
}

static const char *show_limits(const struct setting_kind *kind, const void *member)
{
	(void)kind;
	return ((const struct build_limits *)member)->text;
}

/* A place that can be asked: what is behind the scheme is for remote/ to say. */
static bool is_remote(const char *word)
{
	return text_starts_with(word, "https://") || text_starts_with(word, "http://") ||
	       text_starts_with(word, "file:///");
}

static bool read_remotes(const struct setting_kind *kind, const char *text, void *member,
			 const char *root)
{
	cleanup(strv_free) struct strv words = {0};
	struct remote_list *list = member;
	const char *word;

	(void)kind, (void)root;
	strv_split(&words, text, " \t\n");
	STRV_FOREACH (word, &words)
		if (!is_remote(word))
			return false;
	cleanup(free_string) char *joined = strv_join(&words, " ");

	return text_put(list->text, sizeof(list->text), joined, NULL);
}

static const char *show_remotes(const struct setting_kind *kind, const void *member)
{
	(void)kind;
	return ((const struct remote_list *)member)->text;
}

static bool read_quorum(const struct setting_kind *kind, const char *text, void *member,
			const char *root)
{
	struct trust_quorum *quorum = member;
	uint64_t number;

	(void)kind, (void)root;
	if (!amount_read(text, false, 1000, &number) || !number)
		return false;
	quorum->number = (unsigned int)number;
	(void)snprintf(quorum->text, sizeof(quorum->text), "%u", quorum->number);
	return true;
}

static const char *show_quorum(const struct setting_kind *kind, const void *member)
{
	const struct trust_quorum *quorum = member;

	(void)kind;
	return quorum->number ? quorum->text : "1";
}

static const struct choice remote_policy_choices[] = {
	{"prefer", REMOTE_PREFER}, {"yes", REMOTE_PREFER}, {"only", REMOTE_ONLY},
	{"never", REMOTE_NEVER},   {"no", REMOTE_NEVER},   {NULL, 0}};

static const struct choice sandbox_choices[] = {
	{"yes", SANDBOX_YES}, {"no", SANDBOX_NO}, {"require", SANDBOX_REQUIRE}, {NULL, 0}};

static const struct choice reuse_choices[] = {{"strict", REUSE_STRICT},
					      {"yes", REUSE_STRICT},
					      {"crc", REUSE_CRC},
					      {"no", REUSE_NO},
					      {NULL, 0}};

static const struct choice initramfs_choices[] = {
	{"auto", INITRAMFS_AUTO},   {"yes", INITRAMFS_AUTO}, {"always", INITRAMFS_ALWAYS},
	{"never", INITRAMFS_NEVER}, {"no", INITRAMFS_NEVER}, {NULL, 0}};

static const struct choice critical_choices[] = {
	{"auto", CRITICAL_AUTO}, {"yes", CRITICAL_YES}, {"no", CRITICAL_NO}, {NULL, 0}};

static const struct choice hook_failure_choices[] = {{"critical", HOOK_FAILURE_CRITICAL},
						     {"fail", HOOK_FAILURE_FAIL},
						     {"ignore", HOOK_FAILURE_IGNORE},
						     {NULL, 0}};

static const struct choice preflight_choices[] = {{"warn", PREFLIGHT_WARN},
						  {"abort-critical", PREFLIGHT_ABORT_CRITICAL},
						  {"abort", PREFLIGHT_ABORT},
						  {NULL, 0}};

static const struct choice sign_choices[] = {{"true", SIGN_ALWAYS},
					     {"false", SIGN_NEVER},
					     {"not_in_chroot", SIGN_NOT_IN_CHROOT},
					     {NULL, 0}};

static const struct setting_kind switch_kind = {read_switch, show_switch,
						"is neither \"yes\" nor \"no\"", NULL};

static const struct setting_kind sandbox_kind = {
	read_choice, show_choice, "is none of \"yes\", \"no\" and \"require\"", sandbox_choices};

static const struct setting_kind reuse_kind = {
	read_choice, show_choice, "is none of \"strict\", \"crc\" and \"no\"", reuse_choices};

static const struct setting_kind initramfs_kind = {read_choice, show_choice,
						   "is none of \"auto\", \"always\" and \"never\"",
						   initramfs_choices};

static const struct setting_kind critical_kind = {
	read_choice, show_choice, "is none of \"auto\", \"yes\" and \"no\"", critical_choices};

static const struct setting_kind remote_policy_kind = {
	read_choice, show_choice, "is none of \"prefer\", \"only\" and \"never\"",
	remote_policy_choices};

static const struct setting_kind remotes_kind = {
	read_remotes, show_remotes,
	"is no list of places that begin with https://, http:// or file:///", NULL};

static const struct setting_kind quorum_kind = {read_quorum, show_quorum,
						"is no number of publishers from 1 to 1000", NULL};

static const struct setting_kind hook_failure_kind = {
	read_choice, show_choice, "is none of \"critical\", \"fail\" and \"ignore\"",
	hook_failure_choices};

static const struct setting_kind preflight_kind = {
	read_choice, show_choice, "is none of \"warn\", \"abort-critical\" and \"abort\"",
	preflight_choices};

static const struct setting_kind sign_policy_kind = {
	read_choice, show_choice, "is none of \"true\", \"false\" and \"not_in_chroot\"",
	sign_choices};

static const struct setting_kind directory_kind = {read_directory, NULL, "is no absolute path",
						   NULL};

static const struct setting_kind temporary_kind = {read_temporary, NULL, "is no absolute path",
						   NULL};

static const struct setting_kind file_kind = {read_file, NULL, "is no absolute path", NULL};

static const struct setting_kind key_kind = {
	read_key, NULL, "is neither an absolute path nor a \"pkcs11:\" URI", NULL};

static const struct setting_kind text_kind = {read_text, NULL, "", NULL};

static const struct setting_kind size_kind = {read_size, NULL, "is no size such as \"500M\"", NULL};

static const struct setting_kind jobs_kind = {read_jobs, NULL, "is not a number", NULL};

static const struct setting_kind seconds_kind = {read_seconds, NULL, "is no number of seconds",
						 NULL};

static const struct setting_kind limits_kind = {
	read_build_limits, show_limits,
	"is no list of memory=, processes=, tmp=, disk= and time= with a number each, or \"no\"",
	NULL};

#define AS_SETTING(name, kind, member) {#name, &kind##_kind, offsetof(struct settings, member)},
#define AS_POLICY_SETTING(name, kind, member) \
	{#name, &kind##_kind, offsetof(struct policy, member)},

static const struct setting framework_rows[] = {FRAMEWORK_SETTINGS(AS_SETTING){NULL, NULL, 0}};

static const struct setting policy_rows[] = {POLICY_SETTINGS(AS_POLICY_SETTING){NULL, NULL, 0}};

static const struct setting *find_row(const struct setting *rows, const char *name)
{
	for (; rows->name; rows++)
		if (text_equal(rows->name, name))
			return rows;
	return NULL;
}

static bool apply(const struct setting *setting, const char *text, void *target, const char *root)
{
	void *member = (char *)target + setting->member;

	if (*text)
		return setting->kind->read(setting->kind, text, member, root);
	if (setting->kind == &switch_kind)
		*(bool *)member = false;
	else if (setting->kind == &limits_kind)
		(void)read_limits(text, member);
	return true;
}

static void apply_all(const struct setting *rows, struct conf_values *values, void *target,
		      const char *root, setting_refusal *refused, void *context)
{
	for (; rows->name; rows++) {
		const struct conf_value *value = conf_values_find(values, rows->name, 0);
		cleanup(error_clear) struct error ignored = {0};

		if (!value || apply(rows, value->text, target, root))
			continue;
		(void)conf_find_origins(values, &ignored);
		refused(context, rows->name, conf_values_find(values, rows->name, 0),
			rows->kind->expected);
	}
}

void settings_apply(struct conf_values *values, struct settings *settings, setting_refusal *refused,
		    void *context)
{
	apply_all(framework_rows, values, settings, settings->root, refused, context);
	policy_apply(values, &settings->policy, refused, context);
}

void policy_apply(struct conf_values *values, struct policy *policy, setting_refusal *refused,
		  void *context)
{
	apply_all(policy_rows, values, policy, NULL, refused, context);
}

void setting_warn(void *context, const char *name, const struct conf_value *value,
		  const char *expected)
{
	report(context, REPORT_WARNING, "%s: %s=\"%s\" %s; the default is kept.",
	       value->origin ? value->origin : "configuration", name, value->text, expected);
}

const char *policy_text(const struct policy *policy, const char *name)
{
	const struct setting *setting = find_row(policy_rows, name);

	return setting->kind->show(setting->kind, (const char *)policy + setting->member);
}
