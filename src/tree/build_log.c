/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tree/build_log.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/text.h"
#include "tree/layout.h"
#include "tree/registry.h"

enum { LINE_SIZE = 1024 };

struct search {
	const struct kernel_ids *kernels; /* empty: any */
	char *path;                       /* the newest so far */
	struct timespec time;
};

static bool is_newer(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec > b->tv_sec || (a->tv_sec == b->tv_sec && a->tv_nsec >= b->tv_nsec);
}

static void consider(struct search *search, const char *path)
{
	struct stat info;

	if (stat(path, &info) < 0 || !S_ISREG(info.st_mode) ||
	    (search->path && !is_newer(&info.st_mtim, &search->time)))
		return;
	search->time = info.st_mtim;
	text_assign(&search->path, path);
}

static bool is_wanted(const struct search *search, const struct kernel_id *kernel)
{
	for (size_t i = 0; i < search->kernels->count; i++)
		if (kernel_id_equal(&search->kernels->items[i], kernel))
			return true;
	return !search->kernels->count;
}

static bool read_first_line(const char *path, char line[LINE_SIZE])
{
	FILE *file = fopen(path, "re");
	bool got = file && fgets(line, LINE_SIZE, file);

	if (file)
		(void)fclose(file);
	return got;
}

/* "DKMS (dkms-4.0.0) make.log for foo/1.0 for kernel 6.1.0-56-amd64 (x86_64)" */
static bool is_about_wanted(const struct search *search, const char *log)
{
	static const char before[] = " for kernel ";
	char line[LINE_SIZE];
	char *release = read_first_line(log, line) ? strstr(line, before) : NULL;
	char *arch = release ? strstr(release, " (") : NULL;

	if (!search->kernels->count)
		return true;
	if (!arch)
		return false;
	*arch = '\0';
	arch += 2;
	arch[strcspn(arch, ")\n")] = '\0';
	const struct kernel_id kernel = {release + strlen(before), arch};

	return is_wanted(search, &kernel);
}

static int refuse(const struct module_id *id, const struct kernel_ids *kernels, struct error *error)
{
	return error_set(error, -ENOENT, EXIT_NOT_FOUND,
			 "There is no log of a build of %s/%s%s%s.\n"
			 "A build writes one: dkms build %s/%s%s%s",
			 id->name, id->version, kernels->count ? " for kernel " : "",
			 kernels->count ? kernels->items[0].release : "", id->name, id->version,
			 kernels->count ? " -k " : "",
			 kernels->count ? kernels->items[0].release : "");
}

int build_log_find(const struct settings *settings, const struct module_id *id,
		   const struct kernel_ids *kernels, char **ret_path, struct error *error)
{
	cleanup(kernel_ids_free) struct kernel_ids built = {0};
	cleanup(free_string) char *build = layout_build(settings, id);
	cleanup(free_string) char *failed = path_join(build, "make.log", NULL);
	struct search search = {.kernels = kernels};

	if (registry_list_kernels(settings, id, &built, error) < 0)
		return error->code;
	for (size_t i = 0; i < built.count; i++) {
		cleanup(free_string) char *log = layout_product_log(settings, id, &built.items[i]);

		if (is_wanted(&search, &built.items[i]))
			consider(&search, log);
	}
	/* Kept while a later build, for another kernel, has taken its place. */
	for (size_t i = 0; i < kernels->count; i++) {
		cleanup(free_string) char *log = layout_failed(settings, id, &kernels->items[i],
							       ".log");

		consider(&search, log);
	}
	if (is_about_wanted(&search, failed))
		consider(&search, failed);
	if (!search.path)
		return refuse(id, kernels, error);
	*ret_path = TAKE(search.path);
	return 0;
}
