/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dkms remote: what other places have, whether they answer, and whether that can be believed. */
#include <errno.h>
#include <stdlib.h>

#include "base/directory.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/strv.h"
#include "base/staging.h"
#include "base/temporary.h"
#include "base/text.h"
#include "cli/actions.h"
#include "cli/invocation.h"
#include "remote/remote.h"
#include "tree/registry.h"
#include "trust/trust.h"

/* One build in one place, under all its tags. */
struct found_build {
	const char *place;                /* borrowed */
	char *module;                     /* that was asked for */
	const struct remote_entry *about; /* borrowed, of its first tag */
	struct strv tags;
};

struct found_builds {
	struct found_build *items;
	size_t count;
	struct remote_entries *lists; /* that own what is borrowed */
	size_t list_count;
};

struct remote_call {
	struct invocation *invocation;
	struct remote_session *session;
	struct strv places;
	struct json_object *list; /* with --json; NULL: without */
	int status;               /* to end with */
};

static struct reporter *reporter_of(const struct remote_call *call)
{
	return &call->invocation->ui->reporter;
}

/* Reports an error that does not end the run, and remembers its status. */
static void note_failure(struct remote_call *call, struct error *failure)
{
	report_text(reporter_of(call), REPORT_ERROR, failure->message);
	call->status = error_graver_status(call->status, error_exit_status(failure));
	error_clear(failure);
}

static void found_builds_free(struct found_builds *builds)
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

/* "hello/1.0, 6.1.0-57-amd64, x86_64", owned by the caller. */
static char *found_build_name(const struct found_build *build)
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

/* Its object for --json. The caller may add members. */
static struct json_object *found_build_json(const struct found_build *build)
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

/* False for another version or kernel than the command line names. */
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

			note_failure(call, &failure);
			if (is_over)
				return;
			continue;
		}
		*ARRAY_ADD(builds->lists, builds->list_count) = entries;
		add_entries(call, place, module, builds, &entries);
	}
}

/*
 * Finds the places' builds of the modules that the command line names, or else of all that are
 * registered. A place that does not answer is an error that is reported; the others are asked.
 * EXIT_NOT_PUBLISHED where there is nothing.
 */
static int find_builds(struct remote_call *call, struct found_builds *builds, struct error *error)
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
		note_failure(call, &failure);
	}
}

static int list(struct remote_call *call, struct error *error)
{
	cleanup(found_builds_free) struct found_builds builds = {0};

	if (find_builds(call, &builds, error) < 0)
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
			note_failure(call, &failure);
		if (call->list)
			json_append(call->list, object);
		else
			(void)json_object_put(object);
	}
	return 0;
}

/* How many releases of the module in the same place are newer. */
static int newer_releases(const struct found_builds *builds, const struct found_build *build)
{
	cleanup(strv_free) struct strv newer = {0};

	for (size_t i = 0; i < builds->count; i++) {
		const struct found_build *other = &builds->items[i];
		const char *release = other->about->kernel;

		if (other->place == build->place && release &&
		    text_equal(other->module, build->module) &&
		    version_compare(release, build->about->kernel) > 0 &&
		    !strv_contains(&newer, release))
			strv_add(&newer, release);
	}
	return (int)newer.count;
}

static void remove_one(struct remote_call *call, const struct found_build *build)
{
	struct reporter *reporter = &call->invocation->ui->reporter;
	bool dry_run = call->invocation->options->dry_run;
	cleanup(free_string) char *name = found_build_name(build);
	struct error failure = {0};

	if (!dry_run && remote_remove(call->session, build->place, build->module,
				      build->about->digest, &build->tags, &failure) < 0) {
		note_failure(call, &failure);
		return;
	}
	if (call->list)
		json_append(call->list, found_build_json(build));
	else
		report(reporter, REPORT_LINE, dry_run ? "remove %s from %s" : "Removed %s from %s.",
		       name, build->place);
}

/*
 * Takes builds for old kernels out of a place. The files of blobs stay: a registry's own garbage
 * collection knows who still uses them.
 */
static int prune(struct remote_call *call, struct error *error)
{
	cleanup(found_builds_free) struct found_builds builds = {0};
	int keep = call->invocation->options->keep_kernels;

	if (keep < 1)
		return error_set(error, -EINVAL, EXIT_USAGE,
				 "How many kernels are to stay? Say so with --keep-kernels N.");
	if (find_builds(call, &builds, error) < 0)
		return error->code;
	for (size_t i = 0; i < builds.count; i++)
		if (builds.items[i].about->kernel && builds.items[i].about->digest &&
		    newer_releases(&builds, &builds.items[i]) >= keep)
			remove_one(call, &builds.items[i]);
	return 0;
}

struct belief {
	const struct trust *trust;
	const struct found_build *build;
	struct publisher publisher;
};

static int believe(void *context, const char *config, const char *signature, struct error *error)
{
	struct belief *belief = context;
	const struct trust_question question = {
		.module = belief->build->module,
		.remote = belief->build->place,
		.config = config,
		.signature = signature,
	};

	return trust_verify(belief->trust, &question, &belief->publisher, error);
}

static int fetch(const struct remote_call *call, struct belief *belief, const char *directory,
		 struct error *error)
{
	cleanup(remote_build_free) struct remote_build build = {0};
	const struct remote_request request = {
		.base = belief->build->place,
		.module = belief->build->module,
		.tag = belief->build->about->digest,
		.directory = directory,
		.believe = believe,
		.context = belief,
	};

	return remote_fetch(call->session, &request, &build, error);
}

static void tell(struct remote_call *call, const struct belief *belief, struct error *failure)
{
	const struct publisher *publisher = &belief->publisher;
	cleanup(free_string) char *name = found_build_name(belief->build);

	if (call->list) {
		struct json_object *object = found_build_json(belief->build);

		json_set_flag(object, "verified", !failure->code);
		if (failure->code)
			json_set_text(object, "reason", failure->message);
		if (publisher->key_id)
			json_set_text(object, "signed_by", publisher->key_id);
		json_append(call->list, object);
	} else if (!failure->code) {
		report(&call->invocation->ui->reporter, REPORT_LINE,
		       "%s: verified, signed by %s (%s), in %s", name, publisher->name,
		       publisher->file, belief->build->place);
	}
	if (publisher->warning)
		report_text(&call->invocation->ui->reporter, REPORT_WARNING, publisher->warning);
	if (!failure->code)
		return;
	(void)error_wrap(failure, "%s", name);
	note_failure(call, failure);
}

static int verify_one(struct remote_call *call, const struct trust *trust,
		      const struct found_build *build, const char *parent, struct error *error)
{
	struct belief belief = {.trust = trust, .build = build};
	cleanup(free_string) char *directory = NULL;
	struct error failure = {0};

	if (temporary_directory(parent, "fetch", &directory, error) < 0)
		return error->code;
	if (build->about->trouble)
		(void)error_set(&failure, -EBADMSG, EXIT_NOT_TRUSTED, "%s: %s: %s", build->place,
				build->tags.items[0], build->about->trouble);
	else
		(void)fetch(call, &belief, directory, &failure);
	if (failure.exit_status > 128)
		(void)error_move(error, &failure);
	else
		tell(call, &belief, &failure);
	publisher_free(&belief.publisher);
	(void)directory_remove(directory, error);
	return error->code;
}

/* Gets what a place has, as an install would, and keeps nothing of it. */
static int verify(struct remote_call *call, struct error *error)
{
	const struct settings *settings = &call->invocation->settings;
	cleanup(found_builds_free) struct found_builds builds = {0};
	cleanup(trust_free_handler) struct trust *trust = NULL;
	cleanup(staging_close) struct staging staging = {.lock = -1};

	if (trust_load(settings, &call->invocation->ui->reporter, &trust, error) < 0 ||
	    find_builds(call, &builds, error) < 0 ||
	    staging_open(settings->temporary, "package", &staging, error) < 0)
		return error->code;
	for (size_t i = 0; i < builds.count; i++)
		if (verify_one(call, trust, &builds.items[i], staging.path, error) < 0)
			return error->code;
	return 0;
}

static const struct {
	const char *word;
	int (*run)(struct remote_call *call, struct error *error);
	const char *key; /* of the array, with --json */
} parts[] = {
	{"list", list, "builds"},
	{"check", check, "places"},
	{"verify", verify, "builds"},
	{"prune", prune, "removed"},
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
