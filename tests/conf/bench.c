/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Files per second of processor time, in process and through bash: bench FILE... Files that need
 * bash are left out of the first figure and said so.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "conf/bash_runner.h"
#include "conf/evaluator.h"

enum { RUNS = 100, BASH_EVERY = 5 };

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

static long long nanoseconds(const struct timeval *time)
{
	return time->tv_sec * 1000000000LL + time->tv_usec * 1000LL;
}

/* Processor time, that of children included: what else runs on the machine does not matter. */
static long long now_ns(void)
{
	struct rusage own, children;

	(void)getrusage(RUSAGE_SELF, &own);
	(void)getrusage(RUSAGE_CHILDREN, &children);
	return nanoseconds(&own.ru_utime) + nanoseconds(&own.ru_stime) +
	       nanoseconds(&children.ru_utime) + nanoseconds(&children.ru_stime);
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

/* Nanoseconds that one file takes; 0 if it cannot be evaluated so. */
static double measure(char *path, unsigned runs, bool (*run)(const struct evaluate_input *input))
{
	cleanup(strv_free) struct strv files = {0};
	struct evaluate_input input = {
		.files = &files,
		.variables = variables,
		.variable_count = sizeof(variables) / sizeof(*variables),
		.names = names,
	};
	bool done = true;

	strv_add(&files, path);
	long long began = now_ns();

	for (unsigned i = 0; i < runs && done; i++)
		done = run(&input);
	return done ? (double)(now_ns() - began) / runs : 0;
}

static int compare(const void *a, const void *b)
{
	double first = *(const double *)a, second = *(const double *)b;

	return (first > second) - (first < second);
}

int main(int argc, char **argv)
{
	double *builtin = xcalloc((size_t)argc, sizeof(*builtin));
	double sum = 0, bash_sum = 0;
	size_t count = 0, bash_count = 0;

	for (int i = 1; i < argc; i++) {
		double taken = measure(argv[i], RUNS, evaluate);
		double by_bash = i % BASH_EVERY == 1 ? measure(argv[i], 1, evaluate_by_bash) : 0;

		if (taken > 0)
			builtin[count++] = taken;
		sum += taken;
		bash_sum += by_bash;
		bash_count += by_bash > 0;
	}
	if (!count || !bash_count) {
		(void)fprintf(stderr, "usage: bench FILE...\n");
		return 2;
	}
	qsort(builtin, count, sizeof(*builtin), compare);
	double bash = bash_sum / (double)bash_count, median = builtin[count / 2];

	printf("dkms.conf in process: %.0f files a second (median file: %.0f us), %zu of %d files\n",
	       1e9 * (double)count / sum, median / 1000, count, argc - 1);
	printf("dkms.conf through bash: %.0f files a second (%.0f us)\n", 1e9 / bash, bash / 1000);
	printf("ratio: %.0f for the median file, %.0f for all\n", bash / median,
	       bash / (sum / (double)count));
	free(builtin);
	return 0;
}
