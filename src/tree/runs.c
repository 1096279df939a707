/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tree/runs.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/directory.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/strv.h"
#include "base/text.h"
#include "tree/layout.h"
#include "tree/runs_json.h"

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
