/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/process.h"
#include "base/text.h"
#include "kernel/kernel.h"
#include "kernel/kernelvariables.h"
#include "kernel/vmlinux.h"

static bool is_built_by_clang(const struct kernel *kernel)
{
	cleanup(free_string) char *image = path_join(kernel->source_directory, "vmlinux", NULL);

	return kernel_config_is_yes(kernel, "CC_IS_CLANG") || vmlinux_is_built_by_clang(image);
}

static char *first_word(const char *text)
{
	text += strspn(text, " \t");
	return xstrndup(text, strcspn(text, " \t"));
}

/* True if the first word of the command is a program that can be run here. */
static bool is_installed(const char *command)
{
	cleanup(free_string) char *program = first_word(command);
	cleanup(free_string) char *path = *program ? process_find_program(program) : NULL;

	return path;
}

/* "gcc-12 (Debian 12.2.0-14) 12.2.0": the program comes first. */
static char *compiler_from_config(const struct kernel *kernel)
{
	const char *version = kernel_config_value(kernel, "CC_VERSION_TEXT");
	cleanup(free_string) char *program = version ? first_word(version) : NULL;

	return program && is_installed(program) ? TAKE(program) : NULL;
}

/* A command, perhaps with a word before the compiler ("ccache gcc-12"). */
static char *compiler_from_kernelvariables(const struct kernel *kernel)
{
	cleanup(free_string) char *path = path_join(kernel->source_directory, ".kernelvariables",
						    NULL);
	cleanup(free_string) char *command = kernelvariables_value(path, "CC");

	return command && is_installed(command) ? TAKE(command) : NULL;
}

void kernel_find_toolchain(const struct kernel *kernel, struct kernel_toolchain *ret_toolchain)
{
	struct kernel_toolchain toolchain = {.clang = is_built_by_clang(kernel)};

	toolchain.cc = compiler_from_config(kernel);
	if (!toolchain.cc)
		toolchain.cc = compiler_from_kernelvariables(kernel);
	if (!toolchain.cc && toolchain.clang)
		toolchain.cc = xstrdup("clang");
	if (kernel_config_is_yes(kernel, "LD_IS_LLD"))
		toolchain.ld = xstrdup("ld.lld");
	*ret_toolchain = toolchain;
}

void kernel_toolchain_free(struct kernel_toolchain *toolchain)
{
	free(toolchain->cc);
	free(toolchain->ld);
	*toolchain = (struct kernel_toolchain){0};
}
