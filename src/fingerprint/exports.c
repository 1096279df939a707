/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fingerprint/exports.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/text.h"
#include "cage/worker.h"
#include "tree/layout.h"
#include "tree/registry.h"

enum { MOST_SYMBOLS = 1 << 20, TEXT_LIMIT = 4096 };

#define FILE_LIMIT   ((size_t)64 << 20)
#define ANSWER_LIMIT ((size_t)128 << 20)

/* What the worker gets. */
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

/* What a build exports that another package made: its words, which root only passes on. */
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

/* What one dependency exports, if it is installed and exports anything. */
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
