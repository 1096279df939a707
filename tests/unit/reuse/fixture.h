/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A manifest of a build for RELEASE, and the same kernel's headers in a scratch root. */
#pragma once

#include "module/files.h"

#include "base/digest.h"
#include "fingerprint/headers.h"
#include "kernel/fixture.h"
#include "reuse/manifest.h"

#define BUILD "lib/modules/" RELEASE "/build/"

static inline char *digest_text(const char *text)
{
	return digest_of(text, strlen(text));
}

/* What every manifest must have, of a package with one module, mod.ko, which is "module". */
static inline struct manifest *make_manifest(void)
{
	struct manifest *manifest = NEW(struct manifest);

	manifest->id = module_id_new("mod", "1.0");
	manifest->kernel = kernel_id_new(RELEASE, "x86_64");
	manifest->inputs = (struct build_inputs){
		.source = xstrdup("the source"),
		.directives = xstrdup("the directives"),
		.compiler = xstrdup("the compiler"),
		.compiler_path = xstrdup("/usr/bin/gcc-12"),
		.compiler_wanted = xstrdup("gcc-12 12.2.0"),
	};
	manifest->configuration = xstrdup("the configuration");
	manifest->machinery = xstrdup("the machinery");
	manifest_add_module(manifest, xstrdup("mod.ko"), digest_text("module"),
			    xstrdup(RELEASE " SMP"));
	return manifest;
}

/* The object tree is SCRATCH/lib/modules/RELEASE/build, and its makefile includes SCRATCH/common.
 */
static inline void make_headers(void **state)
{
	const char *scratch = *state;
	cleanup(free_string) char *include = text_format("include %s/common/Makefile\n", scratch);

	scratch_write(scratch, BUILD "Makefile", include);
	scratch_write(scratch, BUILD "include/config/auto.conf",
		      "CONFIG_MODULES=y\nCONFIG_MODVERSIONS=y\n");
	scratch_write(scratch, BUILD "include/generated/utsrelease.h", "#define UTS_RELEASE\n");
	scratch_write(scratch, BUILD "Module.symvers",
		      "0x00000001\tmodule_layout\tvmlinux\tEXPORT_SYMBOL\t\n"
		      "0x00000002\t_printk\tvmlinux\tEXPORT_SYMBOL_GPL\tSPACE\n");
	scratch_write(scratch, "common/Makefile", "all:\n");
	scratch_write(scratch, "common/include/linux/module.h", "module");
	scratch_write(scratch, "common/include/linux/vermagic.h", "vermagic");
	scratch_write(scratch, "common/arch/x86/include/asm/page.h", "page");
}

/* Runs statements with `headers` of a kernel opened anew, as a change to the files makes necessary.
 */
#define WITH_HEADERS(state)                                                         \
	cleanup(kernel_free_handler) struct kernel *kernel = open_kernel(*(state)); \
	cleanup(memo_free) struct digest_memo memo = {0};                           \
	cleanup(headers_free_handler) struct headers *headers = headers_open(kernel, &memo)
