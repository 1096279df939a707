/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fingerprint/inputs.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/digest.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/strv.h"
#include "base/text.h"
#include "cage/worker.h"
#include "fingerprint/memo.h"
#include "fingerprint/source_digest.h"
#include "tree/layout.h"

/* Files that a command names by their full paths: a script in /tmp for one is not in the source. */

enum { FACTS_LIMIT = 256 };

/* A package may name what is closed to others: its bytes are nobody's to tell, not as a digest. */
static char *closed_file_facts(const char *path)
{
	struct stat info;

	if (stat(path, &info) < 0)
		return NULL;
	return text_format("%ju %jd %jd.%09ld", (uintmax_t)info.st_ino, (intmax_t)info.st_size,
			   (intmax_t)info.st_ctim.tv_sec, info.st_ctim.tv_nsec);
}

/* Owned by the caller; NULL for what is no regular file. */
static char *describe(const char *path)
{
	cleanup(memo_free) struct digest_memo memo = {0};
	cleanup(error_clear) struct error ignored = {0};
	const char *content;

	if (!file_is_regular(path))
		return NULL;
	if (memo_digest_public(&memo, path, &content, &ignored) == 0)
		return xstrdup(content);
	return closed_file_facts(path);
}

/* In the worker. */
static int describe_all(void *context, struct answer *answer, struct error *error)
{
	const struct strv *paths = context;
	const char *path;

	(void)error;
	STRV_FOREACH (path, paths) {
		cleanup(free_string) char *facts = describe(path);

		answer_put_text(answer, facts);
	}
	return 0;
}

static int ask(struct strv *paths, struct digest *digest, struct error *error)
{
	const struct worker worker = {
		.purpose = "looking at the files that MAKE names",
		.work = describe_all,
		.context = paths,
		.opens_files = true,
	};
	cleanup(answer_free) struct answer answer = {0};

	if (worker_run(&worker, &answer, error) < 0)
		return error->code;
	for (size_t i = 0; i < paths->count; i++) {
		cleanup(free_string) char *facts = NULL;

		if (answer_text(&answer, &facts, FACTS_LIMIT) < 0)
			return worker_nonsense(&worker, error);
		digest_add_text(digest, facts);
	}
	return answer_end(&answer) < 0 ? worker_nonsense(&worker, error) : 0;
}

/*
 * Adds what there is of each: of a regular file that everybody may read its content, of others
 * inode, size and time. trusted: the administrator named them, or lets the command run as root.
 * Otherwise a confined worker looks, and what is closed to others is as if it was not there.
 */
static int named_files_add(struct digest *digest, const char *command, bool trusted,
			   struct error *error)
{
	cleanup(strv_free) struct strv paths = {0};
	const char *path;

	path_list_named(command, &paths);
	if (paths.count && !trusted && ask(&paths, digest, error) < 0)
		return error->code;
	if (trusted)
		STRV_FOREACH (path, &paths) {
			cleanup(free_string) char *facts = describe(path);

			digest_add_text(digest, facts);
		}
	digest_add_text(digest, NULL);
	return 0;
}

extern char **environ;

/* Texts of dkms.conf as they would be for any kernel, and inside of the root that it is for. */
struct neutral {
	struct digest *digest;
	const struct headers *headers;
	const char *root;
};

static void add_neutral(const struct neutral *to, const char *text)
{
	cleanup(free_string) char *neutral = text ? headers_neutral_text(to->headers, text) : NULL;
	cleanup(free_string) char *both = neutral ? text_replaced(neutral, to->root, "") : NULL;

	digest_add_text(to->digest, both);
}

static void add_list(const struct neutral *to, const struct strv *texts)
{
	const char *text;

	STRV_FOREACH (text, texts)
		add_neutral(to, text);
	digest_add_text(to->digest, NULL);
}

static void add_modules(struct digest *digest, const struct package *package)
{
	for (size_t i = 0; i < package->module_count; i++) {
		const struct built_module *module = &package->modules[i];

		if (module->excluded)
			continue;
		digest_add_text(digest, module->built_location);
		digest_add_text(digest, module->built_name);
		digest_add_text(digest, module->dest_name);
		digest_add_text(digest, module->strip ? "strip" : "");
	}
	digest_add_text(digest, NULL);
}

static bool is_listed(const char *name, const char *const *names)
{
	for (; *names; names++)
		if (text_equal(name, *names))
			return true;
	return false;
}

/* Variables by which kbuild itself can be told how to compile, and what makefiles mention. */
static bool affects_builds(const char *name, const struct strv *words)
{
	static const char *const known[] = {"ARCH",
					    "CROSS_COMPILE",
					    "KCFLAGS",
					    "KAFLAGS",
					    "KCPPFLAGS",
					    "KBUILD_EXTRA_SYMBOLS",
					    "KBUILD_MODPOST_WARN",
					    NULL};
	/* A build does not get these unchanged, or they do not affect it. */
	static const char *const ignored[] = {
		"CC",       "CXX",   "CFLAGS",    "CXXFLAGS", "CPPFLAGS",      "LDFLAGS",
		"LD",       "MAKE",  "MAKEFLAGS", "MFLAGS",   "MAKELEVEL",     "KERNELRELEASE",
		"HOME",     "PATH",  "PWD",       "OLDPWD",   "KERNELVERSION", "SHELL",
		"USER",     "TERM",  "LANG",      "LC_ALL",   "LOGNAME",       "TMPDIR",
		"HOSTNAME", "SHLVL", NULL};

	if (text_starts_with(name, "KBUILD_BUILD_") || is_listed(name, known))
		return true;
	return strv_contains(words, name) && !is_listed(name, ignored);
}

static void add_environment(struct digest *digest, const struct strv *words)
{
	cleanup(strv_free) struct strv variables = {0};
	const char *item;

	for (char **variable = environ; *variable; variable++) {
		cleanup(free_string) char *name = xstrndup(*variable, strcspn(*variable, "="));

		if (affects_builds(name, words))
			strv_add(&variables, *variable);
	}
	strv_sort(&variables);
	STRV_FOREACH (item, &variables)
		digest_add_text(digest, item);
	digest_add_text(digest, NULL);
}

/* The content of a file that the administrator named, if it can be read. */
static void add_file(struct digest *digest, const char *path)
{
	cleanup(free_string) char *content = NULL;
	struct error ignored = {0};

	if (path && digest_of_file(path, &content, &ignored) < 0)
		error_clear(&ignored);
	digest_add_text(digest, content);
}

/* Directives on the command line are the administrator's; MAKE is the package's. */
static int add_files_of_commands(struct digest *digest, const struct settings *settings,
				 const struct package *package, struct error *error)
{
	bool trusted = package->policy.build_sandbox == SANDBOX_NO;
	const char *directive;

	STRV_FOREACH (directive, &settings->directives)
		if (named_files_add(digest, directive, true, error) < 0)
			return error->code;
	return package->make_command
		       ? named_files_add(digest, package->make_command, trusted, error)
		       : 0;
}

static int digest_directives(const struct settings *settings, const struct module_id *id,
			     const struct package *package, const struct headers *headers,
			     const struct strv *words, char **ret_digest, struct error *error)
{
	struct digest *digest = digest_new();
	const struct neutral neutral = {digest, headers, settings->root};
	cleanup(free_string) char *build = layout_build(settings, id);

	add_neutral(&neutral, build);
	digest_add_text(digest, id->name);
	digest_add_text(digest, id->version);
	add_neutral(&neutral, package->make_command);
	add_neutral(&neutral, package->pre_build);
	add_list(&neutral, &package->patches);
	add_list(&neutral, &package->build_depends);
	add_list(&neutral, &settings->directives);
	int code = add_files_of_commands(digest, settings, package, error);

	add_modules(digest, package);
	add_file(digest, settings->build_environment);
	add_file(digest, settings->kernel_config);
	add_environment(digest, words);
	*ret_digest = digest_finish(digest);
	return code;
}

/* Every program of this name on PATH: a wrapper may come before the compiler. */
static int add_programs(struct digest *digest, struct digest_memo *memo, const char *name,
			char **first, struct error *error)
{
	cleanup(strv_free) struct strv directories = {0}, seen = {0};
	const char *path = getenv("PATH");
	const char *directory, *content;

	strv_split(&directories, path ? path : "/usr/sbin:/usr/bin:/sbin:/bin", ":");
	STRV_FOREACH (directory, &directories) {
		cleanup(free_string) char *file = path_join(directory, name, NULL);
		cleanup(free_string) char *real = file_is_executable(file) ? realpath(file, NULL)
									   : NULL;

		if (!real || strv_contains(&seen, real))
			continue;
		if (memo_digest(memo, real, &content, error) < 0)
			return error->code;
		strv_add(&seen, real);
		digest_add_text(digest, content);
		if (first && !*first)
			*first = xstrdup(real);
	}
	digest_add_text(digest, NULL);
	return 0;
}

static int read_compiler(const struct headers *headers, struct build_inputs *inputs,
			 struct error *error)
{
	/* Whatever compiles, kbuild runs these. */
	static const char *const others[] = {"as", "make", "sh", "bash", "strip", "objcopy"};
	const char *wanted = kernel_config_value(headers->kernel, "CC_VERSION_TEXT");
	struct digest *digest = digest_new();
	struct kernel_toolchain toolchain = {0};
	cleanup(strv_free) struct strv programs = {0};
	const char *name;
	int code = 0;

	kernel_find_toolchain(headers->kernel, &toolchain);
	/* "ccache gcc-12" */
	strv_split(&programs, toolchain.cc ? toolchain.cc : "gcc", " \t");
	strv_add(&programs, toolchain.ld ? toolchain.ld : "ld");
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		strv_add(&programs, others[i]);
	digest_add_text(digest, toolchain.cc);
	kernel_toolchain_free(&toolchain);
	STRV_FOREACH (name, &programs)
		if (!code)
			code = add_programs(digest, headers->memo, name,
					    name_index_ == 0 ? &inputs->compiler_path : NULL,
					    error);
	inputs->compiler = digest_finish(digest);
	inputs->compiler_wanted = xstrdup(wanted ? wanted : "");
	if (!inputs->compiler_path)
		inputs->compiler_path = xstrdup("");
	return code;
}

/* Finds commands that may probe the kernel. No record lists the files that such commands read. */
static char *find_probing(const struct package *package, struct source_facts *source)
{
	if (package->pre_build)
		return text_format("PRE_BUILD runs %s", package->pre_build);
	if (source->probing)
		return TAKE(source->probing);
	return package->make_command ? makefile_command_probing(package->make_command) : NULL;
}

int build_inputs_read(const struct settings *settings, const struct module_id *id,
		      const struct package *package, const struct headers *headers,
		      struct build_inputs *ret_inputs, struct error *error)
{
	struct build_inputs inputs = {0};
	cleanup(source_facts_free) struct source_facts source = {0};

	if (source_facts_read(settings, id, headers->memo, &source, error) < 0)
		return error->code;
	if (read_compiler(headers, &inputs, error) < 0 ||
	    digest_directives(settings, id, package, headers, &source.words, &inputs.directives,
			      error) < 0) {
		build_inputs_free(&inputs);
		return error->code;
	}
	inputs.source = TAKE(source.digest);
	inputs.probing = find_probing(package, &source);
	*ret_inputs = inputs;
	return 0;
}

void build_inputs_free(struct build_inputs *inputs)
{
	free(inputs->source);
	free(inputs->directives);
	free(inputs->compiler);
	free(inputs->compiler_path);
	free(inputs->compiler_wanted);
	free(inputs->probing);
	*inputs = (struct build_inputs){0};
}

char *build_inputs_key(const struct build_inputs *inputs, const char *arch)
{
	struct digest *digest = digest_new();

	digest_add_text(digest, inputs->source);
	digest_add_text(digest, inputs->directives);
	digest_add_text(digest, inputs->compiler);
	digest_add_text(digest, arch);
	return digest_finish(digest);
}
