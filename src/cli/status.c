/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/status.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/digest.h"
#include "base/directory.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/report.h"
#include "base/text.h"
#include "boot/notices.h"
#include "cli/actions.h"
#include "module/content.h"
#include "remote/remote.h"
#include "reuse/manifest.h"
#include "tree/layout.h"

/* The publisher of a pulled build, and the checks that it passed, as JSON. */

void pulled_json_add(const struct settings *settings, const struct module_id *id,
		     const struct kernel_id *kernel, struct json_object *object)
{
	cleanup(free_string) char *product = layout_product(settings, id, kernel);
	cleanup(pulled_free_handler) struct pulled *pulled = NULL;
	cleanup(error_clear) struct error ignored = {0};

	if (pulled_read(product, &pulled, &ignored) < 0)
		return;
	cleanup(free_string) char *host = remote_host(pulled->remote);

	json_set_text(object, "pulled_from", host);
	struct json_object *details = json_checked(json_object_new_object());

	json_set_text(details, "remote", pulled->remote);
	json_set_text(details, "tag", pulled->tag);
	json_set_text(details, "digest", pulled->digest);
	json_set_text(details, "publisher", pulled->publisher);
	json_set_text(details, "key_id", pulled->key_id);
	json_set(details, "verified", json_new_list(&pulled->verified));
	json_set(object, "pulled", details);
}

char *pulled_line(const struct settings *settings, const struct module_id *id,
		  const struct kernel_id *kernel)
{
	cleanup(free_string) char *product = layout_product(settings, id, kernel);
	cleanup(pulled_free_handler) struct pulled *pulled = NULL;
	cleanup(error_clear) struct error ignored = {0};

	if (pulled_read(product, &pulled, &ignored) < 0)
		return NULL;
	cleanup(free_string) char *host = remote_host(pulled->remote);
	cleanup(free_string) char *verified = strv_join(&pulled->verified, ", ");

	return text_format("%s/%s, %s, %s: pulled from %s, signed by \"%s\" (%s); verified: %s.",
			   id->name, id->version, kernel->release, kernel->arch, host,
			   pulled->publisher, pulled->key_id, verified);
}

/* States as the lines that other programs read. */

static void show_build(const struct status_entry *entry, struct reporter *reporter)
{
	cleanup(free_string) char *reused = entry->reused_from ? text_format(" (Reused from %s)",
									     entry->reused_from)
							       : NULL;
	cleanup(free_string) char *pulled = entry->pulled_from ? text_format(" (Pulled from %s)",
									     entry->pulled_from)
							       : NULL;

	report(reporter, REPORT_LINE, "%s/%s, %s, %s: %s%s%s%s%s%s", entry->id.name,
	       entry->id.version, entry->kernel.release, entry->kernel.arch,
	       entry->state == STATUS_INSTALLED ? "installed" : "built",
	       entry->originals ? " (Original modules exist)" : "",
	       entry->missing || entry->lacking
		       ? " (Built modules are missing in the kernel modules folder)"
		       : "",
	       entry->differs ? " (Differences between built and installed modules)" : "",
	       reused ? reused : "", pulled ? pulled : "");
}

static void status_show(const struct status_list *list, struct reporter *reporter)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct status_entry *entry = &list->items[i];
		const struct module_id *id = &entry->id;

		switch (entry->state) {
		case STATUS_ADDED:
			report(reporter, REPORT_LINE, "%s/%s: added", id->name, id->version);
			break;
		case STATUS_BROKEN:
			report(reporter, REPORT_LINE, "%s/%s: broken", id->name, id->version);
			break;
		case STATUS_WEAK:
			report(reporter, REPORT_LINE, "%s, %s, %s, %s: installed-weak from %s",
			       id->name, id->version, entry->kernel.release, entry->kernel.arch,
			       entry->weak_from);
			break;
		default:
			show_build(entry, reporter);
		}
	}
}

/* dkms status --json: what the lines say, and what they cannot. */

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

/* The signer, as far as the available certificates show it. */
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

/* Paths of the built modules, as they are now. */
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

/* All of it as one JSON object, owned by the caller. */
static char *status_json(struct overview *overview)
{
	struct json_object *root = json_checked(json_object_new_object());

	json_set(root, "schema", json_checked(json_object_new_int(1)));
	json_set(root, "modules", status_json_entries(overview));
	return json_print(root);
}

/* Such a name may come from a script; a status is asked for to see whether there is anything. */
static bool could_be_known(const struct invocation *invocation)
{
	const struct module_id *id = &invocation->id;

	return !invocation->useless_path && (!id->name || path_is_plain_name(id->name)) &&
	       (!id->version || path_is_plain_name(id->version));
}

/* Modules that hooks could not install, on stderr: scripts read stdout. */
static void tell_missing(const struct invocation *invocation)
{
	cleanup(strv_free) struct strv sentences = {0};
	const char *sentence;

	boot_notices_list(&invocation->settings, false, &sentences);
	STRV_FOREACH (sentence, &sentences)
		report_text(&invocation->ui->reporter, REPORT_WARNING, sentence);
}

static int print_json(const struct invocation *invocation, const struct status_filter *filter,
		      struct error *error)
{
	cleanup(overview_free) struct overview overview = {0};

	if (overview_collect(&invocation->settings, invocation->distro, filter, OVERVIEW_CLASSES,
			     &overview, error) < 0)
		return error->code;
	cleanup(free_string) char *text = status_json(&overview);

	report_text(&invocation->ui->reporter, REPORT_OUTPUT, text);
	return 0;
}

int action_status(struct invocation *invocation, int *ret_status, struct error *error)
{
	cleanup(status_list_free) struct status_list list = {0};
	const struct status_filter filter = {
		.id = &invocation->id,
		.kernels = &invocation->kernels,
		.arches = &invocation->options->arches,
	};

	*ret_status = 0;
	if (!could_be_known(invocation))
		return 0;
	if (invocation->options->json)
		return print_json(invocation, &filter, error);
	if (status_collect(&invocation->settings, invocation->distro, &filter, &list, error) < 0)
		return error->code;
	/* Programs take no output for an answer, people do not. */
	if (!list.count && invocation->ui->is_terminal)
		report_text(&invocation->ui->reporter, REPORT_LINE,
			    invocation->id.name || filter.kernels->count
				    ? "Nothing of that is registered."
				    : "No module is registered. `dkms add` registers one.");
	invocation->ui->held = true;
	status_show(&list, &invocation->ui->reporter);
	invocation->ui->held = false;
	text_ui_flush(invocation->ui);
	status_warn_of_broken(&invocation->settings, &list, &filter, &invocation->ui->reporter);
	status_warn_of_failed(&invocation->settings, &list, &filter, &invocation->ui->reporter);
	tell_missing(invocation);
	return 0;
}
