/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/kernel.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "base/directory.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/text.h"

/*
 * A kernel configuration file: .config ("# CONFIG_X is not set", strings in quotes) or auto.conf
 * (only what is set; strings without quotes since Linux 5.19). Lines that are no assignment are
 * skipped; of two for one symbol the last counts.
 */

/* Far above any real one: distributions' have some 300 KiB. */
static const size_t config_limit = 8UL << 20;

static const char prefix[] = "CONFIG_";

/* Takes quotes and the backslashes that kconfig puts before " and \ off, in place. */
static char *unquoted(char *value)
{
	char *end = value + strlen(value);

	if (end - value < 2 || *value != '"' || end[-1] != '"')
		return value;
	char *out = value;

	end[-1] = '\0';
	for (const char *in = value + 1; *in; in++) {
		if (*in == '\\' && in[1])
			in++;
		*out++ = *in;
	}
	*out = '\0';
	return value;
}

static void take_line(struct kernel_config *config, char *line)
{
	char *equals = strchr(line, '=');

	if (!equals || !text_starts_with(line, prefix))
		return;
	*equals = '\0';
	(void)strmap_set(&config->values, line + sizeof(prefix) - 1, unquoted(equals + 1));
}

static void parse(struct kernel_config *config)
{
	char *line = config->text;

	while (*line) {
		char *end = line + strcspn(line, "\n");
		char *next = *end ? end + 1 : end;

		if (end > line && end[-1] == '\r')
			end--;
		*end = '\0';
		take_line(config, line);
		line = next;
	}
}

int kernel_config_load(struct kernel_config *config, const char *path, struct error *error)
{
	cleanup(error_clear) struct error failure = {0};

	if (config->loaded)
		return 0;
	if (file_read(path, config_limit, &config->text, NULL, &failure) < 0) {
		if (failure.code != -ENOENT && failure.code != -ENOTDIR)
			return error_move(error, &failure);
	} else {
		parse(config);
	}
	config->loaded = true;
	return 0;
}

void kernel_config_free(struct kernel_config *config)
{
	strmap_free(&config->values, NULL);
	free(config->text);
	free(config);
}

int kernel_load_config(const struct kernel *kernel, struct error *error)
{
	if (kernel_config_load(kernel->config, kernel->config_path, error) < 0)
		return error_wrap(error, "The configuration of kernel %s", kernel->id.release);
	return 0;
}

const char *kernel_config_value(const struct kernel *kernel, const char *symbol)
{
	cleanup(error_clear) struct error ignored = {0};

	(void)kernel_load_config(kernel, &ignored);
	if (text_starts_with(symbol, prefix))
		symbol += sizeof(prefix) - 1;
	return strmap_get(&kernel->config->values, symbol);
}

bool kernel_config_is_yes(const struct kernel *kernel, const char *symbol)
{
	return text_equal(kernel_config_value(kernel, symbol), "y");
}

/* The running kernel, and which ones are installed. */

char *kernel_running_release(void)
{
	struct utsname names;

	(void)uname(&names);
	return xstrdup(names.release);
}

char *kernel_running_arch(void)
{
	struct utsname names;

	(void)uname(&names);
	return xstrdup(names.machine);
}

static int compare_releases(const void *a, const void *b)
{
	return version_compare(*(char *const *)a, *(char *const *)b);
}

int kernel_list_installed(const struct settings *settings, struct strv *releases,
			  struct error *error)
{
	cleanup(strv_free) struct strv names = {0};
	size_t first = releases->count;
	const char *name;

	if (directory_list(settings->install_tree, &names, error) < 0)
		return error->code;
	STRV_FOREACH (name, &names) {
		cleanup(free_string) char *path = path_join(settings->install_tree, name, NULL);

		if (path_is_plain_name(name) && file_is_directory(path))
			strv_add(releases, name);
	}
	if (releases->count > first)
		qsort(releases->items + first, releases->count - first, sizeof(*releases->items),
		      compare_releases);
	return 0;
}

/* modules.dep of a distribution's kernel has about 1 MiB. */
static const size_t modules_dep_limit = 64UL << 20;

static char *next_line(char *line)
{
	char *end = strchr(line, '\n');

	return end ? end + 1 : NULL;
}

/* By the first of the kernel's own modules: what others put into updates or extra says nothing. */
static bool compression_from_modules_dep(const struct kernel *kernel,
					 enum compression *ret_compression)
{
	cleanup(free_string) char *path = path_join(kernel->module_directory, "modules.dep", NULL);

	cleanup(free_string) char *text = file_read_if_possible(path, modules_dep_limit);

	if (!text)
		return false;
	for (char *line = text; line; line = next_line(line)) {
		if (!text_starts_with(line, "kernel/"))
			continue;
		line[strcspn(line, ":\n")] = '\0';
		*ret_compression = compression_of_name(line);
		return true;
	}
	return false;
}

enum compression kernel_compression(const struct kernel *kernel)
{
	enum compression found;

	if (compression_from_modules_dep(kernel, &found))
		return found;
	if (kernel_config_is_yes(kernel, "MODULE_COMPRESS_GZIP"))
		return COMPRESSION_GZIP;
	if (kernel_config_is_yes(kernel, "MODULE_COMPRESS_XZ"))
		return COMPRESSION_XZ;
	if (kernel_config_is_yes(kernel, "MODULE_COMPRESS_ZSTD"))
		return COMPRESSION_ZSTD;
	return COMPRESSION_NONE;
}

static int check_name(const char *what, const char *name, struct error *error)
{
	if (text_empty(name))
		return error_set(error, -EINVAL, EXIT_EMPTY_KERNEL, "The %s is empty.", what);
	if (!path_is_plain_name(name))
		return error_set(error, -EINVAL, EXIT_USAGE,
				 "\"%s\" is no valid %s: it must be usable as a file name.", name,
				 what);
	return 0;
}

/* Distributions put it beside the image, for systems without headers. */
static char *find_installed_config(const struct settings *settings, const struct kernel *kernel)
{
	cleanup(free_string) char *name = text_format("/boot/config-%s", kernel->id.release);
	cleanup(free_string) char *boot = settings_path(settings, name);
	cleanup(free_string) char *own = path_join(kernel->module_directory, "config", NULL);

	if (file_exists(boot))
		return TAKE(boot);
	return file_exists(own) ? TAKE(own) : NULL;
}

static char *find_config(const struct settings *settings, const struct kernel *kernel)
{
	const char *source_directory = kernel->source_directory;

	if (settings->kernel_config)
		return xstrdup(settings->kernel_config);
	char *path = path_join(source_directory, "include/config/auto.conf", NULL);

	if (!file_exists(path)) {
		free(path);
		path = path_join(source_directory, ".config", NULL);
	}
	if (file_exists(path))
		return path;
	char *installed = find_installed_config(settings, kernel);

	if (!installed)
		return path;
	free(path);
	return installed;
}

int kernel_open(const struct settings *settings, const struct kernel_id *id,
		struct kernel **ret_kernel, struct error *error)
{
	if (check_name("kernel release", id->release, error) < 0 ||
	    check_name("architecture", id->arch, error) < 0)
		return error->code;
	struct kernel *kernel = NEW(struct kernel);

	kernel->id = kernel_id_new(id->release, id->arch);
	kernel->module_directory = path_join(settings->install_tree, id->release, NULL);
	kernel->source_directory = settings->kernel_source_dir
					   ? xstrdup(settings->kernel_source_dir)
					   : path_join(kernel->module_directory, "build", NULL);
	kernel->config_path = find_config(settings, kernel);
	kernel->config = NEW(struct kernel_config);
	*ret_kernel = kernel;
	return 0;
}

void kernel_free(struct kernel *kernel)
{
	if (!kernel)
		return;
	kernel_id_free(&kernel->id);
	free(kernel->module_directory);
	free(kernel->source_directory);
	free(kernel->config_path);
	kernel_config_free(kernel->config);
	free(kernel);
}

/* A link that is all there is of the headers, as ": it is a link to …"; owned, "" for no such. */
static char *dangling(const char *path)
{
	cleanup(free_string) char *target = file_readlink(path);

	return target && !file_exists(path)
		       ? text_format(": it is a link to %s, which does not exist", target)
		       : xstrdup("");
}

int kernel_require_headers(const struct kernel *kernel, const char *install_command,
			   struct error *error)
{
	cleanup(free_string) char *include = path_join(kernel->source_directory, "include", NULL);
	cleanup(free_string) char *build = path_join(kernel->module_directory, "build", NULL);

	if (file_is_directory(include))
		return 0;
	cleanup(free_string) char *link = dangling(kernel->source_directory);

	if (!text_equal(kernel->source_directory, build) && *link)
		(void)error_set(error, -ENOENT, EXIT_NO_HEADERS,
				"The headers of kernel %s cannot be found at %s%s.",
				kernel->id.release, kernel->source_directory, link);
	else if (!text_equal(kernel->source_directory, build))
		(void)error_set(error, -ENOENT, EXIT_NO_HEADERS,
				"The headers of kernel %s cannot be found at %s: it holds no "
				"directory \"include\".",
				kernel->id.release, kernel->source_directory);
	else
		(void)error_set(error, -ENOENT, EXIT_NO_HEADERS,
				"The headers of kernel %s cannot be found at %s or %s/source%s%s.",
				kernel->id.release, build, kernel->module_directory,
				*link ? "; the first" : "", *link ? link + strlen(": it") : "");
	if (install_command)
		return error_hint(error,
				  "Install them with \"%s\", or name their directory with "
				  "--kernelsourcedir.",
				  install_command);
	return error_hint(error, "Install the headers package of this kernel, or name their "
				 "directory with --kernelsourcedir.");
}

/* A file of one line, without blanks around; owned, or NULL. */
static char *read_release(const char *headers, const char *name)
{
	cleanup(free_string) char *path = path_join(headers, name, NULL);

	cleanup(free_string) char *text = file_read_if_possible(path, 4096);

	if (!text)
		return NULL;
	return text_trimmed(text);
}

/* #define UTS_RELEASE "K" */
static char *read_uts_release(const char *headers)
{
	static const char define[] = "#define UTS_RELEASE \"";
	cleanup(free_string) char *text = read_release(headers, "include/generated/utsrelease.h");
	const char *begin = text ? strstr(text, define) : NULL;

	if (!begin)
		return NULL;
	begin += strlen(define);
	return xstrndup(begin, strcspn(begin, "\"\n"));
}

char *kernel_headers_release(const char *headers)
{
	char *release = read_uts_release(headers);

	return release ? release : read_release(headers, "include/config/kernel.release");
}

void kernel_report_other_headers(const struct kernel *kernel, struct reporter *reporter)
{
	cleanup(free_string) char *other = kernel_headers_release(kernel->source_directory);

	if (other && !text_equal(other, kernel->id.release))
		report(reporter, REPORT_WARNING,
		       "The headers at %s are those of kernel %s, not of %s, which may refuse what is "
		       "built with them.",
		       kernel->source_directory, other, kernel->id.release);
}

int kernel_list_with_headers(const struct settings *settings, struct strv *releases,
			     struct error *error)
{
	cleanup(strv_free) struct strv names = {0};
	const char *name;

	if (directory_list(settings->install_tree, &names, error) < 0)
		return error->code;
	STRV_FOREACH (name, &names) {
		cleanup(free_string) char *include = path_join(settings->install_tree, name,
							       "build/include", NULL);

		if (path_is_plain_name(name) && file_is_directory(include))
			strv_add(releases, name);
	}
	return 0;
}

int kernel_require_module_directory(const struct kernel *kernel, struct error *error)
{
	if (file_is_directory(kernel->module_directory))
		return 0;
	return error_set(error, -ENOENT, EXIT_INSTALL,
			 "The directory %s does not exist: kernel %s is not installed here.\n"
			 "Install the kernel, or name an installed one with -k.",
			 kernel->module_directory, kernel->id.release);
}
