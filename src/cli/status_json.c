/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dkms status --json: what the lines say, and what they cannot. */
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/directory.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/text.h"
#include "cli/pulled_json.h"
#include "cli/status_text.h"
#include "module/content.h"
#include "tree/layout.h"

static void set_optional(struct json_object *object, const char *key, const char *text)
{
	if (text)
		json_set_text(object, key, text);
}

/* The path, and as far as the file can be read its size and digest. */
static struct json_object *new_file(const char *path)
{
	struct json_object *object = json_checked(json_object_new_object());
	cleanup(error_clear) struct error unreadable = {0};
	cleanup(free_string) char *digest = NULL;
	cleanup(close_fd) int fd = -1;
	struct stat info;

	json_set_text(object, "path", path);
	if (module_open(path, &fd, &unreadable) < 0 || fstat(fd, &info) < 0)
		return object;
	json_set(object, "bytes", json_checked(json_object_new_int64(info.st_size)));
	if (info.st_size <= (off_t)MODULE_SIZE_MAX && digest_of_descriptor(fd, &digest) == 0)
		json_set_text(object, "sha256", digest);
	return object;
}

/* By whom it is signed, as far as the certificates that are at hand can tell. */
static void set_signature(struct json_object *object, const struct file_signature *signature,
			  const struct signing_trust *trust)
{
	json_set_text(object, "signature", signature_verdict_name(signature->verdict));
	switch (signature->by) {
	case SIGNED_BY_US:
		json_set_text(object, "signed_by", "this-machine");
		set_optional(object, "signer", trust->certificate.name);
		break;
	case SIGNED_BY_ENROLLED:
		json_set_text(object, "signed_by", "enrolled");
		break;
	case SIGNED_BY_UNKNOWN:
		json_set_text(object, "signed_by", "unknown");
		break;
	case SIGNED_BY_NOBODY:
		json_set_text(object, "signed_by", trust->blind ? "not-examined" : "nobody");
		break;
	}
}

/* Paths of what was built, as it is now. */
static void list_built(const struct settings *settings, const struct status_entry *entry,
		       struct strv *paths)
{
	cleanup(free_string) char *directory = layout_product_modules(settings, &entry->id,
								      &entry->kernel);
	cleanup(strv_free) struct strv names = {0};
	const char *name;

	directory_list_if_possible(directory, &names);
	STRV_FOREACH (name, &names) {
		cleanup(free_string) char *path = path_join(directory, name, NULL);

		strv_add(paths, path);
	}
}

static void set_built(struct json_object *object, struct overview *overview,
		      const struct status_entry *entry)
{
	const struct settings *settings = overview->loading.settings;
	struct json_object *files = json_checked(json_object_new_array());
	cleanup(strv_free) struct strv paths = {0};
	cleanup(error_clear) struct error unknown = {0};
	const struct signing_trust *trust = NULL;

	list_built(settings, entry, &paths);
	cleanup(free_string) struct file_signature *signatures = xcalloc(paths.count,
									 sizeof(*signatures));

	if (loading_trust(&overview->loading, &entry->kernel, &trust, &unknown) == 0)
		signatures_of_files(trust, &paths, signatures);
	for (size_t i = 0; i < paths.count; i++) {
		struct json_object *file;

		if (!strstr(paths.items[i], ".ko"))
			continue;
		file = new_file(paths.items[i]);
		if (trust)
			set_signature(file, &signatures[i], trust);
		json_append(files, file);
	}
	json_set(object, "built_files", json_new_list(&paths));
	json_set(object, "files", files);
}

static const char *const answers[] = {
	[VERDICT_LOADS] = "will-load",
	[VERDICT_UNKNOWN] = "unknown",
	[VERDICT_REFUSED] = "will-not-load",
};

static struct json_object *new_installed(const struct loading_report *report)
{
	struct json_object *file = new_file(report->path);
	cleanup(free_string) char *next = loading_next_step(report);

	json_set_text(file, "verdict", answers[report->verdict->answer]);
	set_optional(file, "reason", report->verdict->reason);
	set_optional(file, "next", next);
	return file;
}

static void set_installed(struct json_object *object, const struct loading *loading,
			  const struct status_entry *entry)
{
	struct json_object *files = json_checked(json_object_new_array());
	const struct criticality *gravest = NULL;

	for (size_t i = 0; i < loading->count; i++) {
		const struct loading_report *report = &loading->items[i];

		if (!module_id_equal(&report->id, &entry->id) ||
		    !kernel_id_equal(&report->kernel, &entry->kernel))
			continue;
		json_append(files, new_installed(report));
		if (!gravest || report->criticality.class > gravest->class)
			gravest = &report->criticality;
	}
	json_set(object, "installed_files", files);
	if (!gravest)
		return;
	json_set_text(object, "class", module_class_word(gravest->class));
	set_optional(object, "class_reason", gravest->reason);
}

static void set_failure(struct json_object *object, const struct overview *overview,
			const struct status_entry *entry)
{
	const struct run *run = NULL;
	const struct run_job *job = overview_failure(overview, entry, &run);
	struct json_object *failure;

	if (!job)
		return;
	failure = json_checked(json_object_new_object());
	json_set(failure, "when", json_checked(json_object_new_int64(run->when)));
	json_set_text(failure, "kind", job->kind);
	set_optional(failure, "kernel", job->kernel.release);
	json_set(failure, "exit_status", json_checked(json_object_new_int(job->exit_status)));
	set_optional(failure, "message", job->message);
	json_set(object, "last_failure", failure);
}

static void set_build(struct json_object *object, struct overview *overview,
		      const struct status_entry *entry)
{
	json_set_text(object, "kernel", entry->kernel.release);
	json_set_text(object, "arch", entry->kernel.arch);
	set_optional(object, "weak_from", entry->weak_from);
	set_optional(object, "reused_from", entry->reused_from);
	if (entry->pulled_from)
		pulled_json_add(overview->loading.settings, &entry->id, &entry->kernel, object);
	json_set_text(object, "origin",
		      entry->pulled_from                       ? "pulled"
		      : entry->reused_from || entry->weak_from ? "reused"
							       : "built");
	json_set_flag(object, "original_modules", entry->originals);
	json_set_flag(object, "files_missing", entry->missing || entry->lacking);
	json_set_flag(object, "files_differ", entry->differs);
	set_built(object, overview, entry);
	if (entry->state == STATUS_INSTALLED)
		set_installed(object, &overview->loading, entry);
}

struct json_object *status_json_entries(struct overview *overview)
{
	struct json_object *list = json_checked(json_object_new_array());

	for (size_t i = 0; i < overview->states.count; i++) {
		const struct status_entry *entry = &overview->states.items[i];
		struct json_object *object = json_checked(json_object_new_object());
		cleanup(free_string) char *link = layout_source_link(overview->loading.settings,
								     &entry->id);
		cleanup(free_string) char *source = realpath(link, NULL);

		json_set_text(object, "module", entry->id.name);
		json_set_text(object, "version", entry->id.version);
		json_set_text(object, "state", status_state_name(entry->state));
		set_optional(object, "source", source);
		if (entry->kernel.release)
			set_build(object, overview, entry);
		set_failure(object, overview, entry);
		json_append(list, object);
	}
	return list;
}

char *status_json(struct overview *overview)
{
	struct json_object *root = json_checked(json_object_new_object());

	json_set(root, "schema", json_checked(json_object_new_int(1)));
	json_set(root, "modules", status_json_entries(overview));
	return json_print(root);
}
