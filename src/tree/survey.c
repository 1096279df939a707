/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tree/survey.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/entries.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/text.h"
#include "model/compression.h"
#include "tree/built_package.h"
#include "tree/layout.h"
#include "tree/registry.h"

/* A survey under way. */
struct survey {
	struct surveyed_build build;
	const char *version; /* the path of M/V */
	survey_visitor *visit;
	void *context;
};

static bool is_kernel_name(const char *name)
{
	static const char *const reserved[] = {"source", "build", "tarball"};

	for (size_t i = 0; i < sizeof(reserved) / sizeof(*reserved); i++)
		if (text_equal(name, reserved[i]))
			return false;
	return path_is_plain_name(name);
}

static int cannot_read(int code, const struct survey *survey, const char *release,
		       struct error *error)
{
	cleanup(free_string) char *path = path_join(survey->version, release, NULL);

	return error_errno(error, code, 0, "Cannot read the directory %s", path);
}

static int survey_release(struct survey *survey, int version, const char *release,
			  struct error *error)
{
	struct entries entries;
	const struct dirent64 *entry;
	int code = entries_open(&entries, version, release);

	if (code < 0)
		return code == -ENOENT ? 0 : cannot_read(code, survey, release, error);
	survey->build.release = entries.fd;
	while (!code && (entry = entries_next(&entries))) {
		if (!path_is_plain_name(entry->d_name) || !entries_is_directory(&entries, entry))
			continue;
		survey->build.kernel = (struct kernel_id){(char *)release, (char *)entry->d_name};
		code = survey->visit(&survey->build, survey->context, error);
	}
	int end = entries_close(&entries);

	if (!code && end < 0)
		code = cannot_read(end, survey, release, error);
	return code;
}

static int survey_version(struct survey *survey, struct error *error)
{
	cleanup(free_string) char *module = layout_module(survey->build.settings,
							  survey->build.id->name);
	struct entries entries;
	const struct dirent64 *entry;
	int code = entries_open(&entries, AT_FDCWD, survey->version);

	if (code < 0)
		return code == -ENOENT || code == -ENOTDIR ? 0
							   : cannot_read(code, survey, "", error);
	survey->build.module = open(module, O_PATH | O_DIRECTORY | O_CLOEXEC);
	while (!code && (entry = entries_next(&entries)))
		if (is_kernel_name(entry->d_name) && entries_is_directory(&entries, entry))
			code = survey_release(survey, entries.fd, entry->d_name, error);
	close_fd(&survey->build.module);
	int end = entries_close(&entries);

	if (!code && end < 0)
		code = cannot_read(end, survey, "", error);
	return code;
}

int survey_builds(const struct settings *settings, const struct module_id *id,
		  survey_visitor *visit, void *context, struct error *error)
{
	cleanup(free_string) char *version = layout_version(settings, id);
	struct survey survey = {
		.build = {.settings = settings, .id = id},
		.version = version,
		.visit = visit,
		.context = context,
	};

	return survey_version(&survey, error);
}

/* Stats the path "A" + suffix. */
static bool stat_below(const struct surveyed_build *build, const char *suffix, struct stat *info)
{
	char path[NAME_MAX + sizeof("/" BUILT_PACKAGE_NAME)];

	return text_put(path, sizeof(path), build->kernel.arch, suffix, NULL) &&
	       fstatat(build->release, path, info, 0) == 0;
}

bool survey_is_built(const struct surveyed_build *build)
{
	struct stat info;

	return stat_below(build, "/module", &info) && S_ISDIR(info.st_mode);
}

/* The modules that M/V/K/A/module holds; none that is known where it cannot be read. */
static void list_modules(const struct surveyed_build *build, struct strv *names)
{
	char path[NAME_MAX + sizeof("/module")];
	struct entries entries;
	const struct dirent64 *entry;

	if (!text_put(path, sizeof(path), build->kernel.arch, "/module", NULL) ||
	    entries_open(&entries, build->release, path) < 0)
		return;
	while ((entry = entries_next(&entries))) {
		cleanup(free_string) char *name = module_name_of_file(entry->d_name);

		if (name)
			strv_add_owned(names, TAKE(name));
	}
	(void)entries_close(&entries);
}

static bool is_newer(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec != b->tv_sec ? a->tv_sec > b->tv_sec : a->tv_nsec > b->tv_nsec;
}

bool survey_lacks_modules(const struct surveyed_build *build)
{
	cleanup(strv_free) struct strv names = {0};
	cleanup(package_free_handler) struct package *package = NULL;
	struct stat directory, record;

	/* Nothing came or went since the record was written: so it is with nearly all. */
	if (stat_below(build, "/module", &directory) &&
	    stat_below(build, "/" BUILT_PACKAGE_NAME, &record) &&
	    !is_newer(&directory.st_mtim, &record.st_mtim))
		return false;
	list_modules(build, &names);
	package = built_package_read(build->settings, build->id, &build->kernel);
	if (!package)
		return !names.count;
	for (size_t i = 0; i < package->module_count; i++)
		if (!package->modules[i].excluded &&
		    !strv_contains(&names, package->modules[i].dest_name))
			return true;
	return false;
}

/* What a link below directory holds. False if there is none, or it does not fit. */
static bool read_link(int directory, const char *path, char *target)
{
	ssize_t length = readlinkat(directory, path, target, PATH_MAX);

	if (length < 0 || length == PATH_MAX)
		return false;
	target[length] = '\0';
	return true;
}

bool survey_is_active(const struct surveyed_build *build)
{
	char link[NAME_MAX + 1], target[PATH_MAX], usual[PATH_MAX];
	const struct kernel_id *kernel = &build->kernel;

	if (!text_put(link, sizeof(link), "kernel-", kernel->release, "-", kernel->arch, NULL) ||
	    !read_link(build->module, link, target))
		return false;
	if (text_put(usual, sizeof(usual), build->id->version, "/", kernel->release, "/",
		     kernel->arch, NULL) &&
	    text_equal(target, usual))
		return true;
	/* The link is another version's, or somebody made it by hand. */
	cleanup(free_string) char *active = registry_active_version(build->settings,
								    build->id->name, kernel);

	return text_equal(active, build->id->version);
}

static char *mark_of(const struct surveyed_build *build, const char *mark)
{
	char path[NAME_MAX + sizeof("/" LAYOUT_REUSED LAYOUT_PULLED)], target[PATH_MAX];

	if (!text_put(path, sizeof(path), build->kernel.arch, "/", mark, NULL) ||
	    !read_link(build->release, path, target))
		return NULL;
	return xstrdup(target);
}

char *survey_reused_from(const struct surveyed_build *build)
{
	return mark_of(build, LAYOUT_REUSED);
}

char *survey_pulled_from(const struct surveyed_build *build)
{
	return mark_of(build, LAYOUT_PULLED);
}
