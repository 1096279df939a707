/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "build/environment.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/process.h"
#include "base/text.h"
#include "conf/directives.h"

extern char **environ;

enum { OUTPUT_LIMIT = 4 << 20 };

/* True if item is "name=…". */
static bool has_name(const char *item, const char *name)
{
	size_t length = strlen(name);

	return strncmp(item, name, length) == 0 && item[length] == '=';
}

/* Never passed on: compilers are chosen for the kernel, and an outer make is none of its business.
 */
static const char dropped[] =
	"CC CXX CFLAGS CXXFLAGS LDFLAGS CPPFLAGS LD KERNEL_CC KERNEL_LD LLVM MAKE "
	"MAKELEVEL MAKEFLAGS MFLAGS GNUMAKEFLAGS MAKEFILES MAKEOVERRIDES MAKECMDGOALS "
	"MAKE_TERMOUT MAKE_TERMERR MAKE_RESTARTS sub_make_done srctree objtree "
	"abs_srctree abs_objtree building_out_of_srctree VPATH KERNELRELEASE "
	"KERNELVERSION M O BASH_ENV ENV CDPATH SHELLOPTS BASHOPTS GREP_OPTIONS OLDPWD "
	"PWD SHLVL _ LANGUAGE LC_MESSAGES";

/* KBUILD_* is dropped but for what people set on purpose (KBUILD_SIGN_PIN is no stranger's). */
static const char *const kept_prefixes[] = {"KBUILD_BUILD_",
					    "KBUILD_EXTRA_SYMBOLS=", "KBUILD_MODPOST_WARN="};

/*
 * `make install` of a kernel runs the distribution's hooks and so dkms with all that the kernel's
 * top Makefile exports (its "export" lines, Linux 5.10 to 6.12). ARCH and CROSS_COMPILE, which
 * people set themselves, stay.
 */
static const char kernel_build_leftovers[] =
	"SRCARCH CONFIG_SHELL BASH HOSTCC HOSTCXX HOSTPKG_CONFIG HOSTRUSTC RUSTC CPP AR "
	"NM STRIP OBJCOPY OBJDUMP READELF PAHOLE PAHOLE_FLAGS RESOLVE_BTFIDS LEX YACC "
	"AWK INSTALLKERNEL PERL PYTHON3 CHECK CHECKFLAGS UTS_MACHINE KGZIP KBZIP2 KLZOP "
	"LZMA LZ4 XZ ZSTD NOSTDINC_FLAGS LINUXINCLUDE OBJCOPYFLAGS LDFLAGS_MODULE "
	"CFLAGS_KERNEL CFLAGS_MODULE AFLAGS_KERNEL AFLAGS_MODULE RUSTFLAGS_KERNEL "
	"RUSTFLAGS_MODULE KCONFIG_CONFIG VERSION PATCHLEVEL SUBLEVEL quiet Q MODLIB "
	"MODORDER MODULES_NSDEPS extmod_prefix INSTALL_PATH INSTALL_DTBS_PATH "
	"INSTALL_HDR_PATH CC_VERSION_TEXT RUSTC_BOOTSTRAP ARCH_CORE ARCH_LIB "
	"ARCH_DRIVERS";

/* True if the name of NAME=VALUE is one of the words, which blanks separate. */
static bool is_named(const char *item, const char *words)
{
	size_t length = strcspn(item, "=");

	while (*words) {
		size_t word = strcspn(words, " ");

		if (word == length && strncmp(words, item, word) == 0)
			return true;
		words += word;
		words += strspn(words, " ");
	}
	return false;
}

static bool is_dropped(const char *item)
{
	if (text_starts_with(item, "KBUILD_")) {
		for (size_t i = 0; i < sizeof(kept_prefixes) / sizeof(*kept_prefixes); i++)
			if (text_starts_with(item, kept_prefixes[i]))
				return false;
		return true;
	}
	return is_named(item, dropped);
}

static void inherit(struct strv *environment)
{
	bool inside_kernel_build = getenv("sub_make_done") != NULL;
	const char *locale = getenv("LC_ALL");

	for (char **item = environ; *item; item++)
		if (strchr(*item, '=') && !is_dropped(*item) &&
		    !(inside_kernel_build && is_named(*item, kernel_build_leftovers)))
			strv_add(environment, *item);
	/* A make.log is read by people and programs who need not speak its user's language. */
	if (locale) {
		environment_unset(environment, "LC_ALL");
		environment_set(environment, "LANG", locale);
	}
	environment_set(environment, "LC_MESSAGES", "C");
	if (!environment_get(environment, "PATH"))
		environment_set(environment, "PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
}

const char *environment_get(const struct strv *environment, const char *name)
{
	const char *item;

	STRV_FOREACH (item, environment)
		if (has_name(item, name))
			return item + strlen(name) + 1;
	return NULL;
}

void environment_unset(struct strv *environment, const char *name)
{
	struct strv kept = {0};
	const char *item;

	STRV_FOREACH (item, environment)
		if (!has_name(item, name))
			strv_add(&kept, item);
	strv_free(environment);
	*environment = kept;
}

void environment_set(struct strv *environment, const char *name, const char *value)
{
	environment_unset(environment, name);
	strv_add_format(environment, "%s=%s", name, value);
}

/* Replaces the environment by what `env -0` printed, but for the shell's own variables. */
static void replace(struct strv *environment, const char *output, size_t length)
{
	struct strv result = {0};

	for (size_t at = 0; at < length; at += strlen(output + at) + 1) {
		const char *item = output + at;

		if (strchr(item, '=') && !has_name(item, "_") && !has_name(item, "SHLVL") &&
		    !has_name(item, "PWD") && !has_name(item, "OLDPWD"))
			strv_add(&result, item);
	}
	strv_free(environment);
	*environment = result;
}

static int source_file(const char *path, struct strv *environment, struct reporter *reporter,
		       struct error *error)
{
	static const char script[] = ". \"$1\" >/dev/null; exec \"$2\" -0";
	cleanup(free_string) char *env_program = process_find_program("env");
	cleanup(free_string) char *output = NULL;
	const char *argv[] = {"bash", "--noprofile", "--norc",    "-c", script,
			      "bash", path,          env_program, NULL};
	struct process process = {.argv = (char *const *)argv, .env = strv_argv(environment)};
	size_t length;
	int status;

	if (!env_program)
		return error_set(error, -ENOENT, 0, "The program env is not on PATH.");
	if (process_capture(&process, OUTPUT_LIMIT, &output, &length, &status, error) < 0)
		return error_wrap(error, "Cannot read build_environment");
	if (status || !length)
		report(reporter, REPORT_WARNING,
		       "build_environment is not used: bash ended with status %d after reading %s.",
		       status, path);
	else
		replace(environment, output, length);
	return 0;
}

static bool is_identifier(const char *text, size_t length)
{
	if (length == 0 || isdigit((unsigned char)*text))
		return false;
	for (size_t i = 0; i < length; i++)
		if (!isalnum((unsigned char)text[i]) && text[i] != '_')
			return false;
	return true;
}

static void export_directives(const struct strv *directives, struct strv *environment)
{
	const char *directive;

	STRV_FOREACH (directive, directives) {
		size_t length = strcspn(directive, "=");
		cleanup(free_string) char *name = xstrndup(directive, length);
		const struct directive *known = conf_directive_find(name);

		/* bash exports no array, and makefiles would start an exported MAKE as make. */
		if (directive[length] && is_identifier(directive, length) &&
		    !(known && known->array))
			environment_set(environment, name, directive + length + 1);
	}
}

int environment_make(const struct settings *settings, const struct kernel_toolchain *toolchain,
		     struct strv *environment, struct reporter *reporter, struct error *error)
{
	const char *file = settings->build_environment;

	inherit(environment);
	if (toolchain->cc) {
		environment_set(environment, "CC", toolchain->cc);
		environment_set(environment, "KERNEL_CC", toolchain->cc);
	}
	if (toolchain->ld) {
		environment_set(environment, "LD", toolchain->ld);
		environment_set(environment, "KERNEL_LD", toolchain->ld);
	}
	if (!text_empty(file)) {
		if (!file_is_regular(file))
			report(reporter, REPORT_WARNING,
			       "build_environment names %s, which is no file.", file);
		else if (source_file(file, environment, reporter, error) < 0)
			return error->code;
	}
	export_directives(&settings->directives, environment);
	return 0;
}
