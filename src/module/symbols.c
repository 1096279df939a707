/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "module/symbols.h"

#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/strv.h"
#include "base/memory.h"
#include "base/text.h"
#include "cage/worker.h"
#include "module/content.h"
#include "module/elf.h"

/* struct modversion_info: an unsigned long, then the name, together MODULE_NAME_LEN + a long. */
enum { VERSION_SIZE = 64 };

struct reader {
	struct elf elf;
	struct elf_section table; /* of symbols */
	uint64_t count;
	struct strmap versions;   /* import → its CRC, as the pointer's value plus 1 */
	struct strmap crcs;       /* export → the same */
	struct strmap namespaces; /* export → text */
	struct module_symbols *symbols;
};

static void reader_free(struct reader *reader)
{
	strmap_free(&reader->versions, NULL);
	strmap_free(&reader->crcs, NULL);
	strmap_free(&reader->namespaces, NULL);
}

/* A CRC as a map's value, which NULL is not. */
static void keep_crc(struct strmap *map, const char *name, uint64_t crc)
{
	(void)strmap_set(map, name, (void *)((uintptr_t)(uint32_t)crc + 1));
}

static bool find_crc(const struct strmap *map, const char *name, uint32_t *ret_crc)
{
	uintptr_t value = (uintptr_t)strmap_get(map, name);

	if (value)
		*ret_crc = (uint32_t)(value - 1);
	return value != 0;
}

static void add_namespace(struct module_symbols *symbols, const char *namespace)
{
	*ARRAY_ADD(symbols->namespaces, symbols->namespace_count) = namespace;
}

/* "key=value"; the first of a key counts, of import_ns all do. */
static void take_information(struct module_symbols *symbols, const char *line)
{
	const struct {
		const char *key;
		const char **target;
	} fields[] = {
		{"name=", &symbols->name},
		{"vermagic=", &symbols->vermagic},
		{"license=", &symbols->license},
		{"depends=", &symbols->depends},
	};
	static const char import[] = "import_ns=";

	symbols->in_tree |= text_equal(line, "intree=Y");
	if (text_starts_with(line, import))
		add_namespace(symbols, line + sizeof(import) - 1);
	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++)
		if (!*fields[i].target && text_starts_with(line, fields[i].key))
			*fields[i].target = line + strlen(fields[i].key);
}

static void read_information(struct reader *reader)
{
	struct elf_section section;
	const char *line;

	if (!elf_find_section(&reader->elf, ".modinfo", &section))
		return;
	for (uint64_t at = 0; (line = elf_text(&reader->elf, &section, at)); at += strlen(line) + 1)
		take_information(reader->symbols, line);
}

/*
 * struct module begins with an enum and a list head, padded to pointers: the name follows. Modules
 * tell it in .modinfo, too, since Linux 4.13.
 */
static void read_name(struct reader *reader)
{
	uint64_t offset = reader->elf.wide ? 24 : 12;
	struct elf_section section;

	if (!elf_find_section(&reader->elf, ".gnu.linkonce.this_module", &section))
		return;
	reader->symbols->is_module = true;
	if (!reader->symbols->name)
		reader->symbols->name = elf_text(&reader->elf, &section, offset);
}

static void read_plain_versions(struct reader *reader, const struct elf_section *section)
{
	size_t long_size = reader->elf.wide ? 8 : 4;
	uint64_t crc;

	for (uint64_t at = 0; elf_number(&reader->elf, section, at, long_size, &crc);
	     at += VERSION_SIZE) {
		const char *name = elf_text(&reader->elf, section, at + long_size);

		if (name)
			keep_crc(&reader->versions, name, crc);
	}
}

static void read_extended_versions(struct reader *reader, const struct elf_section *crcs,
				   const struct elf_section *names)
{
	uint64_t name_at = 0, crc;

	for (uint64_t at = 0; elf_number(&reader->elf, crcs, at, 4, &crc); at += 4) {
		const char *name = elf_text(&reader->elf, names, name_at);

		if (!name)
			return;
		keep_crc(&reader->versions, name, crc);
		name_at += strlen(name) + 1;
	}
}

/* A kernel that knows the extended form looks at nothing else where there is one. */
static void read_versions(struct reader *reader)
{
	struct elf_section crcs, names, plain;
	bool extended = elf_find_section(&reader->elf, "__version_ext_crcs", &crcs) &&
			elf_find_section(&reader->elf, "__version_ext_names", &names);
	bool has_plain = elf_find_section(&reader->elf, "__versions", &plain);

	if (has_plain)
		read_plain_versions(reader, &plain);
	if (extended)
		read_extended_versions(reader, &crcs, &names);
	reader->symbols->has_versions = extended || has_plain;
	reader->symbols->has_layout_crc = find_crc(&reader->versions, "module_layout",
						   &reader->symbols->layout_crc);
}

static void add_import(struct reader *reader, const struct elf_symbol *symbol)
{
	struct module_symbols *symbols = reader->symbols;
	struct module_import import = {.name = symbol->name, .weak = symbol->binding == STB_WEAK};

	import.has_crc = find_crc(&reader->versions, symbol->name, &import.crc);
	symbols->imports[symbols->import_count++] = import;
}

/* Returns the text after the prefix, or NULL. */
static const char *after(const char *name, const char *prefix)
{
	return text_starts_with(name, prefix) ? name + strlen(prefix) : NULL;
}

/* The CRC is the symbol's value, or stands where the symbol points to. */
static void note_crc(struct reader *reader, const struct elf_symbol *symbol, const char *name)
{
	struct elf_section section;
	uint64_t crc = symbol->value;

	if (symbol->section == SHN_ABS ||
	    (elf_get_section(&reader->elf, symbol->section, &section) &&
	     elf_number(&reader->elf, &section, symbol->value, 4, &crc)))
		keep_crc(&reader->crcs, name, crc);
}

static void note_namespace(struct reader *reader, const struct elf_symbol *symbol, const char *name)
{
	struct elf_section section;

	if (!elf_get_section(&reader->elf, symbol->section, &section))
		return;
	const char *namespace = elf_text(&reader->elf, &section, symbol->value);

	if (!text_empty(namespace))
		(void)strmap_set(&reader->namespaces, name, (void *)namespace);
}

static void add_export(struct reader *reader, const struct elf_symbol *symbol, const char *name)
{
	struct module_symbols *symbols = reader->symbols;

	symbols->exports[symbols->export_count++] = (struct module_export){
		.name = name,
		/* "__ksymtab_gpl", or before the last link "___ksymtab_gpl+NAME". */
		.gpl_only = strstr(elf_section_name(&reader->elf, symbol->section),
				   "__ksymtab_gpl") != NULL,
	};
}

static void take_symbol(struct reader *reader, const struct elf_symbol *symbol)
{
	const char *name;

	if (symbol->section == SHN_UNDEF) {
		if (*symbol->name)
			add_import(reader, symbol);
	} else if ((name = after(symbol->name, "__ksymtab_"))) {
		add_export(reader, symbol, name);
	} else if ((name = after(symbol->name, "__crc_"))) {
		note_crc(reader, symbol, name);
	} else if ((name = after(symbol->name, "__kstrtabns_"))) {
		note_namespace(reader, symbol, name);
	}
}

static int read_symbols(struct reader *reader, struct error *error)
{
	struct module_symbols *symbols = reader->symbols;
	struct elf_symbol symbol;

	elf_find_symbols(&reader->elf, &reader->table, &reader->count);
	symbols->imports = xcalloc(reader->count, sizeof(*symbols->imports));
	symbols->exports = xcalloc(reader->count, sizeof(*symbols->exports));
	/* The first is no symbol. */
	for (uint64_t i = 1; i < reader->count; i++) {
		if (!elf_get_symbol(&reader->elf, &reader->table, i, &symbol))
			return error_set(error, -ENOEXEC, 0,
					 "It is no kernel module: its symbol table is damaged.");
		take_symbol(reader, &symbol);
	}
	for (size_t i = 0; i < symbols->export_count; i++) {
		struct module_export *export = &symbols->exports[i];
		const char *namespace = strmap_get(&reader->namespaces, export->name);

		export->has_crc = find_crc(&reader->crcs, export->name, &export->crc);
		export->namespace = namespace ? namespace : "";
	}
	return 0;
}

static int parse(struct module_symbols *symbols, size_t length, struct error *error)
{
	cleanup(reader_free) struct reader reader = {.symbols = symbols};

	if (elf_open(&reader.elf, symbols->data, length, error) < 0)
		return error->code;
	read_information(&reader);
	read_name(&reader);
	read_versions(&reader);
	return read_symbols(&reader, error);
}

/* Takes data. */
static int parse_owned(char *data, size_t length, struct module_symbols *ret_symbols,
		       struct error *error)
{
	cleanup(module_symbols_free) struct module_symbols symbols = {.data = data};

	if (parse(&symbols, length, error) < 0)
		return error->code;
	*ret_symbols = symbols;
	symbols = (struct module_symbols){0};
	return 0;
}

int module_symbols_parse(const void *data, size_t length, struct module_symbols *ret_symbols,
			 struct error *error)
{
	char *copy = xcalloc(length, 1);

	memcpy(copy, data, length);
	return parse_owned(copy, length, ret_symbols, error);
}

struct file {
	const char *path;
	int fd;
};

static int read_file(const struct file *file, struct module_symbols *ret_symbols,
		     struct error *error)
{
	cleanup(free_string) char *data = NULL;
	size_t length;

	if (module_content_unpack(file->fd, file->path, &data, &length, error) < 0)
		return error->code;
	if (parse_owned(TAKE(data), length, ret_symbols, error) < 0)
		return error_wrap(error, "Cannot read %s", file->path);
	return 0;
}

/* In the worker. */
static int tell_symbols(void *context, struct answer *answer, struct error *error)
{
	cleanup(module_symbols_free) struct module_symbols symbols = {0};

	if (read_file(context, &symbols, error) == 0)
		module_symbols_put(answer, &symbols);
	return error->code;
}

static int read_in_worker(struct file *file, struct module_symbols *ret_symbols,
			  struct error *error)
{
	cleanup(free_string) char *purpose = text_format("reading %s", file->path);
	cleanup(answer_free) struct answer answer = {0};
	const struct worker worker = {
		.purpose = purpose,
		.work = tell_symbols,
		.context = file,
		.fds = &file->fd,
		.fd_count = 1,
		.answer_limit = MODULE_SYMBOLS_ANSWER,
	};

	if (worker_run(&worker, &answer, error) < 0)
		return error->code;
	if (module_symbols_take(&answer, ret_symbols) < 0 || answer_end(&answer) < 0)
		return worker_nonsense(&worker, error);
	return 0;
}

int module_symbols_read(const char *path, struct module_symbols *ret_symbols, struct error *error)
{
	struct file file = {.path = path, .fd = -1};
	cleanup(close_fd) int fd = -1;

	if (module_open(path, &fd, error) < 0)
		return error->code;
	file.fd = fd;
	return read_in_worker(&file, ret_symbols, error);
}

enum { READ_TOGETHER = 32, MESSAGE_LIMIT = 4096, MAX_ERRNO = 4095 };

/* Files that one worker reads; a descriptor of -1 means no file. */
struct files {
	const struct strv *paths;
	size_t first, count;
	int fds[READ_TOGETHER];
};

/* In the worker. */
static int tell_all(void *context, struct answer *answer, struct error *error)
{
	const struct files *files = context;

	(void)error;
	for (size_t i = 0; i < files->count; i++) {
		const struct file file = {files->paths->items[files->first + i], files->fds[i]};
		cleanup(module_symbols_free) struct module_symbols symbols = {0};
		cleanup(error_clear) struct error problem = {0};

		if (file.fd < 0)
			continue;
		if (read_file(&file, &symbols, &problem) < 0) {
			answer_put_number(answer, (uint64_t)-problem.code);
			answer_put_text(answer, problem.message);
		} else {
			answer_put_number(answer, 0);
			module_symbols_put(answer, &symbols);
		}
	}
	return 0;
}

static int take_one(struct answer *answer, struct module_symbols *symbols, struct error *problem)
{
	cleanup(free_string) char *message = NULL;
	uint64_t code;

	if (answer_number(answer, &code) < 0 || code > MAX_ERRNO)
		return -EPROTO;
	if (!code)
		return module_symbols_take(answer, symbols);
	if (answer_text(answer, &message, MESSAGE_LIMIT) < 0 || !message)
		return -EPROTO;
	cleanup(free_string) char *shown = text_printable(message, MESSAGE_LIMIT);

	(void)error_set(problem, -(int)code, 0, "%s", shown);
	return 0;
}

/* If a later part does not fit, the earlier parts are dropped again. */
static int take_all(const struct files *files, struct answer *answer,
		    struct module_symbols *symbols, struct error *problems)
{
	int code = 0;

	for (size_t i = 0; i < files->count && !code; i++)
		if (files->fds[i] >= 0)
			code = take_one(answer, &symbols[i], &problems[i]);
	if (!code)
		code = answer_end(answer);
	for (size_t i = 0; i < files->count && code; i++) {
		if (files->fds[i] < 0)
			continue;
		module_symbols_free(&symbols[i]);
		error_clear(&problems[i]);
	}
	return code;
}

/* False: nothing came of it. */
static bool read_together(struct files *files, struct module_symbols *symbols,
			  struct error *problems)
{
	cleanup(answer_free) struct answer answer = {0};
	int opened[READ_TOGETHER];
	struct worker worker = {
		.purpose = "reading modules",
		.work = tell_all,
		.context = files,
		.fds = opened,
		.answer_limit = MODULE_SYMBOLS_ANSWER,
	};
	cleanup(error_clear) struct error failure = {0};

	for (size_t i = 0; i < files->count; i++)
		if (files->fds[i] >= 0)
			opened[worker.fd_count++] = files->fds[i];
	bool done = worker_run(&worker, &answer, &failure) == 0 &&
		    take_all(files, &answer, symbols, problems) == 0;

	return done;
}

static void read_some(struct files *files, struct module_symbols *symbols, struct error *problems)
{
	for (size_t i = 0; i < files->count; i++)
		if (module_open(files->paths->items[files->first + i], &files->fds[i],
				&problems[i]) < 0)
			files->fds[i] = -1;
	bool done = read_together(files, symbols, problems);

	for (size_t i = 0; i < files->count; i++) {
		struct file file = {files->paths->items[files->first + i], files->fds[i]};

		if (file.fd < 0)
			continue;
		if (!done && lseek(file.fd, 0, SEEK_SET) == 0)
			(void)read_in_worker(&file, &symbols[i], &problems[i]);
		(void)close(file.fd);
	}
}

void module_symbols_read_all(const struct strv *paths, struct module_symbols *ret_symbols,
			     struct error *ret_errors)
{
	struct files files = {.paths = paths};

	for (; files.first < paths->count; files.first += files.count) {
		size_t rest = paths->count - files.first;

		files.count = rest < READ_TOGETHER ? rest : READ_TOGETHER;
		read_some(&files, ret_symbols + files.first, ret_errors + files.first);
	}
}

void module_symbols_free(struct module_symbols *symbols)
{
	free(symbols->data);
	free(symbols->imports);
	free(symbols->exports);
	free(symbols->namespaces);
	*symbols = (struct module_symbols){0};
}
