/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tree/evaluations.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/strv.h"
#include "base/memory.h"
#include "base/path.h"
#include "tree/layout.h"
#include "tree/package_record.h"

#define MAGIC "dkms evaluations"
enum { FILE_LIMIT = 4194304, NAME_LIMIT = 255, ENTRY_LIMIT = 1024 };

/* For one kernel: its name, the key, and the package as package_pack() made it. */
struct entry {
	struct kernel_id kernel;
	struct buffer key;
	struct buffer package;
	bool is_private;
};

/* M/V/.evaluated: what it holds, and what this run has added. */
struct record {
	struct module_id id;
	struct entry *entries;
	size_t count;
	bool changed;
};

struct evaluations {
	const struct settings *settings;
	struct strmap records; /* "M/V" → struct record */
	struct seen_files files;
};

struct evaluations *evaluations_open(const struct settings *settings)
{
	struct evaluations *evaluations = NEW(struct evaluations);

	evaluations->settings = settings;
	return evaluations;
}

static void entry_release(struct entry *entry)
{
	kernel_id_free(&entry->kernel);
	buffer_free(&entry->key);
	buffer_free(&entry->package);
}

static void forget_entries(struct record *record)
{
	for (size_t i = 0; i < record->count; i++)
		entry_release(&record->entries[i]);
	free(record->entries);
	record->entries = NULL;
	record->count = 0;
}

static void record_free(void *value)
{
	struct record *record = value;

	forget_entries(record);
	module_id_free(&record->id);
	free(record);
}

void evaluations_free(struct evaluations *evaluations)
{
	if (!evaluations)
		return;
	strmap_free(&evaluations->records, record_free);
	seen_files_free(&evaluations->files);
	free(evaluations);
}

static struct entry *add_entry(struct record *record)
{
	struct entry *entry = ARRAY_ADD(record->entries, record->count);

	*entry = (struct entry){0};
	return entry;
}

static struct entry *find_entry(const struct record *record, const struct kernel_id *kernel)
{
	for (size_t i = 0; i < record->count; i++)
		if (kernel_id_equal(&record->entries[i].kernel, kernel))
			return &record->entries[i];
	return NULL;
}

static void unpack_entry(struct packed *packed, struct entry *entry)
{
	entry->kernel.release = unpack_required_text(packed, NAME_LIMIT);
	entry->kernel.arch = unpack_required_text(packed, NAME_LIMIT);
	entry->is_private = unpack_number(packed, true);
	struct packed key = unpack_bytes(packed);
	struct packed package = unpack_bytes(packed);

	if (packed->damaged)
		return;
	buffer_add(&entry->key, key.next, key.left);
	buffer_add(&entry->package, package.next, package.left);
}

/* The sum is against what a power cut leaves of a file that was not synced. */
static int unpack_record(struct packed packed, struct record *record)
{
	cleanup(free_string) char *magic = unpack_text(&packed, sizeof(MAGIC));
	uint64_t format = unpack_number(&packed, UINT64_MAX);
	uint64_t sum = unpack_number(&packed, UINT64_MAX);

	if (!text_equal(magic, MAGIC) || format != PACKED_PACKAGE_FORMAT ||
	    sum != packed_sum(packed.next, packed.left))
		return -1;
	uint64_t count = unpack_number(&packed, ENTRY_LIMIT);

	for (; count && !packed.damaged; count--)
		unpack_entry(&packed, add_entry(record));
	return packed_end(&packed);
}

static char *record_path(const struct evaluations *evaluations, const struct module_id *id)
{
	cleanup(free_string) char *version = layout_version(evaluations->settings, id);

	return path_join(version, ".evaluated", NULL);
}

static void read_record(const struct evaluations *evaluations, struct record *record)
{
	cleanup(free_string) char *path = record_path(evaluations, &record->id);
	size_t length = 0;
	cleanup(free_string) char *data = packed_file_read(path, FILE_LIMIT, &length);

	if (data && unpack_record((struct packed){.next = data, .left = length}, record) < 0)
		forget_entries(record);
}

static struct record *get_record(struct evaluations *evaluations, const struct module_id *id)
{
	cleanup(free_string) char *name = path_join(id->name, id->version, NULL);
	struct record *record = strmap_get(&evaluations->records, name);

	if (!record) {
		record = NEW(struct record);
		record->id = module_id_new(id->name, id->version);
		read_record(evaluations, record);
		(void)strmap_set(&evaluations->records, name, record);
	}
	return record;
}

void evaluations_key(struct evaluations *evaluations, const struct evaluation_subject *subject,
		     struct evaluation_key *key)
{
	evaluation_key_make(evaluations->settings, &evaluations->files, subject, key);
}

static bool is_same(const struct buffer *a, const struct buffer *b)
{
	return a->length == b->length && memcmp(a->data, b->data, a->length) == 0;
}

struct package *evaluations_find(struct evaluations *evaluations,
				 const struct evaluation_subject *subject,
				 const struct evaluation_key *key)
{
	const struct record *record = get_record(evaluations, subject->id);
	const struct entry *entry = find_entry(record, subject->kernel);

	if (!entry || !is_same(&entry->key, &key->bytes))
		return NULL;
	return package_unpack(
		(struct packed){.next = entry->package.data, .left = entry->package.length});
}

void evaluations_add(struct evaluations *evaluations, const struct evaluation_subject *subject,
		     const struct evaluation_key *key, const struct package *package)
{
	struct record *record = get_record(evaluations, subject->id);
	struct entry *entry = find_entry(record, subject->kernel);

	if (!key->settled)
		return;
	if (entry)
		entry_release(entry);
	else
		entry = add_entry(record);
	*entry = (struct entry){
		.kernel = kernel_id_new(subject->kernel->release, subject->kernel->arch),
		.is_private = key->is_private,
	};
	buffer_add(&entry->key, key->bytes.data, key->bytes.length);
	package_pack(package, &entry->package);
	record->changed = true;
}

/* Entries of removed kernels are dropped, or the record would only grow. */
static bool is_worth_keeping(const struct settings *settings, const struct entry *entry)
{
	cleanup(free_string) char *directory = path_join(settings->install_tree,
							 entry->kernel.release, NULL);

	return file_is_directory(directory);
}

static void pack_entry(struct buffer *buffer, const struct entry *entry)
{
	pack_text(buffer, entry->kernel.release);
	pack_text(buffer, entry->kernel.arch);
	pack_number(buffer, entry->is_private);
	pack_bytes(buffer, entry->key.data, entry->key.length);
	pack_bytes(buffer, entry->package.data, entry->package.length);
}

static uint64_t pack_entries(const struct settings *settings, const struct record *record,
			     struct buffer *entries, bool *ret_private)
{
	uint64_t kept = 0;

	for (size_t i = 0; i < record->count && kept < ENTRY_LIMIT; i++) {
		if (!is_worth_keeping(settings, &record->entries[i]))
			continue;
		pack_entry(entries, &record->entries[i]);
		*ret_private |= record->entries[i].is_private;
		kept++;
	}
	return kept;
}

static void write_record(const struct evaluations *evaluations, const struct record *record)
{
	cleanup(free_string) char *version = layout_version(evaluations->settings, &record->id);
	cleanup(free_string) char *path = record_path(evaluations, &record->id);
	cleanup(buffer_free) struct buffer body = {0}, entries = {0}, file = {0};
	cleanup(error_clear) struct error ignored = {0};
	bool is_private = false;

	if (!file_is_directory(version))
		return;
	pack_number(&body, pack_entries(evaluations->settings, record, &entries, &is_private));
	buffer_add(&body, entries.data, entries.length);
	pack_text(&file, MAGIC);
	pack_number(&file, PACKED_PACKAGE_FORMAT);
	pack_number(&file, packed_sum(body.data, body.length));
	buffer_add(&file, body.data, body.length);
	(void)file_write_unsynced(path, file.data, file.length, is_private ? 0600 : 0644, &ignored);
}

void evaluations_write(struct evaluations *evaluations)
{
	STRMAP_FOREACH (item, &evaluations->records) {
		struct record *record = item->value;

		if (record->changed)
			write_record(evaluations, record);
		record->changed = false;
	}
}
