/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fingerprint/offers.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/strv.h"
#include "base/text.h"
#include "cage/worker.h"
#include "tree/layout.h"
#include "tree/registry.h"

enum { MOST_SYMBOLS = 1 << 20, TEXT_LIMIT = 4096 };

#define FILE_LIMIT   ((size_t)64 << 20)
#define ANSWER_LIMIT ((size_t)128 << 20)

/* The worker's input. */
struct task {
	const char *path;
	int fd;
};

static char *describe(const struct symvers_symbol *symbol)
{
	return text_format("0x%08x %s %s%s%s", symbol->crc, symbol->module,
			   symbol->gpl_only ? "gpl" : "all", *symbol->namespace ? " " : "",
			   symbol->namespace);
}

/* In the worker. */
static int tell_symbols(void *context, struct answer *answer, struct error *error)
{
	const struct task *task = context;
	cleanup(symvers_free) struct symvers symvers = {0};
	cleanup(free_string) char *text = NULL;
	size_t length;

	if (file_read_opened(task->fd, task->path, FILE_LIMIT, &text, &length, error) < 0 ||
	    symvers_parse(&symvers, task->path, text, length, error) < 0)
		return error->code;
	answer_put_number(answer, symvers.symbols.count);
	STRMAP_FOREACH (symbol, &symvers.symbols) {
		cleanup(free_string) char *described = describe(symbol->value);

		answer_put_text(answer, symbol->key);
		answer_put_text(answer, described);
	}
	return 0;
}

static int take_symbols(struct answer *answer, struct strmap *symbols)
{
	uint64_t count;

	if (answer_number(answer, &count) < 0 || count > MOST_SYMBOLS)
		return -EPROTO;
	for (uint64_t i = 0; i < count; i++) {
		cleanup(free_string) char *name = NULL;
		cleanup(free_string) char *described = NULL;

		if (answer_text(answer, &name, TEXT_LIMIT) < 0 ||
		    answer_text(answer, &described, TEXT_LIMIT) < 0 || !name || !described)
			return -EPROTO;
		free(strmap_set(symbols, name, TAKE(described)));
	}
	return answer_end(answer);
}

static int ask(struct task *task, struct strmap *symbols, struct error *error)
{
	cleanup(free_string) char *purpose = text_format("reading %s", task->path);
	cleanup(answer_free) struct answer answer = {0};
	const struct worker worker = {
		.purpose = purpose,
		.work = tell_symbols,
		.context = task,
		.fds = &task->fd,
		.fd_count = 1,
		.answer_limit = ANSWER_LIMIT,
	};

	if (worker_run(&worker, &answer, error) < 0)
		return error->code;
	return take_symbols(&answer, symbols) < 0 ? worker_nonsense(&worker, error) : 0;
}

/* Adds the symbols that another package's build exports. Root does not parse the file. */
static int read_dependency(const char *path, struct strmap *symbols, struct error *error)
{
	cleanup(close_fd) int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct task task = {path, fd};
	struct stat info;

	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0 || fstat(fd, &info) < 0)
		return error_errno(error, -errno, 0, "Cannot read %s", path);
	if (!S_ISREG(info.st_mode))
		return error_set(error, -EINVAL, 0, "%s is no regular file.", path);
	return ask(&task, symbols, error);
}

/* Adds the symbols of one dependency, if it is installed and exports any. */
static int add_dependency(const struct settings *settings, const struct kernel_id *kernel,
			  const char *name, struct strmap *symbols, struct error *error)
{
	cleanup(free_string) char *version = registry_active_version(settings, name, kernel);
	const struct module_id id = {(char *)name, version};

	if (!version)
		return 0;
	cleanup(free_string) char *modules = layout_product_modules(settings, &id, kernel);
	cleanup(free_string) char *path = path_join(modules, "Module.symvers", NULL);

	return read_dependency(path, symbols, error);
}

int exports_open(const struct settings *settings, struct headers *headers,
		 const struct strv *dependencies, struct exports *ret_exports, struct error *error)
{
	struct exports exports = {0};
	const char *name;
	int code = headers_symvers(headers, &exports.kernel, error);

	if (code < 0)
		return code;
	if (!exports.kernel->has_crcs || !kernel_config_is_yes(headers->kernel, "MODVERSIONS"))
		return error_set(error, -EINVAL, 0, "kernel %s has no symbol versions",
				 headers->kernel->id.release);
	STRV_FOREACH (name, dependencies)
		if (!code)
			code = add_dependency(settings, &headers->kernel->id, name,
					      &exports.dependencies, error);
	if (code < 0)
		exports_close(&exports);
	else
		*ret_exports = exports;
	return code;
}

void exports_close(struct exports *exports)
{
	strmap_free(&exports->dependencies, free);
}

char *exports_describe(const struct exports *exports, const char *symbol)
{
	const char *described = strmap_get(&exports->dependencies, symbol);
	const struct symvers_symbol *found = symvers_find(exports->kernel, symbol);

	if (described)
		return xstrdup(described);
	return found ? describe(found) : NULL;
}

enum { MOST_PLACES = 16 };

struct search {
	const struct headers *headers;
	const struct strmap *read;
	char *places[MOST_PLACES]; /* directories of headers, by name, with a slash at the end */
	size_t place_count;
	struct strmap present; /* directory below them → whether it is there, as text */
};

/* "x86" from "srctree/arch/x86/include/asm/page.h", owned; NULL if nothing was read from there. */
static char *architecture_of(const struct strmap *read)
{
	STRMAP_FOREACH (header, read) {
		const char *arch = strstr(header->key, "tree/arch/");
		const char *end = arch ? strstr(arch, "/include/") : NULL;

		if (end)
			return xstrndup(arch + strlen("tree/arch/"),
					(size_t)(end - arch) - strlen("tree/arch/"));
	}
	return NULL;
}

static void add_places(struct search *search, const char *arch, const char *uapi)
{
	static const char *const trees[] = {"srctree", "objtree"};

	for (size_t i = 0; i < 2; i++)
		if (arch)
			search->places[search->place_count++] = text_format(
				"%s/arch/%s/include/%s%s", trees[i], arch, i ? "generated/" : "",
				uapi);
	for (size_t i = 0; i < 2; i++)
		search->places[search->place_count++] = text_format(
			"%s/include/%s%s", trees[i], i && *uapi ? "generated/" : "", uapi);
}

static struct search search_in(const struct headers *headers, const struct strmap *read)
{
	cleanup(free_string) char *arch = architecture_of(read);
	struct search search = {.headers = headers, .read = read};

	add_places(&search, arch, "");
	add_places(&search, arch, "uapi/");
	return search;
}

static void search_end(struct search *search)
{
	for (size_t i = 0; i < search->place_count; i++)
		free(search->places[i]);
	strmap_free(&search->present, NULL);
}

/* The last place that fits: "include/uapi/" is itself below "include/". */
static size_t place_of(const struct search *search, const char *name)
{
	size_t best = search->place_count;

	for (size_t i = 0; i < search->place_count; i++)
		if (text_starts_with(name, search->places[i]) &&
		    (best == search->place_count ||
		     strlen(search->places[i]) > strlen(search->places[best])))
			best = i;
	return best;
}

/* Most of the directories in which an earlier header could be are not there: each is asked once. */
static bool is_there(struct search *search, const char *name)
{
	cleanup(free_string) char *directory = path_parent(name);
	const char *known = strmap_get(&search->present, directory);

	if (!known) {
		cleanup(free_string) char *path = headers_path(search->headers, directory);

		known = file_is_directory(path) ? "yes" : "no";
		(void)strmap_set(&search->present, directory, (void *)known);
	}
	if (text_equal(known, "no"))
		return false;
	cleanup(free_string) char *path = headers_path(search->headers, name);

	return file_exists(path);
}

/* The name of a header that is there and was not read; owned, or NULL. */
static char *find_before(struct search *search, const char *name)
{
	size_t place = place_of(search, name);

	if (place == search->place_count)
		return NULL;
	for (size_t i = 0; i < place; i++) {
		cleanup(free_string) char *earlier = text_format(
			"%s%s", search->places[i], name + strlen(search->places[place]));

		if (!strmap_get(search->read, earlier) && is_there(search, earlier))
			return TAKE(earlier);
	}
	return NULL;
}

char *shadow_find(const struct headers *headers, const struct strmap *read)
{
	cleanup(search_end) struct search search = search_in(headers, read);

	STRMAP_FOREACH (header, read) {
		cleanup(free_string) char *found = find_before(&search, header->key);

		if (found)
			return text_format("%s would be found before %s", found, header->key);
	}
	return NULL;
}

void shadow_note(const struct headers *headers, struct strmap *read)
{
	cleanup(search_end) struct search search = search_in(headers, read);

	/* Nothing is before what is added that is not before this header, too. */
	const size_t count = read->count;

	for (size_t i = 0; i < count; i++) {
		char *found;

		while ((found = find_before(&search, read->entries[i].key))) {
			(void)strmap_set(read, found, xstrdup(SHADOW_PASSED_OVER));
			free(found);
		}
	}
}
