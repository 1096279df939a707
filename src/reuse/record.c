/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "reuse/record.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/directory.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/text.h"
#include "fingerprint/offers.h"
#include "fingerprint/trace.h"
#include "kernel/kernel.h"
#include "tree/layout.h"
#include "tree/registry.h"

struct build_record {
	struct record_request request;
	struct digest_memo memo;
	struct headers *headers;
	struct snapshot snapshot;
	struct manifest *manifest;
	struct strv products;
	struct strmap own_exports; /* symbols that one of the package's modules exports */
	struct strmap wanted; /* symbol → its CRC as text, owned; "weak" if it may be missing */
};

static void set_unfit(struct build_record *record, char *owned_reason)
{
	if (record->manifest->unfit)
		free(owned_reason);
	else
		record->manifest->unfit = owned_reason;
}

int record_open(const struct record_request *request, struct build_record **ret_record,
		struct error *error)
{
	cleanup(record_close_handler) struct build_record *record = NEW(struct build_record);
	const struct kernel_id *kernel = &request->kernel->id;

	record->request = *request;
	if (request->digests)
		memo_join(&record->memo, request->digests);
	record->headers = headers_open(request->kernel, &record->memo);
	record->manifest = NEW(struct manifest);
	record->manifest->id = module_id_new(request->id->name, request->id->version);
	record->manifest->kernel = kernel_id_new(kernel->release, kernel->arch);
	record->manifest->kernel_build = kernel_headers_identity(request->kernel->source_directory);
	if (build_inputs_read(request->settings, request->id, request->package, record->headers,
			      &record->manifest->inputs, error) < 0 ||
	    snapshot_take(request->build, &record->snapshot, error) < 0)
		return error->code;
	if (request->package->post_build)
		set_unfit(record, text_format("POST_BUILD runs %s", request->package->post_build));
	if (request->package->policy.build_network)
		set_unfit(record, xstrdup("its build may use the network"));
	*ret_record = TAKE(record);
	return 0;
}

void record_close(struct build_record *record)
{
	if (record->headers)
		headers_free(record->headers);
	memo_free(&record->memo);
	snapshot_free(&record->snapshot);
	if (record->manifest)
		manifest_free(record->manifest);
	strv_free(&record->products);
	strmap_free(&record->own_exports, NULL);
	strmap_free(&record->wanted, free);
	free(record);
}

static bool is_vermagic_of(const char *vermagic, const char *release)
{
	size_t length = strlen(release);

	return vermagic && strncmp(vermagic, release, length) == 0 && vermagic[length] == ' ';
}

static void want(struct build_record *record, const char *symbol, bool has_crc, uint32_t crc,
		 bool weak)
{
	char *text = has_crc ? text_format("0x%08x ", crc) : xstrdup(weak ? "weak" : "");

	free(strmap_set(&record->wanted, symbol, text));
}

static void take_symbols(struct build_record *record, const struct module_symbols *symbols)
{
	for (size_t i = 0; i < symbols->import_count; i++) {
		const struct module_import *import = &symbols->imports[i];

		want(record, import->name, import->has_crc, import->crc, import->weak);
	}
	for (size_t i = 0; i < symbols->export_count; i++)
		(void)strmap_set(&record->own_exports, symbols->exports[i].name, record);
	want(record, "module_layout", symbols->has_layout_crc, symbols->layout_crc, false);
}

int record_module(struct build_record *record, const struct built_module *module, const char *path,
		  const struct examined_module *examined, struct error *error)
{
	const char *release = record->request.kernel->id.release;
	const struct module_symbols *symbols = &examined->symbols;
	cleanup(free_string) char *name = text_format("%s.ko", module->dest_name);
	char *digest = NULL;

	if (digest_of_file(path, &digest, error) < 0)
		return error->code;
	if (examined->section)
		set_unfit(record, text_format("%s has the kernel's name in its section %s", name,
					      examined->section));
	if (!is_vermagic_of(symbols->vermagic, release))
		set_unfit(record, text_format("%s was not made for kernel %s", name, release));
	take_symbols(record, symbols);
	strv_add_format(&record->products, "%s%s", module->built_location, module->built_name);
	text_assign(&manifest_add_module(record->manifest, TAKE(name), digest,
					 xstrdup(symbols->vermagic ? symbols->vermagic : ""))
			     ->location,
		    module->dest_location);
	return 0;
}

/* Looks up what a symbol is that modules import, and finds it to be what they were told. */
static void resolve(struct build_record *record, const struct exports *exports, const char *symbol,
		    const char *wanted)
{
	struct strmap *imports = &record->manifest->imports;
	cleanup(free_string) char *found = exports_describe(exports, symbol);

	if (strmap_get(&record->own_exports, symbol))
		return;
	if (!found && text_equal(wanted, "weak"))
		found = xstrdup(MANIFEST_NO_EXPORT);
	else if (!found || !*wanted || !text_starts_with(found, wanted))
		set_unfit(record, text_format("it is not known whose %s it uses", symbol));
	if (found)
		free(strmap_set(imports, symbol, TAKE(found)));
}

static void resolve_imports(struct build_record *record)
{
	const struct record_request *request = &record->request;
	struct exports exports = {0};
	cleanup(error_clear) struct error error = {0};

	if (exports_open(request->settings, record->headers, &request->package->build_depends,
			 &exports, &error) < 0) {
		set_unfit(record, xstrdup(error.message));
		return;
	}
	STRMAP_FOREACH (symbol, &record->wanted)
		resolve(record, &exports, symbol->key, symbol->value);
	exports_close(&exports);
}

static int take_trace(struct build_record *record, struct error *error)
{
	struct manifest *manifest = record->manifest;
	const struct trace_request request = {
		.build = record->request.build,
		.shown_build = record->request.shown_build,
		.id = record->request.owner,
		.snapshot = &record->snapshot,
		.headers = record->headers,
		.products = &record->products,
	};
	struct build_trace trace = {0};

	if (build_trace_read(&request, &trace, error) < 0)
		return error->code;
	if (trace.unfit)
		set_unfit(record, TAKE(trace.unfit));
	if (!manifest->inputs.probing)
		manifest->inputs.probing = TAKE(trace.probing);
	manifest->headers = trace.headers;
	trace.headers = (struct strmap){0};
	shadow_note(record->headers, &manifest->headers);
	build_trace_free(&trace);
	return 0;
}

static int take_digests(struct build_record *record, struct error *error)
{
	struct manifest *manifest = record->manifest;
	const char *digest;

	if (headers_configuration(record->headers, &digest, error) < 0)
		return error->code;
	manifest->configuration = xstrdup(digest);
	if (headers_machinery(record->headers, &digest, error) < 0)
		return error->code;
	manifest->machinery = xstrdup(digest);
	if (!manifest->inputs.probing)
		return 0;
	if (headers_whole(record->headers, &digest, error) < 0)
		return error->code;
	manifest->whole = xstrdup(digest);
	return 0;
}

int record_finish(struct build_record *record, const char *symvers, struct manifest **ret_manifest,
		  struct error *error)
{
	struct manifest *manifest = record->manifest;

	if (symvers && digest_of_file(symvers, &manifest->symvers, error) < 0)
		return error->code;
	resolve_imports(record);
	if (take_trace(record, error) < 0)
		return error->code;
	/* Nobody will compare what nobody can use: it need not be worked out. */
	if (!manifest->unfit && take_digests(record, error) < 0)
		return error->code;
	*ret_manifest = TAKE(record->manifest);
	return 0;
}

enum { RECORD_LIMIT = 4096 };

/* Any change of a file or of a directory's entries shows in its times. */
static void add_state(struct digest *digest, const char *path)
{
	struct stat status;
	cleanup(free_string) char *state = stat(path, &status) < 0
						   ? NULL
						   : text_format("%ju %jd %jd.%09ld",
								 (uintmax_t)status.st_ino,
								 (intmax_t)status.st_size,
								 (intmax_t)status.st_mtim.tv_sec,
								 status.st_mtim.tv_nsec);

	digest_add_text(digest, path);
	digest_add_text(digest, state);
}

static void add_headers(struct digest *digest, const struct headers *headers)
{
	static const char *const places[] = {"",
					     "Makefile",
					     "Module.symvers",
					     "include",
					     "include/config",
					     "include/config/auto.conf",
					     "include/generated",
					     "include/generated/autoconf.h",
					     "include/generated/utsrelease.h",
					     "include/linux",
					     "scripts"};

	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
		cleanup(free_string) char *object = path_join(headers->real_object_tree, places[i],
							      NULL);
		cleanup(free_string) char *source = path_join(headers->real_source_tree, places[i],
							      NULL);

		add_state(digest, object);
		add_state(digest, source);
	}
}

/* A program that is mended in its place changes nothing of its directory. */
static void add_directory(struct digest *digest, const char *directory)
{
	cleanup(strv_free) struct strv names = {0};
	const char *name;

	directory_list_if_possible(directory, &names);
	add_state(digest, directory);
	STRV_FOREACH (name, &names) {
		cleanup(free_string) char *path = path_join(directory, name, NULL);

		add_state(digest, path);
	}
}

/* Digests the package manager's last change, and the directories of PATH. */
static char *digest_programs(const struct settings *settings)
{
	struct digest *digest = digest_new();
	static const char *const databases[] = {"/var/lib/dpkg/status", "/var/lib/rpm",
						"/usr/lib/sysimage/rpm", "/var/lib/pacman/local",
						"/lib/apk/db/installed"};
	cleanup(strv_free) struct strv directories = {0};
	const char *path = getenv("PATH");
	const char *directory;

	for (size_t i = 0; i < sizeof(databases) / sizeof(*databases); i++) {
		cleanup(free_string) char *database = settings_path(settings, databases[i]);

		add_state(digest, database);
	}
	strv_split(&directories, path ? path : "", ":");
	strv_sort(&directories);
	STRV_FOREACH (directory, &directories)
		add_directory(digest, directory);
	return digest_finish(digest);
}

static void add_dependencies(struct digest *digest, const struct reuse_request *request)
{
	const char *name;

	STRV_FOREACH (name, &request->package->build_depends) {
		cleanup(free_string) char *version = registry_active_version(
			request->settings, name, &request->kernel->id);
		const struct module_id id = {(char *)name, version ? version : (char *)""};
		cleanup(free_string) char *modules = layout_product_modules(request->settings, &id,
									    &request->kernel->id);

		digest_add_text(digest, version);
		add_state(digest, modules);
	}
}

static int digest_facts(const struct reuse_request *request, char **ret_digest, struct error *error)
{
	const struct policy *policy = &request->package->policy;
	cleanup(headers_free_handler) struct headers *headers = headers_open(
		request->kernel, &request->context->memo);
	cleanup(build_inputs_free) struct build_inputs inputs = {0};
	const char *configuration, *machinery;

	if (build_inputs_read(request->settings, request->id, request->package, headers, &inputs,
			      error) < 0 ||
	    headers_configuration(headers, &configuration, error) < 0 ||
	    headers_machinery(headers, &machinery, error) < 0)
		return error->code;
	cleanup(free_string) char *key = build_inputs_key(&inputs, request->kernel->id.arch);
	cleanup(free_string) char *trust = text_format("%d %d", (int)policy->build_sandbox,
						       policy->build_network);
	struct digest *digest = digest_new();

	digest_add_text(digest, key);
	digest_add_text(digest, trust);
	digest_add_text(digest, configuration);
	digest_add_text(digest, machinery);
	add_headers(digest, headers);
	if (!request->context->programs)
		request->context->programs = digest_programs(request->settings);
	digest_add_text(digest, request->context->programs);
	add_dependencies(digest, request);
	*ret_digest = digest_finish(digest);
	return 0;
}

int failed_remember(const struct reuse_request *request, int status, const char *log,
		    struct error *error)
{
	cleanup(free_string) char *record = layout_failed(request->settings, request->id,
							  &request->kernel->id, "");
	cleanup(free_string) char *kept_log = layout_failed(request->settings, request->id,
							    &request->kernel->id, ".log");
	cleanup(free_string) char *directory = path_parent(record);
	cleanup(free_string) char *digest = NULL;

	if (digest_facts(request, &digest, error) < 0 ||
	    file_make_directories(directory, error) < 0 || file_unlink(kept_log, error) < 0)
		return error->code;
	/* The same file: nothing is kept twice. */
	if (link(log, kept_log) < 0 && file_copy(log, kept_log, error) < 0)
		return error->code;
	cleanup(free_string) char *text = text_format("1\n%s\n%d\n", digest, status);

	return file_write(record, text, strlen(text), 0644, error);
}

/* The digest and the status of a record; false for what is damaged or of another format. */
static bool parse_record(const char *text, char digest[DIGEST_LENGTH + 1], int *ret_status)
{
	int status, length = 0;

	return sscanf(text, "1\n%64[0-9a-f]\n%d\n%n", digest, &status, &length) == 2 &&
	       length > 0 && !text[length] && (*ret_status = status) > 0 && status < 256;
}

bool failed_recall(const struct reuse_request *request, int *ret_status, char **ret_log)
{
	cleanup(free_string) char *record = layout_failed(request->settings, request->id,
							  &request->kernel->id, "");
	cleanup(free_string) char *text = NULL, *now = NULL;
	char then[DIGEST_LENGTH + 1];
	cleanup(error_clear) struct error ignored = {0};
	int status;

	if (!file_exists(record))
		return false;
	if (file_read(record, RECORD_LIMIT, &text, NULL, &ignored) < 0 ||
	    !parse_record(text, then, &status) || digest_facts(request, &now, &ignored) < 0 ||
	    !text_equal(then, now)) {
		return false;
	}
	*ret_status = status;
	*ret_log = layout_failed(request->settings, request->id, &request->kernel->id, ".log");
	return true;
}

void failed_forget(const struct settings *settings, const struct module_id *id,
		   const struct kernel_id *kernel)
{
	cleanup(free_string) char *record = layout_failed(settings, id, kernel, "");
	cleanup(free_string) char *log = layout_failed(settings, id, kernel, ".log");
	cleanup(free_string) char *directory = path_parent(record);

	if (!file_exists_nofollow(directory))
		return;
	(void)unlink(record);
	(void)unlink(log);
	(void)rmdir(directory); /* it may hold others */
}
