/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inspect/graph.h"

#include "base/cleanup.h"
#include "base/text.h"
#include "kernel/kernel.h"
#include "plan/facts.h"

/* In quotes, as DOT has it. */
static void add_quoted(struct buffer *out, const char *text)
{
	buffer_add_char(out, '"');
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			buffer_add_char(out, '\\');
		buffer_add_char(out, (unsigned char)*text < ' ' ? ' ' : *text);
	}
	buffer_add_char(out, '"');
}

static const char *colour_of(enum status_state state)
{
	switch (state) {
	case STATUS_INSTALLED:
	case STATUS_WEAK:
		return "#b7e1b0";
	case STATUS_BUILT:
		return "#cfe2f3";
	case STATUS_BROKEN:
		return "#f4b6b6";
	case STATUS_ADDED:
		break;
	}
	return "#eeeeee";
}

/* One node a version: its name, and a line for each kernel. */
static void add_node(struct buffer *out, const struct status_list *list, size_t first, size_t count)
{
	const struct status_entry *entry = &list->items[first];
	cleanup(free_string) char *name = text_format("%s/%s", entry->id.name, entry->id.version);
	cleanup(buffer_free) struct buffer label = {0};
	enum status_state best = entry->state;

	buffer_add_text(&label, name);
	for (size_t i = first; i < first + count; i++) {
		const struct status_entry *item = &list->items[i];

		buffer_add_format(&label, " | %s%s%s",
				  item->kernel.release ? item->kernel.release : "",
				  item->kernel.release ? " " : "", status_state_name(item->state));
		if (item->state == STATUS_INSTALLED)
			best = STATUS_INSTALLED;
	}
	buffer_add_text(out, "\t");
	add_quoted(out, name);
	buffer_add_text(out, " [label=");
	add_quoted(out, label.data);
	buffer_add_format(out, ", fillcolor=\"%s\"];\n", colour_of(best));
}

static bool is_registered(const struct status_list *list, const char *name)
{
	for (size_t i = 0; i < list->count; i++)
		if (text_equal(list->items[i].id.name, name))
			return true;
	return false;
}

static void add_edges(struct buffer *out, const struct status_list *list,
		      const struct module_id *id, const struct package *package)
{
	cleanup(free_string) char *from = text_format("%s/%s", id->name, id->version);
	const char *name;

	STRV_FOREACH (name, &package->build_depends) {
		bool found = false;

		for (size_t i = 0; i < list->count; i++) {
			const struct module_id *other = &list->items[i].id;
			cleanup(free_string) char *to = text_format("%s/%s", other->name,
								    other->version);

			if (!text_equal(other->name, name) ||
			    (i && module_id_equal(other, &list->items[i - 1].id)))
				continue;
			found = true;
			buffer_add_text(out, "\t");
			add_quoted(out, from);
			buffer_add_text(out, " -> ");
			add_quoted(out, to);
			buffer_add_text(out, ";\n");
		}
		if (found || is_registered(list, name))
			continue;
		buffer_add_text(out, "\t");
		add_quoted(out, from);
		buffer_add_text(out, " -> ");
		add_quoted(out, name);
		buffer_add_text(out, " [style=dashed];\n");
	}
}

/* A conf that cannot be read needs nothing that could be drawn. */
static void add_needs(struct buffer *out, struct planner *planner, const struct status_list *list,
		      const struct module_id *id, const struct kernel *kernel)
{
	const struct package *package;
	cleanup(error_clear) struct error bad = {0};

	if (planner_require_usable(planner, id, &bad) == 0 &&
	    planner_package(planner, id, kernel, false, &package, &bad) == 0)
		add_edges(out, list, id, package);
}

static int add_all(struct buffer *out, struct planner *planner, const struct status_list *list,
		   const struct kernel_id *kernel_id, struct error *error)
{
	const struct kernel *kernel;

	if (planner_kernel(planner, kernel_id, &kernel, error) < 0)
		return error->code;
	for (size_t i = 0; i < list->count;) {
		size_t count = 1;

		while (i + count < list->count &&
		       module_id_equal(&list->items[i].id, &list->items[i + count].id))
			count++;
		add_node(out, list, i, count);
		add_needs(out, planner, list, &list->items[i].id, kernel);
		i += count;
	}
	return 0;
}

int graph_dot(const struct settings *settings, const struct distro *distro,
	      const struct status_filter *filter, char **ret_text, struct error *error)
{
	cleanup(status_list_free) struct status_list list = {0};
	cleanup(plan_free) struct plan plan = {0};
	cleanup(buffer_free) struct buffer out = {0};
	cleanup(free_string) char *release = kernel_running_release();
	cleanup(free_string) char *arch = kernel_running_arch();
	const struct kernel_id running = {release, arch};
	struct planner planner = {.settings = settings, .distro = distro, .plan = &plan};
	const struct kernel_id *kernel = filter->kernels->count ? &filter->kernels->items[0]
								: &running;

	if (status_collect(settings, distro, filter, &list, error) < 0)
		return error->code;
	buffer_add_text(&out, "digraph dkms {\n\trankdir=LR;\n"
			      "\tnode [shape=record, style=filled, fontname=\"sans-serif\"];\n");
	int code = add_all(&out, &planner, &list, kernel, error);

	planner_free(&planner);
	buffer_add_text(&out, "}\n");
	if (code == 0)
		*ret_text = buffer_take(&out);
	return code;
}
