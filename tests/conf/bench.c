/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Files per second, in process and through bash: bench FILE... Files that need bash are left out
 * of the first figure and said so.
 */
#include <stdio.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "conf/bash_runner.h"
#include "conf/evaluator.h"

enum { MEASURED_NS = 1000000000, BASH_FILES = 50 };

static const char *const names[] = {
	"PACKAGE_NAME",
	"PACKAGE_VERSION",
	"BUILD_DEPENDS",
	"MAKE",
	"MAKE_MATCH",
	"PATCH",
	"PATCH_MATCH",
	"BUILT_MODULE_NAME",
	"BUILT_MODULE_LOCATION",
	"DEST_MODULE_NAME",
	"DEST_MODULE_LOCATION",
	"STRIP",
	"AUTOINSTALL",
	"CLEAN",
	"POST_INSTALL",
	"PRE_BUILD",
	NULL,
};
static const struct conf_variable variables[] = {
	{"kernelver", "6.1.0-55-amd64"},
	{"arch", "x86_64"},
	{"kernel_source_dir", "/lib/modules/6.1.0-55-amd64/build"},
	{"dkms_tree", "/var/lib/dkms"},
	{"source_tree", "/usr/src"},
	{"module", "m"},
	{"module_version", "1"},
};

static long long now_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000LL + now.tv_nsec;
}

/* Reads and evaluates; false if bash is needed or the file cannot be read. */
static bool evaluate(const struct evaluate_input *input)
{
	cleanup(conf_values_free) struct conf_values values = {0};
	cleanup(buffer_free) struct buffer messages = {0};
	cleanup(strv_free) struct strv texts = {0};
	cleanup(free_string) char *reason = NULL;
	struct error error = {0};
	char *text;

	if (file_read(input->files->items[0], CONF_SIZE_LIMIT, &text, NULL, &error) < 0) {
		error_clear(&error);
		return false;
	}
	strv_add_owned(&texts, text);
	return builtin_evaluate(input, &texts, &values, &messages, &reason) == EVALUATOR_DONE;
}

static bool evaluate_by_bash(const struct evaluate_input *input)
{
	cleanup(conf_values_free) struct conf_values values = {0};
	cleanup(free_string) char *messages = NULL;
	struct error error = {0};
	int code = bash_evaluate(input, &values, &messages, &error);

	error_clear(&error);
	return code == 0;
}

/* Files per second over up to limit files at a time, for about a second. */
static double measure(char **paths, int count, int limit,
		      bool (*run)(const struct evaluate_input *input))
{
	long long began = now_ns(), ended;
	unsigned long done = 0;

	do {
		for (int i = 0; i < count && i < limit; i++) {
			cleanup(strv_free) struct strv files = {0};
			struct evaluate_input input = {
				.files = &files,
				.variables = variables,
				.variable_count = sizeof(variables) / sizeof(*variables),
				.names = names,
			};

			strv_add(&files, paths[i]);
			done += run(&input);
		}
		ended = now_ns();
	} while (done && ended - began < MEASURED_NS);
	return (double)done * 1e9 / (double)(ended - began);
}

int main(int argc, char **argv)
{
	if (argc < 2) {
		(void)fprintf(stderr, "usage: bench FILE...\n");
		return 2;
	}
	double builtin = measure(argv + 1, argc - 1, argc - 1, evaluate);
	double bash = measure(argv + 1, argc - 1, BASH_FILES, evaluate_by_bash);

	printf("dkms.conf in process   %10.0f files a second\n", builtin);
	printf("dkms.conf through bash %10.0f files a second\n", bash);
	printf("ratio                  %10.0f\n", bash > 0 ? builtin / bash : 0);
	return 0;
}
