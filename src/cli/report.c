/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dkms report: this machine's modules at a glance, for people and for tickets. */
#include <errno.h>
#include <string.h>

#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "cli/actions.h"
#include "cli/pictures.h"
#include "cli/report_facts.h"

/* A page has pictures, too; without Graphviz it has no graph. */
static void draw(const struct invocation *invocation, struct json_object *facts)
{
	cleanup(runs_free) struct runs runs = {0};
	cleanup(error_clear) struct error undrawn = {0};
	cleanup(free_string) char *graph = NULL;
	size_t length = 0;

	runs_read(&invocation->settings, &runs);
	if (runs.count) {
		cleanup(free_string) char *timeline = timeline_picture(&runs.items[0]);

		json_set_text(facts, "timeline_svg", timeline);
	}
	if (*fact_text(facts, "graph") &&
	    graph_picture(fact_text(facts, "graph"), &graph, &length, &undrawn) == 0)
		json_set_text(facts, "graph_svg", graph);
}

static int write_page(const struct invocation *invocation, struct json_object *facts,
		      struct error *error)
{
	const char *path = invocation->options->html;

	draw(invocation, facts);
	cleanup(free_string) char *page = report_page(facts);

	if (file_write(path, page, strlen(page), 0644, error) < 0)
		return error->code;
	report(&invocation->ui->reporter, REPORT_LINE, "%s is the report.", path);
	return 0;
}

int action_report(struct invocation *invocation, int *ret_status, struct error *error)
{
	const struct options *options = invocation->options;
	struct json_object *facts;
	int code = 0;

	if (options->json && options->html)
		return error_set(error, -EINVAL, EXIT_NOT_FOUND,
				 "--json and --html are two reports. Ask for one of them.");
	if (invocation_require_known(invocation, error) < 0)
		return error->code;
	facts = report_facts(invocation, error);
	if (!facts)
		return error->code;
	if (options->anonymize)
		report_anonymize(facts, &invocation->settings);
	*ret_status = 0;
	if (options->html) {
		code = write_page(invocation, facts, error);
	} else if (options->json) {
		cleanup(free_string) char *text = json_print(json_object_get(facts));

		report_text(&invocation->ui->reporter, REPORT_OUTPUT, text);
	} else {
		report_show(facts, &invocation->ui->reporter);
	}
	json_object_put(facts);
	return code;
}
