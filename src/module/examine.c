/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "module/examine.h"

#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/text.h"
#include "cage/worker.h"
#include "module/content.h"
#include "module/elf.h"

enum { SECTION_NAME_MAX = 256, CHECKED_TOGETHER = 32 };

struct examination {
	const struct strv *paths;
	const char *text;
	int *fds;
};

/* Sections that a running kernel does not use may hold anything. */
static bool is_for_people(const char *section)
{
	static const char *const names[] = {".modinfo", ".note",   ".debug",    ".rela", ".comment",
					    ".symtab",  ".strtab", ".shstrtab", ".BTF"};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (text_starts_with(section, names[i]))
			return true;
	return false;
}

/* The name of a section in which the text occurs, or NULL. .modinfo may have it in vermagic. */
static const char *find_text(const struct elf *elf, const char *text)
{
	struct elf_section section;

	for (uint64_t i = 1; elf_get_section(elf, i, &section); i++) {
		const char *name = elf_section_name(elf, i);

		if (section.type != SHT_NOBITS && !is_for_people(name) &&
		    memmem(elf->bytes + section.offset, section.size, text, strlen(text)))
			return name;
	}
	if (!elf_find_section(elf, ".modinfo", &section))
		return NULL;
	for (uint64_t at = 0; at < section.size;) {
		const char *entry = elf_text(elf, &section, at);

		if (!entry)
			break;
		if (!text_starts_with(entry, "vermagic=") && strstr(entry, text))
			return ".modinfo";
		at += strlen(entry) + 1;
	}
	return NULL;
}

/* In the worker. */
static int examine_one(const struct examination *examination, size_t index, struct answer *answer,
		       struct error *error)
{
	cleanup(module_content_free) struct module_content content = {0};
	cleanup(module_symbols_free) struct module_symbols symbols = {0};
	struct elf elf;

	if (module_content_read(examination->fds[index], examination->paths->items[index], &content,
				error) < 0 ||
	    elf_check_module(content.data, content.unsigned_length, error) < 0 ||
	    elf_open(&elf, content.data, content.unsigned_length, error) < 0 ||
	    module_symbols_parse(content.data, content.unsigned_length, &symbols, error) < 0)
		return error->code;
	module_symbols_put(answer, &symbols);
	cleanup(free_string) char *section = NULL;
	const char *found = find_text(&elf, examination->text);

	if (found)
		section = xstrndup(found, SECTION_NAME_MAX - 1);
	answer_put_text(answer, section);
	return 0;
}

static int examine_all(void *context, struct answer *answer, struct error *error)
{
	const struct examination *examination = context;

	for (size_t i = 0; i < examination->paths->count; i++)
		if (examine_one(examination, i, answer, error) < 0)
			return error_wrap(error, "%s", path_basename(examination->paths->items[i]));
	return 0;
}

static int take_all(struct answer *answer, size_t count, struct examined_module *modules)
{
	int code = 0;

	for (size_t i = 0; i < count && !code; i++) {
		code = module_symbols_take(answer, &modules[i].symbols);
		if (!code)
			code = answer_text(answer, &modules[i].section, SECTION_NAME_MAX);
	}
	return code ? code : answer_end(answer);
}

static int run(struct examination *examination, struct examined_module *modules,
	       struct error *error)
{
	cleanup(answer_free) struct answer answer = {0};
	const struct worker worker = {
		.purpose = "examining the modules that were built",
		.work = examine_all,
		.context = examination,
		.fds = examination->fds,
		.fd_count = examination->paths->count,
		.answer_limit = MODULE_SYMBOLS_ANSWER,
	};

	if (worker_run(&worker, &answer, error) < 0)
		return error->code;
	return take_all(&answer, examination->paths->count, modules) < 0
		       ? worker_nonsense(&worker, error)
		       : 0;
}

/* Opens some of the paths; *opened are open, also after a failure. */
static int open_some(const struct strv *paths, int *fds, size_t *opened, struct error *error)
{
	while (*opened < paths->count &&
	       module_open(paths->items[*opened], &fds[*opened], error) == 0)
		++*opened;
	return error->code;
}

/* In the worker. */
static int check_all(void *context, struct answer *answer, struct error *error)
{
	const struct examination *examination = context;

	(void)answer;
	for (size_t i = 0; i < examination->paths->count; i++) {
		cleanup(module_content_free) struct module_content content = {0};
		const char *path = examination->paths->items[i];

		if (module_content_read(examination->fds[i], path, &content, error) < 0 ||
		    elf_check_module(content.data, content.unsigned_length, error) < 0)
			return error_wrap(error, "%s", path_basename(path));
	}
	return 0;
}

static int check_some(const struct strv *paths, struct error *error)
{
	int fds[CHECKED_TOGETHER];
	struct examination examination = {.paths = paths, .fds = fds};
	cleanup(answer_free) struct answer answer = {0};
	const struct worker worker = {
		.purpose = "examining modules",
		.work = check_all,
		.context = &examination,
		.fds = fds,
		.fd_count = paths->count,
	};
	size_t opened = 0;

	if (open_some(paths, fds, &opened, error) == 0)
		(void)worker_run(&worker, &answer, error);
	for (size_t i = 0; i < opened; i++)
		close_fd(&fds[i]);
	return error->code;
}

int modules_check(const struct strv *paths, struct error *error)
{
	for (size_t i = 0; i < paths->count; i += CHECKED_TOGETHER) {
		size_t rest = paths->count - i;
		const struct strv some = {
			.items = paths->items + i,
			.count = rest < CHECKED_TOGETHER ? rest : CHECKED_TOGETHER,
		};

		if (check_some(&some, error) < 0)
			return error->code;
	}
	return 0;
}

int modules_examine(const struct strv *paths, const char *text, struct examined_module *ret_modules,
		    struct error *error)
{
	cleanup(free_string) int *fds = xcalloc(paths->count + 1, sizeof(*fds));
	struct examination examination = {.paths = paths, .text = text, .fds = fds};
	size_t opened = 0;

	memset(ret_modules, 0, paths->count * sizeof(*ret_modules));
	if (open_some(paths, fds, &opened, error) == 0)
		(void)run(&examination, ret_modules, error);
	for (size_t i = 0; i < opened; i++)
		close_fd(&fds[i]);
	for (size_t i = 0; error->code && i < paths->count; i++)
		examined_module_free(&ret_modules[i]);
	return error->code;
}

void examined_module_free(struct examined_module *module)
{
	module_symbols_free(&module->symbols);
	free(module->section);
	*module = (struct examined_module){0};
}
