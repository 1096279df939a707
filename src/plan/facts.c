/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plan/facts.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/text.h"
#include "conf/package_conf.h"
#include "tree/evaluations.h"
#include "tree/layout.h"
#include "tree/registry.h"

/*
 * Evaluates each dkms.conf once per run and kernel. The kernels of a run follow each other, so that
 * one bash serves them all.
 */

/* Reports that were kept while they were not to be shown. */
struct saying {
	enum report_kind kind;
	char *text;
};

struct evaluation {
	struct reporter listener;
	struct conf_evaluation result;
	struct saying *sayings;
	size_t count;
	bool told;
};

static void listen(struct reporter *reporter, enum report_kind kind, const char *text)
{
	struct evaluation *evaluation = (struct evaluation *)reporter;

	*ARRAY_ADD(evaluation->sayings, evaluation->count) = (struct saying){kind, xstrdup(text)};
}

static void evaluation_free(void *value)
{
	struct evaluation *evaluation = value;

	for (size_t i = 0; i < evaluation->count; i++)
		free(evaluation->sayings[i].text);
	free(evaluation->sayings);
	conf_evaluation_free(&evaluation->result);
	free(evaluation);
}

void planner_forget_evaluations(struct planner *planner)
{
	strmap_free(&planner->evaluated, evaluation_free);
}

/* A line is a --directive, of which each is said once a run. */
static void tell(struct planner *planner, struct evaluation *evaluation)
{
	for (size_t i = 0; i < evaluation->count && !evaluation->told; i++)
		if (evaluation->sayings[i].kind != REPORT_LINE || !planner->directives_announced)
			report_text(planner->reporter, evaluation->sayings[i].kind,
				    evaluation->sayings[i].text);
	evaluation->told = true;
	planner->directives_announced = true;
}

static struct conf_request request_for(struct planner *planner, const struct module_id *id,
				       const char *conf_file, const struct kernel *kernel)
{
	return (struct conf_request){
		.settings = planner->settings,
		.conf_file = conf_file,
		.module = id->name,
		.module_version = id->version,
		.kernel_release = kernel->id.release,
		.arch = kernel->id.arch,
		.kernel_source_dir = kernel->source_directory,
		.kernel_config = kernel->config_path,
		.announce_directives = true,
		.shells = &planner->shells,
	};
}

static char *name_of(const char *conf_file, const struct module_id *id, const struct kernel *kernel)
{
	return text_format("%s %s/%s %s %s", conf_file, id->name, id->version, kernel->id.release,
			   kernel->id.arch);
}

/* One that failed is told at once, if it is to be, and is evaluated again if it is asked for again.
 */
static struct evaluation *evaluate(struct planner *planner, const struct conf_request *request,
				   const char *name, bool checked, struct error *error)
{
	struct evaluation *evaluation = NEW(struct evaluation);

	evaluation->listener.emit = listen;
	if (conf_evaluate(request, &evaluation->result, &evaluation->listener, error) == 0) {
		(void)strmap_set(&planner->evaluated, name, evaluation);
		return evaluation;
	}
	if (checked)
		tell(planner, evaluation);
	evaluation_free(evaluation);
	return NULL;
}

static const char *config_value(void *context, const char *symbol)
{
	return kernel_config_value(context, symbol);
}

/*
 * The package of a conf for a kernel, exclusions applied, owned by the caller. What the files said
 * while they were evaluated is told when a checked package is asked for, once.
 */
static int planner_evaluate(struct planner *planner, const struct module_id *id,
			    const char *conf_file, const struct kernel *kernel, bool checked,
			    struct package **ret_package, struct error *error)
{
	cleanup(free_string) char *name = name_of(conf_file, id, kernel);
	cleanup(package_free_handler) struct package *package = NULL;
	struct conf_request request = request_for(planner, id, conf_file, kernel);
	struct evaluation *evaluation = strmap_get(&planner->evaluated, name);

	if (!evaluation)
		evaluation = evaluate(planner, &request, name, checked, error);
	if (!evaluation)
		return error->code;
	if (checked)
		tell(planner, evaluation);
	request.for_status = !checked;
	request.check_duplicates = checked;
	if (package_from_values(&request, &evaluation->result.values, &package, planner->reporter,
				error) < 0)
		return error->code;
	package->policy = evaluation->result.policy;
	if (package_apply_exclusions(package, kernel->id.release, kernel->id.arch, config_value,
				     (void *)kernel, error) < 0)
		return error->code;
	*ret_package = TAKE(package);
	return 0;
}

/* Evaluates early, while the bash of the module runs: the values will be asked for. */
static void planner_evaluate_ahead(struct planner *planner, const struct module_id *id,
				   const char *conf_file, const struct kernel *kernel)
{
	cleanup(free_string) char *name = name_of(conf_file, id, kernel);
	const struct conf_request request = request_for(planner, id, conf_file, kernel);
	cleanup(error_clear) struct error ignored = {0};

	if (!strmap_get(&planner->evaluated, name))
		(void)evaluate(planner, &request, name, false, &ignored);
}

/* Keys of both maps. number tells apart what is known of the same module and kernel. */
static char *key_of(unsigned int number, const struct module_id *id, const struct kernel_id *kernel)
{
	return text_format("%u %s/%s %s %s", number, id ? id->name : "", id ? id->version : "",
			   kernel ? kernel->release : "", kernel ? kernel->arch : "");
}

size_t planner_find(const struct planner *planner, enum planned what, const struct module_id *id,
		    const struct kernel_id *kernel)
{
	cleanup(free_string) char *key = key_of(what, id, kernel);
	size_t found = (size_t)strmap_get(&planner->planned, key);

	return found ? found - 1 : PLAN_NONE;
}

void planner_remember(struct planner *planner, enum planned what, const struct module_id *id,
		      const struct kernel_id *kernel, size_t job)
{
	cleanup(free_string) char *key = key_of(what, id, kernel);

	(void)strmap_set(&planner->planned, key, (void *)(job + 1));
}

size_t planner_find_provider(const struct planner *planner, const char *name,
			     const struct kernel_id *kernel)
{
	for (size_t i = planner->plan->count; i-- > 0;) {
		const struct job *job = &planner->plan->jobs[i];

		if (job->kind == JOB_INSTALL && text_equal(job->id.name, name) &&
		    kernel_id_equal(&job->kernel->id, kernel))
			return i;
	}
	return PLAN_NONE;
}

size_t planner_notice(struct planner *planner, const char *format, ...)
{
	size_t job = plan_add_job(planner->plan, JOB_NOTICE, NULL, NULL);
	va_list arguments;

	va_start(arguments, format);
	planner->plan->jobs[job].text = text_vformat(format, arguments);
	va_end(arguments);
	return job;
}

size_t planner_fail(struct planner *planner, const struct module_id *id, struct error *error)
{
	size_t job = plan_add_job(planner->plan, JOB_FAILURE, id, NULL);

	(void)error_move(&planner->plan->jobs[job].error, error);
	return job;
}

int planner_kernel(struct planner *planner, const struct kernel_id *id,
		   const struct kernel **ret_kernel, struct error *error)
{
	const struct kernel *known = plan_find_kernel(planner->plan, id);
	struct kernel *kernel;

	if (!known) {
		if (kernel_open(planner->settings, id, &kernel, error) < 0)
			return error->code;
		known = plan_keep_kernel(planner->plan, kernel);
	}
	*ret_kernel = known;
	return 0;
}

/* -c, else that of a source about to be imported, else the registered one, else the source tree's.
 */
static char *conf_path(const struct planner *planner, const struct module_id *id)
{
	if (planner->conf_file)
		return xstrdup(planner->conf_file);
	if (planner_find(planner, PLANNED_IMPORT, id, NULL) != PLAN_NONE)
		return xstrdup(planner->imported_conf);
	cleanup(free_string) char *link = layout_source_link(planner->settings, id);
	cleanup(free_string) char *source = layout_source_directory(planner->settings, id);

	return path_join(file_is_directory(link) ? link : source, "dkms.conf", NULL);
}

static int require_conf_file(const struct module_id *id, const char *conf_file, struct error *error)
{
	if (file_is_regular(conf_file))
		return 0;
	return error_set(error, -ENOENT, EXIT_BROKEN,
			 "Could not locate the dkms.conf file of %s/%s.\n"
			 "%s %s.",
			 id->name, id->version, conf_file,
			 file_exists(conf_file) ? "is no file" : "does not exist");
}

int planner_require_conf(const struct planner *planner, const struct module_id *id,
			 struct error *error)
{
	cleanup(free_string) char *conf_file = conf_path(planner, id);

	return require_conf_file(id, conf_file, error);
}

/* A conf that is given with -c, or lies in a directory yet to be imported, is asked once. */
static bool is_recorded(const struct planner *planner, const struct module_id *id)
{
	return !planner->conf_file && planner_find(planner, PLANNED_IMPORT, id, NULL) == PLAN_NONE;
}

static struct evaluations *evaluations_of(struct planner *planner)
{
	if (!planner->plan->evaluations)
		planner->plan->evaluations = evaluations_open(planner->settings);
	return planner->plan->evaluations;
}

static struct evaluation_subject subject_of(const struct module_id *id, const char *conf_file,
					    const struct kernel *kernel)
{
	return (struct evaluation_subject){
		.id = id,
		.kernel = &kernel->id,
		.conf_file = conf_file,
		.kernel_source_dir = kernel->source_directory,
		.kernel_config = kernel->config_path,
	};
}

/* Whether the run will evaluate it. What that depends on is looked at now, before it does. */
static bool will_evaluate(struct planner *planner, const struct evaluation_subject *subject,
			  bool checked)
{
	struct evaluations *evaluations = evaluations_of(planner);
	cleanup(evaluation_key_free) struct evaluation_key key = {0};

	evaluations_key(evaluations, subject, &key);
	cleanup(package_free_handler) struct package *package =
		checked ? NULL : evaluations_find(evaluations, subject, &key);

	return !package;
}

static void evaluate_ahead(struct planner *planner, const struct module_id *id,
			   const char *conf_file, bool checked)
{
	for (size_t i = 0; planner->kernels && i < planner->kernels->count; i++) {
		const struct kernel *kernel = NULL;
		cleanup(error_clear) struct error ignored = {0};

		if (planner_kernel(planner, &planner->kernels->items[i], &kernel, &ignored) < 0 ||
		    !kernel) {
			continue;
		}
		const struct evaluation_subject subject = subject_of(id, conf_file, kernel);

		if (will_evaluate(planner, &subject, checked))
			planner_evaluate_ahead(planner, id, conf_file, kernel);
	}
}

/* Built and installed modules are always evaluated, others only if nothing is recorded. */
static int load_package(struct planner *planner, const struct module_id *id,
			const struct kernel *kernel, bool checked, struct package **ret_package,
			struct error *error)
{
	cleanup(free_string) char *conf_file = conf_path(planner, id);
	const struct evaluation_subject subject = subject_of(id, conf_file, kernel);
	struct evaluations *evaluations = evaluations_of(planner);
	cleanup(evaluation_key_free) struct evaluation_key key = {0};
	bool recorded = is_recorded(planner, id);

	if (require_conf_file(id, conf_file, error) < 0)
		return error->code;
	evaluations_key(evaluations, &subject, &key);
	if (!checked && recorded)
		*ret_package = evaluations_find(evaluations, &subject, &key);
	if (*ret_package)
		return 0;
	if (planner_evaluate(planner, id, conf_file, kernel, checked, ret_package, error) < 0 ||
	    !*ret_package)
		return error->code;
	(*ret_package)->is_private = key.is_private;
	if (recorded)
		evaluations_add(evaluations, &subject, &key, *ret_package);
	evaluate_ahead(planner, id, conf_file, checked);
	return 0;
}

/* One that was checked will do where none has to be. */
static const struct package *find_package(const struct planner *planner, const struct module_id *id,
					  const struct kernel_id *kernel, bool checked)
{
	cleanup(free_string) char *key = key_of(true, id, kernel);
	cleanup(free_string) char *other = key_of(false, id, kernel);
	const struct package *known = strmap_get(&planner->packages, key);

	return known || checked ? known : strmap_get(&planner->packages, other);
}

int planner_package(struct planner *planner, const struct module_id *id,
		    const struct kernel *kernel, bool checked, const struct package **ret_package,
		    struct error *error)
{
	const struct package *known = find_package(planner, id, &kernel->id, checked);
	struct package *package = NULL;

	if (!known) {
		cleanup(free_string) char *key = key_of(checked, id, &kernel->id);

		if (load_package(planner, id, kernel, checked, &package, error) < 0)
			return error->code;
		known = plan_keep_package(planner->plan, package);
		(void)strmap_set(&planner->packages, key, package);
	}
	*ret_package = known;
	return 0;
}

int planner_require_usable(const struct planner *planner, const struct module_id *id,
			   struct error *error)
{
	if (planner_find(planner, PLANNED_ADD, id, NULL) != PLAN_NONE)
		return 0;
	return registry_require_usable(planner->settings, id, error);
}
