/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One kernel as dkms sees it: its module directory, its headers, its configuration and the tools
 * it was built with. kernel_open() only reads and never fails because something is missing: what
 * an action needs it asks for (kernel_require_headers()).
 */
#pragma once

#include <stdbool.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/map.h"
#include "base/strv.h"
#include "model/compression.h"
#include "model/identity.h"
#include "model/settings.h"

struct kernel {
	struct kernel_id id;
	char *module_directory; /* <install tree>/K; need not exist */
	char *source_directory; /* headers: --kernelsourcedir, else <module_directory>/build */
	char *config_path; /* --config, else include/config/auto.conf, else .config; may be missing
			    */
	struct strmap config; /* CONFIG_X → value (char *), quotes taken off; read by kernel_open */
};

struct kernel_toolchain {
	char *cc;   /* for CC and KERNEL_CC; NULL: make's default */
	char *ld;   /* for LD and KERNEL_LD; NULL: make's default */
	bool clang; /* built with clang: LLVM=1 goes to make, llvm-strip strips */
};

int kernel_open(const struct settings *settings, const struct kernel_id *id,
		struct kernel **ret_kernel, struct error *error);
void kernel_free(struct kernel *kernel);
DEFINE_CLEANUP(struct kernel *, kernel_free)

/* EXIT_NO_HEADERS with a message that names K, the places looked in and the package to install. */
int kernel_require_headers(const struct kernel *kernel, struct error *error);

/* EXIT_INSTALL if <install tree>/K is no directory. */
int kernel_require_module_directory(const struct kernel *kernel, struct error *error);

/* "y", "m", a number or a string; NULL where it is not set. symbol with or without "CONFIG_". */
const char *kernel_config_value(const struct kernel *kernel, const char *symbol);

/* What the kernel was compiled with and which of it is on PATH. Owned members. */
void kernel_find_toolchain(const struct kernel *kernel, struct kernel_toolchain *ret_toolchain);
void kernel_toolchain_free(struct kernel_toolchain *toolchain);

/* As the kernel's own modules are compressed: modules.dep, else its configuration. */
enum compression kernel_compression(const struct kernel *kernel);

/*
 * Adds the path of every file NAME.ko[.gz|.xz|.zst] below the module directory (links to
 * directories such as build and source are not followed), in byte order.
 */
int kernel_find_modules(const struct kernel *kernel, const char *name, struct strv *paths,
			struct error *error);
