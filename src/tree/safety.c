/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tree/safety.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/acl.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/process.h"
#include "base/text.h"
#include "base/walk.h"
#include "tree/layout.h"

struct examination {
	const struct settings *settings;
	const struct module_id *id;
	char *consequence;  /* what is not done: "foo/1.0 is not built" */
	const char *source; /* of all that is examined, what a command may mend with all below */
	char *foreign;      /* the first path of another user's */
	uid_t owner;        /* whose it is */
	bool is_listed;     /* it is not: a list lets him write */
	char *shared;       /* the first path that a group may write to */
	struct error *error;
	bool always; /* no setting allows it */
};

static int refuse(const struct examination *examination, const char *path, struct error *error)
{
	const struct module_id *id = examination->id;
	const char *source = examination->source;

	(void)error_set(error, -EPERM, EXIT_BAD_CONF, "Everybody may write to %s, so %s as root.",
			path, examination->consequence);
	(void)error_hint(error, "Look what is there, then take that right away: chmod %so-w %s",
			 source ? "-R " : "", source ? source : path);
	if (examination->always)
		return error->code;
	return error_hint(error, "Or set allow_writable_sources=\"yes\" in %s/etc/dkms/%s.conf.",
			  examination->settings->root, id->name);
}

static bool is_trusted(uid_t user)
{
	return user == 0 || user == geteuid();
}

static void note_foreign(struct examination *examination, const char *path, uid_t user)
{
	if (is_trusted(user) || examination->foreign)
		return;
	examination->foreign = xstrdup(path);
	examination->owner = user;
}

/* Where a list gives rights to a group of its own, the mode's bits for the group are its mask. */
static void note_list(struct examination *examination, const char *path, const struct acl *acl)
{
	bool known = examination->foreign;

	note_foreign(examination, path, acl->writer);
	if (!known && examination->foreign)
		examination->is_listed = true;
	if (acl->group_writes && !examination->shared)
		examination->shared = xstrdup(path);
}

static int examine(struct examination *examination, const char *path, const struct stat *info,
		   const struct acl *acl, struct error *error)
{
	if (S_ISLNK(info->st_mode))
		return 0;
	if (info->st_mode & S_IWOTH)
		return refuse(examination, path, error);
	note_foreign(examination, path, info->st_uid);
	note_list(examination, path, acl);
	if ((info->st_mode & S_IWGRP) && info->st_gid != 0 && !examination->shared)
		examination->shared = xstrdup(path);
	return 0;
}

/* Who may write to a directory above, and is not kept to what is his own, puts another one there.
 */
static int examine_above(struct examination *examination, const char *path, struct error *error)
{
	cleanup(free_string) char *above = path_parent(path);
	struct acl acl = {0};
	struct stat info;

	if (stat(above, &info) < 0)
		return error_errno(error, -errno, 0, "Cannot examine %s", above);
	if ((info.st_mode & S_IWOTH) && !(info.st_mode & S_ISVTX))
		return refuse(examination, above, error);
	acl_of_path(above, &acl);
	note_foreign(examination, above, info.st_uid);
	note_list(examination, above, &acl);
	return text_equal(above, "/") ? 0 : examine_above(examination, above, error);
}

static int examine_tree(struct examination *examination, struct error *error)
{
	cleanup(free_string) char *module = layout_module(examination->settings,
							  examination->id->name);
	cleanup(free_string) char *version = layout_version(examination->settings, examination->id);
	const char *const paths[] = {examination->settings->dkms_tree, module, version};
	cleanup(free_string) char *tree = realpath(paths[0], NULL);

	if (tree && examine_above(examination, tree, error) < 0)
		return error->code;
	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
		struct acl acl = {0};
		struct stat info;

		if (stat(paths[i], &info) < 0)
			return error_errno(error, -errno, 0, "Cannot examine %s", paths[i]);
		acl_of_path(paths[i], &acl);
		if (examine(examination, paths[i], &info, &acl, error) < 0)
			return error->code;
	}
	return 0;
}

/* A list by which others may write shows in the mode: the group's bits are its mask. */
static void look_for_list(const struct walk_step *step, struct acl *acl)
{
	if (!(step->info->st_mode & S_IWGRP) ||
	    (!S_ISREG(step->info->st_mode) && !S_ISDIR(step->info->st_mode)))
		return;
	cleanup(close_fd) int fd = openat(step->parent, step->name,
					  O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (fd >= 0)
		acl_of_descriptor(fd, acl);
}

static int examine_step(const struct walk_step *step)
{
	struct examination *examination = step->context;
	cleanup(free_string) char *path = *step->path
						  ? path_join(examination->source, step->path, NULL)
						  : xstrdup(examination->source);
	struct acl acl = {0};

	look_for_list(step, &acl);
	return examine(examination, path, step->info, &acl, examination->error);
}

/* A directory is examined before what is in it, and so before anybody can change what is read. */
static int examine_source(struct examination *examination, const char *source, struct error *error)
{
	const struct walk walk = {
		.file = examine_step, .enter = examine_step, .paths = true, .context = examination};
	cleanup(close_fd) int fd = open(source, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	int code = fd < 0 ? -errno : 0;

	examination->source = source;
	examination->error = error;
	if (!code)
		code = walk_tree(&walk, fd, ".", -1, NULL);
	return code < 0 && !error->code ? error_errno(error, code, 0, "Cannot examine %s", source)
					: code;
}

static void tell(const struct examination *examination, struct reporter *reporter)
{
	const struct module_id *id = examination->id;

	if (examination->foreign)
		report(reporter, REPORT_WARNING,
		       "%s %s user %u, who thereby decides what root builds and installs of "
		       "%s/%s.",
		       examination->foreign,
		       examination->is_listed ? "may be written to by" : "belongs to",
		       (unsigned int)examination->owner, id->name, id->version);
	if (examination->shared)
		report(reporter, REPORT_VERBOSE, "The group of %s may write to it.",
		       examination->shared);
}

/* Scripts and patches in /etc/dkms/M win over the source's. */
static int examine_overrides(struct examination *examination, struct error *error)
{
	cleanup(free_string) char *named = layout_override(examination->settings,
							   examination->id->name, NULL);
	cleanup(free_string) char *overrides = realpath(named, NULL);

	if (!overrides)
		return 0;
	if (examine_above(examination, overrides, error) < 0)
		return error->code;
	return examine_source(examination, overrides, error);
}

static int examine_all(struct examination *examination, struct error *error)
{
	cleanup(free_string) char *link = layout_source_link(examination->settings,
							     examination->id);
	cleanup(free_string) char *source = realpath(link, NULL);

	if (!source)
		return error_errno(error, -errno, EXIT_BROKEN, "Cannot examine %s", link);
	if (examine_tree(examination, error) < 0 || examine_above(examination, source, error) < 0 ||
	    examine_overrides(examination, error) < 0)
		return error->code;
	return examine_source(examination, source, error);
}

static void examination_release(struct examination *examination)
{
	free(examination->consequence);
	free(examination->foreign);
	free(examination->shared);
}

int safety_check(const struct settings *settings, const struct module_id *id,
		 struct reporter *reporter, struct error *error)
{
	cleanup(examination_release) struct examination examination = {
		.settings = settings,
		.id = id,
		.consequence = text_format("%s/%s is not built", id->name, id->version),
	};

	if (examine_all(&examination, error) < 0)
		return error->code;
	tell(&examination, reporter);
	return 0;
}

int safety_check_script(const struct settings *settings, const struct module_id *id,
			const char *kind, struct error *error)
{
	cleanup(examination_release) struct examination examination = {
		.settings = settings,
		.id = id,
		.consequence = text_format("the %s script of %s/%s is not run", kind, id->name,
					   id->version),
	};

	return examine_all(&examination, error);
}

static int check_product(const struct settings *settings, const struct module_id *id,
			 const struct kernel_id *kernel, const char *refusal, bool always,
			 struct error *error)
{
	cleanup(free_string) char *product = layout_product(settings, id, kernel);
	cleanup(examination_release) struct examination examination = {
		.settings = settings,
		.id = id,
		.consequence = text_format("the build of %s/%s %s", id->name, id->version, refusal),
		.always = always,
	};

	if (examine_tree(&examination, error) < 0)
		return error->code;
	return examine_source(&examination, product, error);
}

int safety_check_product(const struct settings *settings, const struct module_id *id,
			 const struct kernel_id *kernel, const char *refusal, struct error *error)
{
	return check_product(settings, id, kernel, refusal, false, error);
}

int safety_require_product(const struct settings *settings, const struct module_id *id,
			   const struct kernel_id *kernel, const char *refusal, struct error *error)
{
	return check_product(settings, id, kernel, refusal, true, error);
}

int safety_examine_opened(void *context, const char *path, int fd, struct error *error)
{
	const struct safety_source *source = context;
	cleanup(free_string) char *full = *path ? path_join(source->source, path, NULL)
						: xstrdup(source->source);
	cleanup(examination_release) struct examination examination = {
		.settings = source->settings,
		.id = source->id,
		.consequence = text_format("%s/%s %s", source->id->name, source->id->version,
					   source->refusal),
		.source = source->source,
	};
	struct acl acl = {0};
	struct stat info;

	if (fstat(fd, &info) < 0)
		return error_errno(error, -errno, 0, "Cannot examine %s", full);
	acl_of_descriptor(fd, &acl);
	return examine(&examination, full, &info, &acl, error);
}

#define BLANKS " \t\n"

enum { WORDS_LIMIT = 1 << 20 };

void script_locate(const struct settings *settings, const char *module, const struct script *script,
		   char **ret_file, char **ret_directory)
{
	cleanup(strv_free) struct strv words = {0};

	*ret_file = NULL;
	*ret_directory = NULL;
	strv_split(&words, script->command ? script->command : "", BLANKS);
	if (!words.count)
		return;
	cleanup(free_string) char *override = layout_override(settings, module, words.items[0]);
	cleanup(free_string) char *own = path_join(script->run_directory, words.items[0], NULL);

	if (file_is_executable(override)) {
		*ret_file = TAKE(override);
		*ret_directory = layout_override(settings, module, "");
	} else if (file_is_executable(own)) {
		*ret_file = TAKE(own);
		*ret_directory = xstrdup(script->run_directory);
	}
}

static bool sets_one_of(const char *setting, const char *const *names)
{
	size_t length = strcspn(setting, "=");

	for (; *names; names++)
		if (strlen(*names) == length && strncmp(setting, *names, length) == 0)
			return true;
	return false;
}

bool script_exports(const char *setting)
{
	static const char *const names[] = {"kernelver", "arch", "module", "module_version", NULL};

	return sets_one_of(setting, names);
}

void script_export(struct strv *environment, const struct module_id *id,
		   const struct kernel_id *kernel)
{
	if (!kernel)
		return;
	strv_add_format(environment, "kernelver=%s", kernel->release);
	strv_add_format(environment, "arch=%s", kernel->arch);
	strv_add_format(environment, "module=%s", id->name);
	strv_add_format(environment, "module_version=%s", id->version);
}

static bool is_set_by(const struct strv *settings, const char *inherited)
{
	size_t length = strcspn(inherited, "=") + 1;

	for (size_t i = 0; settings && i < settings->count; i++)
		if (strncmp(settings->items[i], inherited, length) == 0)
			return true;
	return false;
}

static void add_environment(struct strv *environment, const struct module_id *id,
			    const struct script *script)
{
	static const char *const withheld[] = {
		"CC", "CXX", "CFLAGS", "CXXFLAGS", "LDFLAGS", "KBUILD_SIGN_PIN", NULL};

	for (char **inherited = environ; *inherited; inherited++)
		if (!script_exports(*inherited) && !sets_one_of(*inherited, withheld) &&
		    !is_set_by(script->settings, *inherited))
			strv_add(environment, *inherited);
	for (size_t i = 0; script->settings && i < script->settings->count; i++)
		if (!script_exports(script->settings->items[i]))
			strv_add(environment, script->settings->items[i]);
	script_export(environment, id, script->kernel);
}

/* The file, then the arguments. Those with wildcards are bash's to expand, as in the reference. */
static int make_words(const char *command, const char *file, const char *directory,
		      struct strv *words, struct error *error)
{
	static const char program[] = "set -- $1; printf '%s\\0' \"$@\"";
	const char *arguments = command + strspn(command, BLANKS);
	cleanup(free_string) char *output = NULL;
	cleanup(strv_free) struct strv argv = {0};
	size_t length = 0;
	int status = 0;

	strv_add(words, file);
	arguments += strcspn(arguments, BLANKS);
	if (!strpbrk(arguments, "*?[(")) {
		strv_split(words, arguments, BLANKS);
		return 0;
	}
	strv_split(&argv, "bash -p -O extglob -c", BLANKS);
	strv_add(&argv, program);
	strv_add(&argv, "bash");
	strv_add(&argv, arguments);
	const struct process bash = {.argv = strv_argv(&argv), .directory = directory};

	if (process_capture(&bash, WORDS_LIMIT, &output, &length, &status, error) < 0)
		return error->code;
	if (status)
		return error_set(error, -ECHILD, 0, "bash cannot expand \"%s\".", command);
	for (size_t at = 0; at < length; at += strlen(output + at) + 1)
		strv_add(words, output + at);
	return 0;
}

int script_run(const struct settings *settings, const struct module_id *id,
	       const struct script *script, int *ret_status, struct reporter *reporter,
	       struct error *error)
{
	cleanup(free_string) char *file = NULL, *directory = NULL;
	cleanup(strv_free) struct strv words = {0};
	cleanup(strv_free) struct strv environment = {0};

	strv_split(&words, script->command ? script->command : "", BLANKS);
	script_locate(settings, id->name, script, &file, &directory);
	if (!file) {
		if (words.count)
			report(reporter, REPORT_WARNING,
			       "The %s script \"%s\" is passed over: %s holds no executable file of that "
			       "name.",
			       script->kind, words.items[0], script->run_directory);
		*ret_status = 0;
		return 0;
	}
	cleanup(strv_free) struct strv argv = {0};

	if (script->safe && path_is_within(file, script->run_directory) &&
	    safety_check_script(settings, id, script->kind, error) < 0)
		return error->code;
	if (make_words(script->command, file, directory, &argv, error) < 0)
		return error_wrap(error, "The %s script of %s/%s", script->kind, id->name,
				  id->version);
	report(reporter, REPORT_LINE, "Running the %s script:", script->kind);
	add_environment(&environment, id, script);

	const struct process process = {
		.argv = strv_argv(&argv), .env = strv_argv(&environment), .directory = directory};

	if (process_stream(&process, report_output, reporter, ret_status, error) < 0)
		return error_wrap(error, "The %s script of %s/%s", script->kind, id->name,
				  id->version);
	return 0;
}
