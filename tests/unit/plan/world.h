/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A small system in a private directory that plans are made for, and never run:
 *
 *	cleanup(world_free_handler) struct world *w = world_new();
 *	world_source(w, "foo", "1.0", "");
 *	world_add(w, "foo", "1.0");
 *	planner_install(&w->planner, …);
 *	assert_plan(w, "0 build foo/1.0 for 6.1 (x86_64)\n"
 *		       "1 install foo/1.0 for 6.1 (x86_64) <- 0!\n" …);
 *
 * A plan is written a job a line: its number, what it does, and after "<-" the jobs it waits for,
 * with "!" where they must succeed.
 */
#pragma once

#include "scratch.h"
#include "notebook.h"
#include "base/memory.h"
#include "plan/planner.h"

#define K1 "6.1"
#define K2 "6.12"
#define A  "x86_64"

struct world {
	char *scratch;
	struct settings settings;
	struct distro *distro;
	struct notebook notebook;
	struct plan plan;
	struct planner planner;
};

static inline void world_kernel(const struct world *w, const char *release)
{
	cleanup(free_string) char *include = path_join("lib/modules", release, "build/include",
						       NULL);

	scratch_directory(w->scratch, include);
}

static inline struct world *world_new(void)
{
	struct world *w = NEW(struct world);
	struct error error = {0};

	w->scratch = scratch_make();
	settings_init(&w->settings, w->scratch);
	scratch_write(w->scratch, "etc/os-release", "ID=debian\n");
	assert_int_equal(distro_detect(&w->settings, &w->distro, &error), 0);
	w->notebook = notebook_new();
	w->planner = (struct planner){.settings = &w->settings,
				      .distro = w->distro,
				      .reporter = &w->notebook.reporter,
				      .plan = &w->plan};
	world_kernel(w, K1);
	world_kernel(w, K2);
	return w;
}

static inline void world_free(struct world *w)
{
	planner_free(&w->planner);
	plan_free(&w->plan);
	notebook_free(&w->notebook);
	distro_free(w->distro);
	settings_free(&w->settings);
	scratch_remove(&w->scratch);
	free(w);
}
DEFINE_CLEANUP(struct world *, world_free)

/* A source whose dkms.conf has one module of the package's name, AUTOINSTALL, and lines. */
static inline void world_source(const struct world *w, const char *name, const char *version,
				const char *lines)
{
	cleanup(free_string) char *conf = text_format("usr/src/%s-%s/dkms.conf", name, version);
	cleanup(free_string) char *text = text_format("PACKAGE_NAME=%s\n"
						      "PACKAGE_VERSION=%s\n"
						      "DEST_MODULE_LOCATION=/updates\n"
						      "AUTOINSTALL=yes\n%s\n",
						      name, version, lines);

	scratch_write(w->scratch, conf, text);
}

/* The same, registered. */
static inline void world_add(const struct world *w, const char *name, const char *version,
			     const char *lines)
{
	cleanup(free_string) char *link = text_format("var/lib/dkms/%s/%s/source", name, version);
	cleanup(free_string) char *source = text_format("%s/usr/src/%s-%s", w->scratch, name,
							version);

	world_source(w, name, version, lines);
	scratch_symlink(w->scratch, link, source);
}

static inline void world_built(const struct world *w, const char *name, const char *version,
			       const char *kernel)
{
	cleanup(free_string) char *module = text_format("var/lib/dkms/%s/%s/%s/" A "/module/%s.ko",
							name, version, kernel, name);

	scratch_write(w->scratch, module, "");
}

static inline void world_installed(const struct world *w, const char *name, const char *version,
				   const char *kernel)
{
	cleanup(free_string) char *link = text_format("var/lib/dkms/%s/kernel-%s-" A, name, kernel);
	cleanup(free_string) char *target = text_format("%s/%s/" A, version, kernel);

	world_built(w, name, version, kernel);
	scratch_symlink(w->scratch, link, target);
}

static inline char *plan_text(const struct plan *plan)
{
	struct buffer text = {0};

	for (size_t i = 0; i < plan->count; i++) {
		const struct job *job = &plan->jobs[i];
		cleanup(free_string) char *what = job_describe(job);

		what[strcspn(what, "\n")] = '\0'; /* of a message, what it says first */
		buffer_add_format(&text, "%zu %s%s", i, what, job->edge_count ? " <-" : "");
		for (size_t j = 0; j < job->edge_count; j++)
			buffer_add_format(&text, " %zu%s", job->edges[j].job,
					  job->edges[j].required ? "!" : "");
		buffer_add_text(&text, "\n");
	}
	buffer_add_text(&text, "");
	return buffer_take(&text);
}

static inline void assert_plan(const struct world *w, const char *expected)
{
	cleanup(free_string) char *text = plan_text(&w->plan);

	if (!text_equal(text ? text : "", expected))
		fail_msg("planned:\n%s\nexpected:\n%s", text, expected);
	for (size_t i = 0; i < w->plan.count; i++)
		for (size_t j = 0; j < w->plan.jobs[i].edge_count; j++)
			assert_true(w->plan.jobs[i].edges[j].job < i);
}

/* The job is a failure with this status. */
static inline void assert_failure(const struct world *w, size_t job, int exit_status)
{
	assert_true(job < w->plan.count);
	assert_int_equal(w->plan.jobs[job].kind, JOB_FAILURE);
	assert_int_equal(w->plan.jobs[job].error.exit_status, exit_status);
}

/* Calls a planner with a module and a kernel by their names. */
typedef void plan_one(struct planner *planner, const struct module_id *id,
		      const struct kernel_id *kernel);

static inline void world_plan(struct world *w, plan_one *plan, const char *name,
			      const char *version, const char *kernel)
{
	const struct module_id id = {(char *)name, (char *)version};
	const struct kernel_id on = {(char *)kernel, (char *)A};

	plan(&w->planner, &id, &on);
}
