/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/report_facts.h"

#include <string.h>
#include <sys/utsname.h>
#include <time.h>

#include "base/assignments.h"
#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "cli/cache.h"
#include "cli/status.h"
#include "inspect/check.h"
#include "inspect/graph.h"
#include "kernel/kernel.h"
#include "reuse/cache.h"

/* The first line of /etc/hostname, owned by the caller; NULL: there is none. */
static char *host_of_root(const struct settings *settings)
{
	enum { LIMIT = 4096 };
	cleanup(free_string) char *path = settings_path(settings, "/etc/hostname");
	cleanup(error_clear) struct error unreadable = {0};
	char *text = NULL;

	if (file_read(path, LIMIT, &text, NULL, &unreadable) < 0)
		return NULL;
	text[strcspn(text, "\n")] = '\0';
	return text;
}

static void set_system(struct json_object *machine, const struct settings *settings)
{
	cleanup(free_string) char *path = settings_path(settings, "/etc/os-release");
	cleanup(free_string) char *pretty = assignments_read(path, "PRETTY_NAME");
	cleanup(free_string) char *id = assignments_read(path, "ID");

	json_set_text(machine, "system", pretty ? pretty : id ? id : "unknown");
}

static struct json_object *new_machine(const struct settings *settings)
{
	struct json_object *machine = json_checked(json_object_new_object());
	cleanup(free_string) char *host = host_of_root(settings);
	cleanup(free_string) char *release = kernel_running_release();
	struct utsname names;

	if (host && *host)
		json_set_text(machine, "host", host);
	else if (uname(&names) == 0)
		json_set_text(machine, "host", names.nodename);
	set_system(machine, settings);
	json_set_text(machine, "running_kernel", release);
	json_set_text(machine, "dkms", DKMS_VERSION);
	json_set(machine, "when", json_checked(json_object_new_int64(time(NULL))));
	return machine;
}

/* Modules with AUTOINSTALL that are not installed. */
static struct json_object *new_missing(const struct why *why)
{
	struct json_object *list = json_checked(json_object_new_array());

	for (size_t i = 0; i < why->count; i++) {
		const struct why_entry *entry = &why->items[i];
		cleanup(free_string) char *warning = why_warning(entry);
		struct json_object *object;

		if (!warning)
			continue;
		object = json_checked(json_object_new_object());
		json_set_text(object, "module", entry->id.name);
		json_set_text(object, "version", entry->id.version);
		json_set_text(object, "kernel", entry->kernel.release);
		json_set_text(object, "arch", entry->kernel.arch);
		json_set_text(object, "cause", entry->cause);
		json_set_text(object, "reason", entry->reason);
		if (entry->attempt && entry->attempt->message)
			json_set_text(object, "message", entry->attempt->message);
		if (entry->next)
			json_set_text(object, "next", entry->next);
		json_append(list, object);
	}
	return list;
}

static struct json_object *new_signing(struct loading *loading, const struct kernel_id *kernel)
{
	struct json_object *object = json_checked(json_object_new_object());
	cleanup(error_clear) struct error unknown = {0};
	const struct signing_trust *trust = NULL;

	if (loading_trust(loading, kernel, &trust, &unknown) < 0)
		return object;
	cleanup(free_string) char *reasons = signing_trust_reasons(trust);

	json_set_flag(object, "enforced", signing_trust_enforces(trust));
	json_set_text(object, "enforced_by", reasons);
	json_set_text(object, "certificate", trust->certificate_path);
	if (trust->certificate.name) {
		json_set_text(object, "subject", trust->certificate.name);
		json_set_text(object, "key_id", trust->certificate.key_id);
	}
	json_set_text(object, "enrolled", enrolment_name(trust->enrolment));
	return object;
}

/* The cache is root's alone: for others it is not there. */
static struct json_object *new_disk(const struct settings *settings)
{
	struct json_object *object = json_checked(json_object_new_object());
	struct cache_entries entries = {0};
	cleanup(error_clear) struct error closed = {0};
	uint64_t size = 0;

	json_set_text(object, "tree", settings->dkms_tree);
	json_set(object, "tree_bytes",
		 json_checked(json_object_new_int64((int64_t)tree_size(settings))));
	if (cache_list(settings, &entries, &closed) < 0)
		return object;
	for (size_t i = 0; i < entries.count; i++)
		size += entries.items[i].size;
	json_set(object, "cache_builds",
		 json_checked(json_object_new_int64((int64_t)entries.count)));
	json_set(object, "cache_bytes", json_checked(json_object_new_int64((int64_t)size)));
	cache_entries_free(&entries);
	return object;
}

static struct json_object *new_findings(const struct check_findings *findings)
{
	struct json_object *list = json_checked(json_object_new_array());

	for (size_t i = 0; i < findings->count; i++) {
		struct json_object *object = json_checked(json_object_new_object());

		json_set_text(object, "kind", findings->items[i].kind);
		json_set_text(object, "path", findings->items[i].path);
		json_set_text(object, "message", findings->items[i].message);
		json_append(list, object);
	}
	return list;
}

/* Kernels with a directory of their own, and those that anything is built for. */
static struct json_object *new_kernels(const struct settings *settings,
				       const struct status_list *states)
{
	cleanup(strv_free) struct strv releases = {0};
	cleanup(error_clear) struct error closed = {0};

	(void)kernel_list_installed(settings, &releases, &closed);
	for (size_t i = 0; i < states->count; i++)
		if (states->items[i].kernel.release &&
		    !strv_contains(&releases, states->items[i].kernel.release))
			strv_add(&releases, states->items[i].kernel.release);
	return json_new_list(&releases);
}

/* The drawing's text is kept only if there is a line to draw. */
static int set_graph(struct json_object *root, const struct invocation *invocation,
		     const struct status_filter *filter, struct error *error)
{
	cleanup(free_string) char *text = NULL;

	if (graph_dot(&invocation->settings, invocation->distro, filter, &text, error) < 0)
		return error->code;
	if (strstr(text, "\" -> \""))
		json_set_text(root, "graph", text);
	return 0;
}

static void set_last_run(struct json_object *root, const struct runs *runs)
{
	if (!runs->count)
		return;
	cleanup(free_string) char *text = run_print(&runs->items[0]);

	json_set(root, "last_run", json_tokener_parse(text));
}

static int fill(struct json_object *root, const struct invocation *invocation,
		struct overview *overview, struct error *error)
{
	const struct settings *settings = &invocation->settings;
	const struct status_filter filter = {.id = &invocation->id,
					     .kernels = &invocation->kernels,
					     .arches = &invocation->options->arches};
	cleanup(check_findings_free) struct check_findings findings = {0};
	cleanup(free_string) char *release = kernel_running_release();
	cleanup(free_string) char *arch = kernel_running_arch();
	const struct kernel_id running = {release, arch};

	if (overview_collect(settings, invocation->distro, &filter,
			     OVERVIEW_CLASSES | OVERVIEW_REASONS, overview, error) < 0 ||
	    check_collect(settings, invocation->distro, &filter, &findings, error) < 0)
		return error->code;
	json_set(root, "schema", json_checked(json_object_new_int(1)));
	json_set(root, "machine", new_machine(settings));
	json_set(root, "kernels", new_kernels(settings, &overview->states));
	json_set(root, "modules", status_json_entries(overview));
	json_set(root, "missing", new_missing(&overview->why));
	json_set(root, "findings", new_findings(&findings));
	json_set(root, "signing",
		 new_signing(&overview->loading, overview->loading.count
							 ? &overview->loading.items[0].kernel
							 : &running));
	json_set(root, "disk", new_disk(settings));
	set_last_run(root, &overview->runs);
	return set_graph(root, invocation, &filter, error);
}

struct json_object *report_facts(const struct invocation *invocation, struct error *error)
{
	struct json_object *root = json_checked(json_object_new_object());
	cleanup(overview_free) struct overview overview = {0};

	if (fill(root, invocation, &overview, error) == 0)
		return root;
	json_object_put(root);
	return NULL;
}

struct json_object *fact_object(struct json_object *object, const char *key)
{
	struct json_object *member = NULL;

	return object && json_object_object_get_ex(object, key, &member) ? member : NULL;
}

const char *fact_text(struct json_object *object, const char *key)
{
	struct json_object *member = fact_object(object, key);

	return member ? json_object_get_string(member) : "";
}

int64_t fact_number(struct json_object *object, const char *key)
{
	return json_object_get_int64(fact_object(object, key));
}

size_t fact_count(struct json_object *object, const char *key)
{
	struct json_object *member = fact_object(object, key);

	return member ? json_object_array_length(member) : 0;
}

struct json_object *fact_item(struct json_object *object, const char *key, size_t index)
{
	return json_object_array_get_idx(fact_object(object, key), index);
}
