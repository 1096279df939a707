/* SPDX-License-Identifier: GPL-2.0-or-later */
/* libFuzzer's entrance to the evaluator in this process: any bytes as a configuration file. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "conf/evaluator.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const names[] = {"PACKAGE_NAME", "MAKE", "PATCH", "CLEAN", NULL};
	static const struct conf_variable variables[] = {{"kernelver", "6.1.0-55-amd64"},
							 {"arch", "x86_64"}};
	cleanup(conf_values_free) struct conf_values values = {0};
	cleanup(buffer_free) struct buffer messages = {0};
	cleanup(strv_free) struct strv files = {0}, texts = {0};
	cleanup(free_string) char *reason = NULL;

	if (memchr(data, '\0', size)) /* refused before it comes here */
		return 0;
	strv_add(&files, "dkms.conf");
	strv_add_owned(&texts, strndup((const char *)data, size));
	struct evaluate_input input = {
		.files = &files,
		.variables = variables,
		.variable_count = sizeof(variables) / sizeof(*variables),
		.names = names,
	};

	(void)builtin_evaluate(&input, &texts, &values, &messages, &reason);
	return 0;
}
