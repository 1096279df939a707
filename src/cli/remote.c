/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dkms remote: what other places have, whether they answer, and whether that can be believed. */
#include "cli/remote.h"

#include <errno.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/text.h"
#include "cli/actions.h"
#include "tree/registry.h"

static struct reporter *reporter_of(const struct remote_call *call)
{
	return &call->invocation->ui->reporter;
}

void remote_call_failed(struct remote_call *call, struct error *failure)
{
	report_text(reporter_of(call), REPORT_ERROR, failure->message);
	call->status = error_graver_status(call->status, error_exit_status(failure));
	error_clear(failure);
}

void found_builds_free(struct found_builds *builds)
{
	for (size_t i = 0; i < builds->count; i++) {
		free(builds->items[i].module);
		strv_free(&builds->items[i].tags);
	}
	for (size_t i = 0; i < builds->list_count; i++)
		remote_entries_free(&builds->lists[i]);
	free(builds->items);
	free(builds->lists);
	*builds = (struct found_builds){0};
}

static const char *or_unknown(const char *text)
{
	return text ? text : "unknown";
}

char *found_build_name(const struct found_build *build)
{
	const struct remote_entry *about = build->about;

	return text_format("%s/%s, %s, %s", or_unknown(about->module), or_unknown(about->version),
			   or_unknown(about->kernel), or_unknown(about->arch));
}

static void set_if_there(struct json_object *object, const char *key, const char *text)
{
	if (text)
		json_set_text(object, key, text);
}

struct json_object *found_build_json(const struct found_build *build)
{
	struct json_object *object = json_checked(json_object_new_object());
	const struct remote_entry *about = build->about;

	json_set_text(object, "place", build->place);
	set_if_there(object, "module", about->module);
	set_if_there(object, "version", about->version);
	set_if_there(object, "kernel", about->kernel);
	set_if_there(object, "arch", about->arch);
	set_if_there(object, "created", about->created);
	set_if_there(object, "publisher", about->publisher);
	set_if_there(object, "digest", about->digest);
	set_if_there(object, "trouble", about->trouble);
	json_set(object, "tags", json_new_list(&build->tags));
	json_set(object, "bytes", json_checked(json_object_new_int64((int64_t)about->bytes)));
	return object;
}

static struct found_build *find_same(const struct found_builds *builds, size_t first,
				     const struct remote_entry *entry)
{
	for (size_t i = first; i < builds->count; i++)
		if (entry->digest && text_equal(builds->items[i].about->digest, entry->digest))
			return &builds->items[i];
	return NULL;
}

/* Those of a version or of kernels that were not asked for stay out. */
static bool is_wanted(const struct remote_call *call, const struct remote_entry *entry)
{
	const struct invocation *invocation = call->invocation;
	const char *version = invocation->id.version;
	const struct kernel_ids *kernels = &invocation->kernels;

	if (entry->trouble)
		return true;
	if (version && !text_equal(version, entry->version))
		return false;
	for (size_t i = 0; i < kernels->count; i++)
		if (text_equal(kernels->items[i].release, entry->kernel) &&
		    text_equal(kernels->items[i].arch, entry->arch))
			return true;
	return !kernels->count;
}

static void add_entries(const struct remote_call *call, const char *place, const char *module,
			struct found_builds *builds, const struct remote_entries *entries)
{
	size_t first = builds->count;

	for (size_t i = 0; i < entries->count; i++) {
		const struct remote_entry *entry = &entries->items[i];
		struct found_build *build = find_same(builds, first, entry);

		if (!is_wanted(call, entry))
			continue;
		if (!build) {
			build = ARRAY_ADD(builds->items, builds->count);
			*build = (struct found_build){
				.place = place, .module = xstrdup(module), .about = entry};
		}
		strv_add(&build->tags, entry->tag);
	}
}

static void ask_place(struct remote_call *call, const char *place, const struct strv *modules,
		      struct found_builds *builds)
{
	const char *module;

	STRV_FOREACH (module, modules) {
		struct remote_entries entries = {0};
		struct error failure = {0};

		if (remote_list(call->session, place, module, &entries, &failure) < 0) {
			bool is_over = failure.code == -EHOSTUNREACH;

			remote_call_failed(call, &failure);
			if (is_over)
				return;
			continue;
		}
		*ARRAY_ADD(builds->lists, builds->list_count) = entries;
		add_entries(call, place, module, builds, &entries);
	}
}

int remote_call_find(struct remote_call *call, struct found_builds *builds, struct error *error)
{
	const struct invocation *invocation = call->invocation;
	cleanup(strv_free) struct strv modules = {0};
	const char *place;

	if (invocation->id.name)
		strv_add(&modules, invocation->id.name);
	else if (registry_list_modules(&invocation->settings, &modules, error) < 0)
		return error->code;
	STRV_FOREACH (place, &call->places)
		ask_place(call, place, &modules, builds);
	if (builds->count || call->status)
		return 0;
	return error_set(error, -ENOENT, EXIT_NOT_PUBLISHED, "No remote has a build of %s%s%s.",
			 invocation->id.name ? invocation->id.name : "a registered module",
			 invocation->id.version ? "/" : "",
			 invocation->id.version ? invocation->id.version : "");
}

static void show(struct remote_call *call, const struct found_build *build)
{
	const struct remote_entry *about = build->about;
	cleanup(free_string) char *name = found_build_name(build);
	cleanup(free_string) char *size = text_size(about->bytes);

	if (call->list)
		json_append(call->list, found_build_json(build));
	else if (!about->trouble)
		report(reporter_of(call), REPORT_LINE, "%s: %s, published by %s in %s", name, size,
		       or_unknown(about->publisher), build->place);
	if (about->trouble) {
		struct error failure = {0};

		(void)error_set(&failure, -EBADMSG, EXIT_NOT_TRUSTED, "%s: %s: %s", build->place,
				build->tags.items[0], about->trouble);
		remote_call_failed(call, &failure);
	}
}

static int list(struct remote_call *call, struct error *error)
{
	cleanup(found_builds_free) struct found_builds builds = {0};

	if (remote_call_find(call, &builds, error) < 0)
		return error->code;
	for (size_t i = 0; i < builds.count; i++)
		show(call, &builds.items[i]);
	return 0;
}

static int check(struct remote_call *call, struct error *error)
{
	const char *place;

	(void)error;
	STRV_FOREACH (place, &call->places) {
		struct json_object *object = json_checked(json_object_new_object());
		struct error failure = {0};
		bool answers = remote_ping(call->session, place, &failure) == 0;

		json_set_text(object, "place", place);
		json_set_flag(object, "answers", answers);
		if (!answers)
			json_set_text(object, "reason", failure.message);
		if (answers && !call->list)
			report(reporter_of(call), REPORT_LINE, "%s answers.", place);
		if (!answers)
			remote_call_failed(call, &failure);
		if (call->list)
			json_append(call->list, object);
		else
			(void)json_object_put(object);
	}
	return 0;
}

static const struct {
	const char *word;
	int (*run)(struct remote_call *call, struct error *error);
	const char *key; /* of the array, with --json */
} parts[] = {
	{"list", list, "builds"},
	{"check", check, "places"},
	{"verify", remote_verify, "builds"},
	{"prune", remote_prune, "removed"},
};

static void list_places(struct remote_call *call)
{
	const struct settings *settings = &call->invocation->settings;

	if (settings->remotes.count)
		strv_add_all(&call->places, &settings->remotes);
	else
		strv_split(&call->places, settings->policy.remote.text, " \t\n");
}

static int run(struct remote_call *call, size_t part, struct error *error)
{
	const struct options *options = call->invocation->options;

	list_places(call);
	if (!call->places.count)
		return error_set(error, -EINVAL, EXIT_USAGE,
				 "No remote is named. Name one with --remote PLACE, or set remote "
				 "in framework.conf.");
	if (options->json)
		call->list = json_checked(json_object_new_array());
	int code = parts[part].run(call, error);

	if (call->list && code == 0) {
		struct json_object *root = json_checked(json_object_new_object());

		json_set(root, "schema", json_checked(json_object_new_int(1)));
		json_set(root, parts[part].key, call->list);
		cleanup(free_string) char *text = json_print(root);

		report_text(reporter_of(call), REPORT_OUTPUT, text);
	} else {
		(void)json_object_put(call->list);
	}
	return code;
}

int action_remote(struct invocation *invocation, int *ret_status, struct error *error)
{
	const char *word = invocation->part ? invocation->part : "list";
	struct remote_call call = {.invocation = invocation};
	size_t part = 0, count = sizeof(parts) / sizeof(*parts);

	while (part < count && !text_equal(parts[part].word, word))
		part++;
	if (part == count)
		return error_set(error, -EINVAL, EXIT_NOT_FOUND,
				 "Unknown: dkms remote %s\n"
				 "There are: dkms remote list, check, verify and prune.",
				 word);
	call.session = remote_session_new(&invocation->settings, reporter_of(&call));
	int code = run(&call, part, error);

	remote_session_free(call.session);
	strv_free(&call.places);
	*ret_status = call.status;
	return code;
}
