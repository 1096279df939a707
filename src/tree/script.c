/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tree/script.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/process.h"
#include "base/text.h"
#include "tree/layout.h"
#include "tree/safety.h"

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
