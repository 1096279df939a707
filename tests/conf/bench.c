/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How much processor time the evaluation of configuration files takes, with all its processes: of
 * each file for one kernel, and for each of ten further ones. Usage: bench FILE...
 */
#include <stdio.h>
#include <sys/resource.h>

#include "base/cleanup.h"
#include "base/strv.h"
#include "conf/directives.h"
#include "conf/evaluate.h"

enum { FURTHER_KERNELS = 10 };

static double used_by(int who)
{
	struct rusage usage;

	(void)getrusage(who, &usage);
	return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e3 +
	       (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e3;
}

static double used(void)
{
	return used_by(RUSAGE_SELF) + used_by(RUSAGE_CHILDREN);
}

/* False if the file cannot be evaluated. */
static bool evaluate(const char *path, int kernels)
{
	cleanup(conf_shells_free) struct conf_shells shells = {0};
	cleanup(strv_free) struct strv files = {0};
	const struct conf_variable variables[] = {
		{"kernelver", "6.1.0-55-amd64"},
		{"arch", "x86_64"},
		{"kernel_source_dir", "/lib/modules/6.1.0-55-amd64/build"},
	};
	const struct evaluate_input input = {
		.files = &files,
		.variables = variables,
		.variable_count = sizeof(variables) / sizeof(*variables),
		.names = conf_directive_names,
		.shells = &shells,
	};
	bool good = true;

	strv_add(&files, path);
	for (int i = 0; good && i < kernels; i++) {
		cleanup(conf_values_free) struct conf_values values = {0};
		struct error error = {0};

		good = conf_evaluate_files(&input, &values, NULL, &error) == 0;
		error_clear(&error);
	}
	return good;
}

/* Milliseconds for each file. */
static double measure(int count, char **files, int kernels)
{
	double before = used();
	int good = 0;

	for (int i = 0; i < count; i++)
		good += evaluate(files[i], kernels);
	return good ? (used() - before) / good : 0;
}

int main(int argc, char **argv)
{
	double first = measure(argc - 1, argv + 1, 1);
	double all = measure(argc - 1, argv + 1, 1 + FURTHER_KERNELS);

	printf("| a dkms.conf, first kernel (processor) | %.1f ms | ≤ 10 ms | |\n", first);
	printf("| a dkms.conf, each further kernel | %.1f ms | ≤ 4 ms | |\n",
	       (all - first) / FURTHER_KERNELS);
	return fflush(stdout) == 0 ? 0 : 1;
}
