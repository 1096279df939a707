/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tree/runs.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/directory.h"
#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/strv.h"
#include "base/text.h"
#include "tree/layout.h"
#include "tree/registry.h"

/*
 * The logs that builds left in the tree: M/V/build/make.log, M/V/K/A/log/make.log and
 * M/V/.failed/K-A.log.
 */

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

enum { RUNS_KEPT = 10 };

/* A run as JSON. Private to tree/runs.c. */

enum { FORMAT = 1, JOBS_LIMIT = 100000, STEPS_LIMIT = 1000 };

static void set_number(struct json_object *object, const char *key, int64_t number)
{
	json_set(object, key, json_checked(json_object_new_int64(number)));
}

static void set_optional(struct json_object *object, const char *key, const char *text)
{
	if (text)
		json_set_text(object, key, text);
}

static struct json_object *print_steps(const struct run_job *job)
{
	struct json_object *list = json_checked(json_object_new_array());

	for (size_t i = 0; i < job->step_count; i++) {
		struct json_object *object = json_checked(json_object_new_object());

		json_set_text(object, "label", job->steps[i].label);
		set_number(object, "begun", job->steps[i].begun);
		set_number(object, "ended", job->steps[i].ended);
		json_append(list, object);
	}
	return list;
}

static struct json_object *print_job(const struct run_job *job)
{
	struct json_object *object = json_checked(json_object_new_object());

	json_set_text(object, "kind", job->kind);
	set_optional(object, "module", job->id.name);
	set_optional(object, "version", job->id.version);
	set_optional(object, "kernel", job->kernel.release);
	set_optional(object, "arch", job->kernel.arch);
	json_set_text(object, "outcome", job->outcome);
	set_number(object, "exit_status", job->exit_status);
	set_number(object, "ready", job->ready);
	set_number(object, "begun", job->begun);
	set_number(object, "ended", job->ended);
	set_optional(object, "message", job->message);
	json_set(object, "steps", print_steps(job));
	return object;
}

char *run_print(const struct run *run)
{
	struct json_object *root = json_checked(json_object_new_object());
	struct json_object *jobs = json_checked(json_object_new_array());

	set_number(root, "format", FORMAT);
	json_set_text(root, "action", run->action);
	set_number(root, "when", run->when);
	set_number(root, "milliseconds", run->milliseconds);
	set_number(root, "exit_status", run->exit_status);
	for (size_t i = 0; i < run->count; i++)
		json_append(jobs, print_job(&run->jobs[i]));
	json_set(root, "jobs", jobs);
	return json_print(root);
}

static bool get_number(struct json_object *object, const char *key, int64_t *ret)
{
	struct json_object *value;

	if (!json_object_object_get_ex(object, key, &value) ||
	    !json_object_is_type(value, json_type_int))
		return false;
	*ret = json_object_get_int64(value);
	return true;
}

static bool get_status(struct json_object *object, int *ret)
{
	int64_t number;

	if (!get_number(object, "exit_status", &number) || number < 0 || number > 255)
		return false;
	*ret = (int)number;
	return true;
}

static char *get_text(struct json_object *object, const char *key)
{
	struct json_object *value;

	if (!json_object_object_get_ex(object, key, &value) ||
	    !json_object_is_type(value, json_type_string))
		return NULL;
	return xstrdup(json_object_get_string(value));
}

static struct json_object *get_list(struct json_object *object, const char *key, size_t limit)
{
	struct json_object *list;

	if (!json_object_object_get_ex(object, key, &list) ||
	    !json_object_is_type(list, json_type_array) || json_object_array_length(list) > limit)
		return NULL;
	return list;
}

static bool parse_step(struct json_object *object, struct run_step *step)
{
	step->label = get_text(object, "label");
	return step->label && get_number(object, "begun", &step->begun) &&
	       get_number(object, "ended", &step->ended);
}

static bool parse_job(struct json_object *object, struct run_job *job)
{
	struct json_object *steps = get_list(object, "steps", STEPS_LIMIT);

	job->kind = get_text(object, "kind");
	job->id.name = get_text(object, "module");
	job->id.version = get_text(object, "version");
	job->kernel.release = get_text(object, "kernel");
	job->kernel.arch = get_text(object, "arch");
	job->outcome = get_text(object, "outcome");
	job->message = get_text(object, "message");
	if (!steps || !job->kind || !job->outcome || !get_status(object, &job->exit_status) ||
	    !get_number(object, "ready", &job->ready) ||
	    !get_number(object, "begun", &job->begun) || !get_number(object, "ended", &job->ended))
		return false;
	job->steps = xcalloc(json_object_array_length(steps) + 1, sizeof(*job->steps));
	for (size_t i = 0; i < json_object_array_length(steps); i++) {
		job->step_count++;
		if (!parse_step(json_object_array_get_idx(steps, i), &job->steps[i]))
			return false;
	}
	return true;
}

static bool parse_root(struct json_object *root, struct run *run)
{
	struct json_object *jobs = get_list(root, "jobs", JOBS_LIMIT);
	int64_t format;

	run->action = get_text(root, "action");
	if (!jobs || !run->action || !get_number(root, "format", &format) || format != FORMAT ||
	    !get_number(root, "when", &run->when) ||
	    !get_number(root, "milliseconds", &run->milliseconds) ||
	    !get_status(root, &run->exit_status))
		return false;
	run->jobs = xcalloc(json_object_array_length(jobs) + 1, sizeof(*run->jobs));
	for (size_t i = 0; i < json_object_array_length(jobs); i++) {
		run->count++;
		if (!parse_job(json_object_array_get_idx(jobs, i), &run->jobs[i]))
			return false;
	}
	return true;
}

/* False for what is no record of a run; run_free() what was read in either case. */
static bool run_parse(const char *text, struct run *run)
{
	struct json_object *root = json_tokener_parse(text);
	bool good = root && json_object_is_type(root, json_type_object) && parse_root(root, run);

	(void)json_object_put(root);
	return good;
}

enum { SIZE_LIMIT = 16 << 20 };

static char *runs_directory(const struct settings *settings)
{
	return layout_cache(settings, "runs");
}

/* Names of runs, the oldest first. */
static int list_names(const char *directory, struct strv *names, struct error *error)
{
	cleanup(strv_free) struct strv all = {0};
	const char *name;

	if (directory_list(directory, &all, error) < 0)
		return error->code;
	STRV_FOREACH (name, &all)
		if (text_ends_with(name, ".json"))
			strv_add(names, name);
	strv_sort(names);
	return 0;
}

static int forget_old(const char *directory, struct error *error)
{
	cleanup(strv_free) struct strv names = {0};

	if (list_names(directory, &names, error) < 0)
		return error->code;
	for (size_t i = 0; i + RUNS_KEPT < names.count; i++) {
		cleanup(free_string) char *path = path_join(directory, names.items[i], NULL);

		if (file_unlink(path, error) < 0)
			return error->code;
	}
	return 0;
}

int runs_write(const struct settings *settings, const struct run *run, struct error *error)
{
	cleanup(free_string) char *directory = runs_directory(settings);
	cleanup(free_string) char *name = text_format("%012jd-%d.json", (intmax_t)run->when,
						      (int)getpid());
	cleanup(free_string) char *path = path_join(directory, name, NULL);
	cleanup(free_string) char *text = run_print(run);

	if (file_make_directories(directory, error) < 0 ||
	    file_write_unsynced(path, text, strlen(text), 0644, error) < 0)
		return error->code;
	return forget_old(directory, error);
}

void runs_read(const struct settings *settings, struct runs *runs)
{
	cleanup(free_string) char *directory = runs_directory(settings);
	cleanup(strv_free) struct strv names = {0};
	cleanup(error_clear) struct error closed = {0};

	(void)list_names(directory, &names, &closed);
	for (size_t i = names.count; i-- > 0;) {
		cleanup(free_string) char *path = path_join(directory, names.items[i], NULL);
		cleanup(free_string) char *text = NULL;
		cleanup(error_clear) struct error unreadable = {0};
		struct run run = {0};

		if (file_read_nofollow(path, SIZE_LIMIT, &text, NULL, &unreadable) < 0)
			continue;
		if (!run_parse(text, &run)) {
			run_free(&run);
			continue;
		}
		*ARRAY_ADD(runs->items, runs->count) = run;
	}
}

static bool is_attempt(const struct run_job *job, const struct module_id *id,
		       const struct kernel_id *kernel)
{
	return (text_equal(job->kind, "build") || text_equal(job->kind, "install")) &&
	       job->begun >= 0 && module_id_equal(&job->id, id) && job->kernel.release &&
	       kernel_id_equal(&job->kernel, kernel);
}

const struct run_job *runs_last_attempt(const struct runs *runs, const struct module_id *id,
					const struct kernel_id *kernel, const struct run **ret_run)
{
	for (size_t i = 0; i < runs->count; i++)
		for (size_t j = runs->items[i].count; j-- > 0;)
			if (is_attempt(&runs->items[i].jobs[j], id, kernel)) {
				*ret_run = &runs->items[i];
				return &runs->items[i].jobs[j];
			}
	return NULL;
}

static void job_free(struct run_job *job)
{
	free(job->kind);
	module_id_free(&job->id);
	kernel_id_free(&job->kernel);
	free(job->outcome);
	free(job->message);
	for (size_t i = 0; i < job->step_count; i++)
		free(job->steps[i].label);
	free(job->steps);
}

void run_free(struct run *run)
{
	for (size_t i = 0; i < run->count; i++)
		job_free(&run->jobs[i]);
	free(run->jobs);
	free(run->action);
	*run = (struct run){0};
}

void runs_free(struct runs *runs)
{
	for (size_t i = 0; i < runs->count; i++)
		run_free(&runs->items[i]);
	free(runs->items);
	*runs = (struct runs){0};
}
