/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/text.h"
#include "inspect/check_parts.h"

struct check_finding *check_find(struct check *check, const char *kind, enum check_repair repair,
				 const char *path, const char *format, ...)
{
	struct check_findings *findings = check->findings;
	va_list arguments;

	va_start(arguments, format);
	char *message = text_vformat(format, arguments);

	va_end(arguments);
	struct check_finding *finding = ARRAY_ADD(findings->items, findings->count);

	*finding = (struct check_finding){
		.kind = kind, .repair = repair, .path = xstrdup(path), .message = message};
	return finding;
}

void check_about(struct check_finding *finding, const struct module_id *id,
		 const struct kernel_id *kernel)
{
	finding->id = module_id_new(id->name, id->version);
	if (kernel)
		finding->kernel = kernel_id_new(kernel->release, kernel->arch);
}

void check_findings_free(struct check_findings *findings)
{
	for (size_t i = 0; i < findings->count; i++) {
		free(findings->items[i].path);
		free(findings->items[i].message);
		module_id_free(&findings->items[i].id);
		kernel_id_free(&findings->items[i].kernel);
	}
	free(findings->items);
	*findings = (struct check_findings){0};
}
