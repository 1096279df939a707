/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One kernel as dkms sees it: its module directory, its headers, its configuration and the tools it
 * was built with. kernel_open() looks only at names, and never fails because something is missing.
 * An action asks for what it needs (kernel_require_headers()). The configuration is read when it is
 * first asked for, so that listing many kernels costs nothing.
 */
#pragma once

#include <stdbool.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/report.h"
#include "base/strv.h"
#include "model/compression.h"
#include "model/identity.h"
#include "model/settings.h"

struct kernel_config {
	bool loaded;
	char *text;           /* the file, cut into keys and values */
	struct strmap values; /* symbol without "CONFIG_" → value inside text */
};

/* Reads path once; later calls do nothing. A file that does not exist is empty. */
int kernel_config_load(struct kernel_config *config, const char *path, struct error *error);
void kernel_config_free(struct kernel_config *config);

/* uname -r and uname -m, owned by the caller. */
char *kernel_running_release(void);
char *kernel_running_arch(void);

/* Adds every release with a directory in the install tree, in version order. */
int kernel_list_installed(const struct settings *settings, struct strv *releases,
			  struct error *error);

struct kernel {
	struct kernel_id id;
	char *module_directory; /* <install tree>/K; need not exist */
	char *source_directory; /* headers: --kernelsourcedir, else <module_directory>/build */
	/* --config, else include/config/auto.conf, else .config, else /boot/config-K, else
	 * <module_directory>/config; may be missing */
	char *config_path;
	struct kernel_config *config; /* a cache behind kernel_config_value() */
};

struct kernel_toolchain {
	char *cc;   /* for CC and KERNEL_CC; NULL: make's default */
	char *ld;   /* for LD and KERNEL_LD; NULL: make's default */
	bool clang; /* built with clang: LLVM=1 goes to make, llvm-strip strips */
};

/*
 * EXIT_EMPTY_KERNEL if release or architecture is empty, EXIT_USAGE if it is no plain file
 * name.
 */
int kernel_open(const struct settings *settings, const struct kernel_id *id,
		struct kernel **ret_kernel, struct error *error);
void kernel_free(struct kernel *kernel);
DEFINE_CLEANUP(struct kernel *, kernel_free)

/*
 * EXIT_NO_HEADERS with a message that names K, the places looked in and what to do.
 * install_command is what installs the headers here ("apt-get install linux-headers-K"), or NULL.
 */
int kernel_require_headers(const struct kernel *kernel, const char *install_command,
			   struct error *error);

/*
 * The release that headers are of, owned by the caller. It is what modules that are built with
 * them will bear (UTS_RELEASE), else what kbuild has written down. NULL: they do not say.
 */
char *kernel_headers_release(const char *headers);

/* A warning where the headers say that they are another kernel's. */
void kernel_report_other_headers(const struct kernel *kernel, struct reporter *reporter);

/* Adds every K of the install tree that has headers, K/build/include, in byte order. */
int kernel_list_with_headers(const struct settings *settings, struct strv *releases,
			     struct error *error);

/* EXIT_INSTALL if <install tree>/K is no directory. */
int kernel_require_module_directory(const struct kernel *kernel, struct error *error);

/*
 * Reads the configuration if it was not read yet, and says what is wrong with the file. One that
 * is missing is no error: nothing is set then.
 */
int kernel_load_config(const struct kernel *kernel, struct error *error);

/*
 * "y", "m", a number or a string without its quotes; NULL where it is not set, or the
 * configuration cannot be read. symbol with or without "CONFIG_". Valid as long as the kernel.
 */
const char *kernel_config_value(const struct kernel *kernel, const char *symbol);
/* True for "y" alone: not for a module ("m"). */
bool kernel_config_is_yes(const struct kernel *kernel, const char *symbol);

/*
 * The compiler and linker of the kernel. Its configuration names a compiler, which counts if it is
 * on PATH. Next comes the compiler in .kernelvariables beside the headers, then clang for a clang
 * kernel. Owned members; release with kernel_toolchain_free().
 */
void kernel_find_toolchain(const struct kernel *kernel, struct kernel_toolchain *ret_toolchain);
void kernel_toolchain_free(struct kernel_toolchain *toolchain);

/* The compression of the kernel's own modules, from modules.dep, else from its configuration. */
enum compression kernel_compression(const struct kernel *kernel);

/*
 * Which build of a kernel a release is. A rebuilt kernel bears the same release and may have
 * another interface. UTS_VERSION tells the two apart: "#1 SMP PREEMPT_DYNAMIC Debian 6.1.192-3
 * (2026-11-26)". Headers, image and running kernel each have it. This is the one of headers, owned
 * by the caller; NULL: they have none.
 */
char *kernel_headers_identity(const char *headers);

/*
 * The same of a kernel: from its headers, else from the running kernel if that is it, else from its
 * image, compressed or not (kernel/packed_image.h). A confined worker reads the image. Owned by the
 * caller. -ENOENT if nothing has it.
 */
int kernel_build_identity(const struct settings *settings, const struct kernel *kernel,
			  char **ret_identity, struct error *error);
