/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "module/strip.h"

#include <errno.h>

#include "base/cleanup.h"
#include "base/process.h"
#include "base/strv.h"
#include "module/tool.h"

int strip_debug(const char *path, bool clang, struct error *error)
{
	cleanup(free_string) char *llvm_strip = clang ? process_find_program("llvm-strip") : NULL;
	cleanup(strv_free) struct strv argv = {0};

	strv_add(&argv, llvm_strip ? llvm_strip : "strip");
	strv_add(&argv, "-g");
	strv_add(&argv, path);
	if (tool_run(strv_argv(&argv), error) == 0)
		return 0;
	if (error->code == -ENOENT)
		error_hint(error, "Install the package binutils.");
	return error_wrap(error, "Cannot strip %s", path);
}
