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
#include "tree/safety.h"

extern char **environ;

enum { OUTPUT_LIMIT = 4 << 20 };

/* True if item is "name=…". */
static bool has_name(const char *item, const char *name)
{
	size_t length = strlen(name);

	return strncmp(item, name, length) == 0 && item[length] == '=';
}

/*
 * The variables of dkms's environment that a caged build keeps. A stranger's build must not see
 * others, such as the administrator's tokens and keys.
 */
static const char allowed[] =
	"PATH LD_LIBRARY_PATH HOME USER LOGNAME SHELL TERM COLUMNS LINES NO_COLOR LANG TZ "
	"TMPDIR TMP TEMP TEMPDIR XDG_RUNTIME_DIR SOURCE_DATE_EPOCH DEBIAN_FRONTEND";

static const char *const allowed_prefixes[] = {
	"LC_",     /* LC_MESSAGES is set below */
	"CCACHE_", /* and the other ways to compile faster */
	"DISTCC_", "ICECC_",
	"IGNORE_", /* NVIDIA's: IGNORE_CC_MISMATCH, IGNORE_PREEMPT_RT_PRESENCE */
	"DKMS_",
};

/* Useful only with a network. They may hold a password. */
static const char proxies[] = "http_proxy https_proxy ftp_proxy no_proxy all_proxy HTTP_PROXY "
			      "HTTPS_PROXY FTP_PROXY NO_PROXY ALL_PROXY";

/*
 * The variables that no build keeps, caged or not: dkms chooses the compiler, and an outer make
 * must not reach into the build. Variables that control kbuild were meant for another build.
 */
static const char dropped[] =
	"CC CXX CFLAGS CXXFLAGS LDFLAGS CPPFLAGS LD KERNEL_CC KERNEL_LD LLVM LLVM_IAS MAKE "
	"MAKELEVEL MAKEFLAGS MFLAGS GNUMAKEFLAGS MAKEFILES MAKEOVERRIDES MAKECMDGOALS "
	"MAKE_TERMOUT MAKE_TERMERR MAKE_RESTARTS sub_make_done srctree objtree "
	"abs_srctree abs_objtree building_out_of_srctree VPATH KERNELRELEASE "
	"KERNELVERSION M O V W C SUBDIRS BASH_ENV ENV CDPATH SHELLOPTS BASHOPTS GREP_OPTIONS OLDPWD "
	"PWD SHLVL _ LANGUAGE LC_MESSAGES ARCH SUBARCH SRCARCH UTS_MACHINE CROSS_COMPILE "
	"CROSS_COMPILE_COMPAT KCFLAGS KAFLAGS KCPPFLAGS KRUSTFLAGS KCONFIG_CONFIG KDEB_CHANGELOG_DIST "
	"USERCFLAGS USERLDFLAGS HOSTCC HOSTCXX HOSTCFLAGS HOSTCXXFLAGS HOSTLDFLAGS HOSTLDLIBS "
	"CFLAGS_KERNEL CFLAGS_MODULE AFLAGS_KERNEL AFLAGS_MODULE LDFLAGS_MODULE RUSTFLAGS_KERNEL "
	"RUSTFLAGS_MODULE EXTRA_CFLAGS AR NM STRIP OBJCOPY OBJDUMP READELF PAHOLE CPP "
	"INSTALL_MOD_PATH INSTALL_MOD_DIR INSTALL_MOD_STRIP MODLIB "
	"kernel_source_dir kernel_config dkms_tree source_tree install_tree tmp_location "
	"parallel_jobs";

static const char *const dropped_prefixes[] = {"KBUILD_", "BASH_FUNC_"};

/*
 * `make install` of a kernel runs the distribution's hooks, and they run dkms. Then dkms inherits
 * what the kernel's top Makefile exports ("export" lines, Linux 5.10 to 6.12).
 */
static const char kernel_build_leftovers[] =
	"CONFIG_SHELL BASH HOSTPKG_CONFIG HOSTRUSTC RUSTC "
	"PAHOLE_FLAGS RESOLVE_BTFIDS LEX YACC "
	"AWK INSTALLKERNEL PERL PYTHON3 CHECK CHECKFLAGS KGZIP KBZIP2 KLZOP "
	"LZMA LZ4 XZ ZSTD NOSTDINC_FLAGS LINUXINCLUDE OBJCOPYFLAGS "
	"VERSION PATCHLEVEL SUBLEVEL quiet Q "
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

static bool begins_with_one_of(const char *item, const char *const *prefixes, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (text_starts_with(item, prefixes[i]))
			return true;
	return false;
}

#define BEGINS_WITH(item, prefixes) \
	begins_with_one_of(item, prefixes, sizeof(prefixes) / sizeof(*(prefixes)))

static bool is_allowed(const char *item, const struct policy *policy)
{
	return is_named(item, allowed) || BEGINS_WITH(item, allowed_prefixes) ||
	       (policy->build_network && is_named(item, proxies));
}

static bool is_dropped(const char *item)
{
	return !strchr(item, '=') || script_exports(item) || is_named(item, dropped) ||
	       BEGINS_WITH(item, dropped_prefixes) ||
	       (getenv("sub_make_done") && is_named(item, kernel_build_leftovers));
}

static void inherit(const struct policy *policy, struct strv *environment)
{
	const char *locale = getenv("LC_ALL");

	for (char **item = environ; *item; item++)
		if (!is_dropped(*item) &&
		    (policy->build_sandbox == SANDBOX_NO || is_allowed(*item, policy)))
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

/* Replaces the environment by what `env -0` printed, except for the shell's own variables. */
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

static bool is_identifier(const char *text, size_t length)
{
	if (length == 0 || isdigit((unsigned char)*text))
		return false;
	for (size_t i = 0; i < length; i++)
		if (!isalnum((unsigned char)text[i]) && text[i] != '_')
			return false;
	return true;
}

/*
 * The rest of what dkms was started with, which the file sees, but has to export itself if a build
 * is to have it.
 */
static void add_withheld(const struct strv *environment, struct strv *variables, struct strv *names)
{
	static const char never[] = "KBUILD_SIGN_PIN BASH_ENV ENV SHELLOPTS BASHOPTS CDPATH "
				    "PWD OLDPWD SHLVL _ LC_ALL LANGUAGE IFS POSIXLY_CORRECT";

	for (char **item = environ; *item; item++) {
		size_t length = strcspn(*item, "=");
		cleanup(free_string) char *name = xstrndup(*item, length);

		if (!is_identifier(*item, length) || is_named(*item, never) ||
		    script_exports(*item) || environment_get(environment, name))
			continue;
		strv_add(variables, *item);
		strv_add_owned(names, TAKE(name));
	}
}

static int source_file(const char *path, struct strv *environment, struct reporter *reporter,
		       struct error *error)
{
	static const char script[] = "export -n -- \"${@:3}\" >/dev/null; set -- \"$1\" \"$2\"; "
				     ". \"$1\" >/dev/null; exec \"$2\" -0";
	cleanup(free_string) char *env_program = process_find_program("env");
	cleanup(free_string) char *output = NULL;
	cleanup(strv_free) struct strv argv = {0}, variables = {0}, withheld = {0};
	size_t length;
	int status;

	if (!env_program)
		return error_set(error, -ENOENT, 0, "The program env is not on PATH.");
	strv_split(&argv, "bash --noprofile --norc -c", " ");
	strv_add(&argv, script);
	strv_add(&argv, "bash");
	strv_add(&argv, path);
	strv_add(&argv, env_program);
	strv_add_all(&variables, environment);
	add_withheld(environment, &variables, &withheld);
	strv_add_all(&argv, &withheld);
	const struct process process = {.argv = strv_argv(&argv), .env = strv_argv(&variables)};

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

static void export_directives(const struct strv *directives, struct strv *environment)
{
	cleanup(strv_free) struct strv settings = {0};
	const char *setting;

	conf_exported_directives(directives, &settings);
	STRV_FOREACH (setting, &settings) {
		size_t length = strcspn(setting, "=");
		cleanup(free_string) char *name = xstrndup(setting, length);

		environment_set(environment, name, setting + length + 1);
	}
}

/* kernelver, arch, module and module_version: added variables must not change them. */
static void export_identity(const struct environment_request *request, struct strv *environment)
{
	cleanup(strv_free) struct strv others = {0};
	const char *item;

	STRV_FOREACH (item, environment)
		if (!script_exports(item))
			strv_add(&others, item);
	script_export(&others, request->id, request->kernel);
	strv_free(environment);
	*environment = others;
	others = (struct strv){0};
}

/* NAME=… as a word of a shell command, or behind "export ". */
static bool command_sets(const char *command, const char *name)
{
	for (const char *at = command; at && (at = strstr(at, name)); at++)
		if ((at == command || strchr(" \t\n;&|('\"`", at[-1])) && at[strlen(name)] == '=')
			return true;
	return false;
}

/* kbuild's own way to say that all tools are clang's. Who chose a compiler has decided already. */
static void choose_llvm(const struct environment_request *request, struct strv *environment)
{
	const char *cc = environment_get(environment, "CC");

	if (request->toolchain->clang && !environment_get(environment, "LLVM") &&
	    (!cc || text_equal(cc, request->toolchain->cc)) &&
	    !command_sets(request->command, "LLVM") && !command_sets(request->command, "CC"))
		environment_set(environment, "LLVM", "1");
}

int environment_make(const struct environment_request *request, struct strv *environment,
		     struct reporter *reporter, struct error *error)
{
	const struct kernel_toolchain *toolchain = request->toolchain;
	const char *file = request->settings->build_environment;

	inherit(request->policy, environment);
	if (toolchain->cc) {
		environment_set(environment, "CC", toolchain->cc);
		environment_set(environment, "KERNEL_CC", toolchain->cc);
	}
	if (toolchain->ld) {
		environment_set(environment, "LD", toolchain->ld);
		environment_set(environment, "KERNEL_LD", toolchain->ld);
	}
	export_identity(request, environment);
	if (!text_empty(file)) {
		if (!file_is_regular(file))
			report(reporter, REPORT_WARNING,
			       "build_environment names %s, which is no file.", file);
		else if (source_file(file, environment, reporter, error) < 0)
			return error->code;
	}
	export_directives(&request->settings->directives, environment);
	export_identity(request, environment);
	choose_llvm(request, environment);
	return 0;
}
