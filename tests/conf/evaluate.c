/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the tests see of the evaluator: evaluates each file on its own and prints a block
 *
 *	file FILE ok|error
 *	NAME[i]=value        (backslash, newline, CR and tab as \\ \n \r \t)
 *	! message            (errors, what went to the reporter)
 *
 * Usage: evaluate [-q] [-f] [-n NAME,NAME...] [-v VARIABLE=VALUE]... FILE...
 * -q: no "!" lines; -f: all files as one set, one block; -n: the directives.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/strv.h"
#include "base/text.h"
#include "conf/evaluate.h"

#define DEFAULT_NAMES                                                                          \
	"PACKAGE_NAME,PACKAGE_VERSION,POST_ADD,POST_BUILD,POST_INSTALL,POST_REMOVE,PRE_BUILD," \
	"PRE_INSTALL,BUILD_DEPENDS,BUILD_EXCLUSIVE_ARCH,BUILD_EXCLUSIVE_CONFIG,"               \
	"BUILD_EXCLUSIVE_KERNEL,BUILD_EXCLUSIVE_KERNEL_MIN,BUILD_EXCLUSIVE_KERNEL_MAX,MAKE,"   \
	"MAKE_MATCH,PATCH,PATCH_MATCH,BUILT_MODULE_NAME,BUILT_MODULE_LOCATION,"                \
	"DEST_MODULE_NAME,DEST_MODULE_LOCATION,STRIP,AUTOINSTALL,NO_WEAK_MODULES,"             \
	"BUILD_DEPENDS_REBUILD,OBSOLETE_BY,CLEAN,REMAKE_INITRD,MODULES_CONF,"                  \
	"MODULES_CONF_OBSOLETES,MODULES_CONF_ALIAS_TYPE,MODULES_CONF_OBSOLETE_ONLY"

enum { MAX_VARIABLES = 64 };

struct options {
	bool quiet;
	bool together;
	struct strv names;
	struct conf_variable variables[MAX_VARIABLES];
	size_t variable_count;
};

static void print_escaped(const char *text)
{
	for (; *text; text++) {
		const char *special = strchr("\\\n\r\t", *text);

		if (special)
			printf("\\%c", "\\nrt"[strchr("\\\n\r\t", *text) - "\\\n\r\t"]);
		else
			putchar(*text);
	}
}

static void print_message(struct reporter *reporter, enum report_kind kind, const char *text)
{
	(void)reporter;
	(void)kind;
	printf("! ");
	print_escaped(text);
	putchar('\n');
}

static void print_values(const struct options *options, const struct conf_values *values)
{
	const char *name;

	STRV_FOREACH (name, &options->names) {
		const struct conf_array *array = conf_values_array(values, name);

		for (size_t i = 0; array && i < array->count; i++) {
			printf("%s[%ld]=", name, array->values[i].index);
			print_escaped(array->values[i].text);
			putchar('\n');
		}
	}
}

static void evaluate(const struct options *options, const struct strv *files)
{
	cleanup(conf_values_free) struct conf_values values = {0};
	struct reporter reporter = {.emit = print_message};
	struct error error = {0};
	struct evaluate_input input = {
		.files = files,
		.variables = options->variables,
		.variable_count = options->variable_count,
		.names = (const char *const *)strv_argv(&options->names),
	};
	int code = conf_evaluate_files(&input, &values, options->quiet ? NULL : &reporter, &error);

	printf("file %s %s\n", files->items[0], code < 0 ? "error" : "ok");
	if (code < 0)
		print_message(NULL, REPORT_ERROR, error.message);
	print_values(options, &values);
	error_clear(&error);
}

static void take_variable(struct options *options, char *argument)
{
	char *value = strchr(argument, '=');

	if (!value || options->variable_count == MAX_VARIABLES)
		return;
	*value = '\0';
	options->variables[options->variable_count++] = (struct conf_variable){argument, value + 1};
}

int main(int argc, char **argv)
{
	cleanup(strv_free) struct strv files = {0};
	struct options options = {0};
	const char *names = DEFAULT_NAMES;
	const char *file;
	int option;

	while ((option = getopt(argc, argv, "qfn:v:")) != -1) {
		options.quiet |= option == 'q';
		options.together |= option == 'f';
		if (option == 'n')
			names = optarg;
		if (option == 'v')
			take_variable(&options, optarg);
		if (option == '?')
			return 2;
	}
	strv_split(&options.names, names, ",");
	for (int i = optind; i < argc; i++)
		strv_add(&files, argv[i]);
	if (options.together)
		evaluate(&options, &files);
	else
		STRV_FOREACH (file, &files) {
			struct strv one = {0};

			strv_add(&one, file);
			evaluate(&options, &one);
			strv_free(&one);
		}
	strv_free(&options.names);
	return fflush(stdout) == 0 ? 0 : 1;
}
