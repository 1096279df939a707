/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plan/evaluation.h"

#include <stdlib.h>

#include "base/memory.h"
#include "base/text.h"

/* What was said while nobody was to be told. */
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

int planner_evaluate(struct planner *planner, const struct module_id *id, const char *conf_file,
		     const struct kernel *kernel, bool checked, struct package **ret_package,
		     struct error *error)
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

void planner_evaluate_ahead(struct planner *planner, const struct module_id *id,
			    const char *conf_file, const struct kernel *kernel)
{
	cleanup(free_string) char *name = name_of(conf_file, id, kernel);
	const struct conf_request request = request_for(planner, id, conf_file, kernel);
	cleanup(error_clear) struct error ignored = {0};

	if (!strmap_get(&planner->evaluated, name))
		(void)evaluate(planner, &request, name, false, &ignored);
}
