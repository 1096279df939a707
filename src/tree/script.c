/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tree/script.h"

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

void script_locate(const struct settings *settings, const char *module, const struct script *script,
		   char **ret_file, char **ret_directory)
{
	cleanup(strv_free) struct strv words = {0};

	*ret_file = NULL;
	*ret_directory = NULL;
	strv_split(&words, script->command ? script->command : "", " \t\n");
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

static void add_environment(struct strv *environment, const struct module_id *id,
			    const struct kernel_id *kernel)
{
	static const char *const withheld[] = {
		"CC", "CXX", "CFLAGS", "CXXFLAGS", "LDFLAGS", "KBUILD_SIGN_PIN", NULL};

	for (char **inherited = environ; *inherited; inherited++)
		if (!script_exports(*inherited) && !sets_one_of(*inherited, withheld))
			strv_add(environment, *inherited);
	script_export(environment, id, kernel);
}

int script_run(const struct settings *settings, const struct module_id *id,
	       const struct script *script, int *ret_status, struct reporter *reporter,
	       struct error *error)
{
	cleanup(free_string) char *file = NULL, *directory = NULL;
	cleanup(strv_free) struct strv words = {0};
	cleanup(strv_free) struct strv environment = {0};

	strv_split(&words, script->command ? script->command : "", " \t\n");
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
	if (script->safe && path_is_within(file, script->run_directory) &&
	    safety_check_script(settings, id, script->kind, error) < 0)
		return error->code;
	report(reporter, REPORT_LINE, "Running the %s script:", script->kind);
	text_assign(&words.items[0], file);
	add_environment(&environment, id, script->kernel);

	const struct process process = {
		.argv = strv_argv(&words), .env = strv_argv(&environment), .directory = directory};

	if (process_stream(&process, report_output, reporter, ret_status, error) < 0)
		return error_wrap(error, "The %s script of %s/%s", script->kind, id->name,
				  id->version);
	return 0;
}
