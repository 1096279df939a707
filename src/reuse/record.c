/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "reuse/record.h"

#include <string.h>

#include "base/digest.h"
#include "base/memory.h"
#include "base/text.h"
#include "fingerprint/exports.h"
#include "fingerprint/shadow.h"
#include "fingerprint/trace.h"
#include "kernel/kernel.h"

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
