/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "module/ko.h"

#include <elf.h>
#include <endian.h>
#include <errno.h>
#include <libkmod.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/memory.h"
#include "cage/worker.h"
#include "module/compress.h"
#include "module/content.h"
#include "module/elf.h"

/* Detects which compressions libkmod can read, with a module of our own. */

typedef struct kmod_ctx kmod_context;
typedef struct kmod_module kmod_module;
DEFINE_CLEANUP(kmod_context *, kmod_unref)
DEFINE_CLEANUP(kmod_module *, kmod_module_unref)

/* The smallest module: a section with what it says of itself, and the names of both sections. */
struct sample {
	Elf64_Ehdr header;
	Elf64_Shdr sections[3];
	char information[12], names[20];
};

static struct sample make_sample(void)
{
	struct sample sample = {
		.header = {.e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB,
				       EV_CURRENT},
			   .e_type = htole16(ET_REL),
			   .e_version = htole32(EV_CURRENT),
			   .e_shoff = htole64(offsetof(struct sample, sections)),
			   .e_ehsize = htole16(sizeof(Elf64_Ehdr)),
			   .e_shentsize = htole16(sizeof(Elf64_Shdr)),
			   .e_shnum = htole16(3),
			   .e_shstrndx = htole16(2)},
		.sections = {[1] = {.sh_name = htole32(1),
				    .sh_type = htole32(SHT_PROGBITS),
				    .sh_offset = htole64(offsetof(struct sample, information)),
				    .sh_size = htole64(sizeof("license=GPL"))},
			     [2] = {.sh_name = htole32(10),
				    .sh_type = htole32(SHT_STRTAB),
				    .sh_offset = htole64(offsetof(struct sample, names)),
				    .sh_size = htole64(20)}},
		.information = "license=GPL",
		.names = "\0.modinfo\0.shstrtab",
	};

	return sample;
}

static void log_nothing(void *data, int priority, const char *file, int line, const char *function,
			const char *format, va_list arguments)
{
	(void)data, (void)priority, (void)file, (void)line, (void)function, (void)format;
	(void)arguments;
}

/* Returns 0 if libkmod can read the file of a module. */
static int try_kmod(int fd)
{
	static const char *const no_configuration[] = {NULL};
	cleanup(free_string) char *name = text_format("/proc/self/fd/%d", fd);
	cleanup(kmod_unref_handler) kmod_context *context = kmod_new(NULL, no_configuration);
	cleanup(kmod_module_unref_handler) kmod_module *module = NULL;
	struct kmod_list *list = NULL;

	if (!context)
		return -ENOMEM;
	kmod_set_log_fn(context, log_nothing, NULL);
	int code = kmod_module_new_from_path(context, name, &module);

	if (code >= 0)
		code = kmod_module_get_info(module, &list);
	kmod_module_info_free_list(list);
	return code;
}

/* Without /proc nobody can tell: then it can. */
bool ko_kmod_reads(enum compression compression)
{
	const struct sample sample = make_sample();
	cleanup(close_fd) int fd = memfd_create("sample", MFD_CLOEXEC);
	cleanup(free_string) char *data = NULL;
	cleanup(error_clear) struct error error = {0};
	size_t length = 0;
	int code = compress_bytes(&sample, sizeof(sample), compression, NULL, &data, &length,
				  &error);

	if (fd < 0 || code < 0 || file_write_all(fd, data, length) < 0)
		return true;
	return !file_exists("/proc/self/fd") || try_kmod(fd) >= 0;
}

enum { TEXT_MAX = 1 << 16 };

/* The worker's input: files by descriptors, and their names. */
struct files {
	const char *paths[2];
	int fds[2];
	int output;
};

static void files_close(struct files *files)
{
	for (size_t i = 0; i < 2; i++)
		close_fd(&files->fds[i]);
	close_fd(&files->output);
}

static int run(int (*work)(void *, struct answer *, struct error *), struct files *files,
	       struct answer *answer, struct error *error)
{
	cleanup(free_string) char *purpose = text_format("reading %s", files->paths[0]);
	const int fds[] = {files->fds[0], files->fds[1], files->output};
	int kept[3];
	size_t count = 0;

	for (size_t i = 0; i < 3; i++)
		if (fds[i] >= 0)
			kept[count++] = fds[i];
	const struct worker worker = {
		.purpose = purpose,
		.work = work,
		.context = files,
		.fds = kept,
		.fd_count = count,
		.file_size = files->output >= 0 ? MODULE_SIZE_MAX : 0,
	};

	return worker_run(&worker, answer, error);
}

static int nonsense(const struct files *files, struct error *error)
{
	return error_set(error, -EPROTO, 0, "Reading %s gave no sensible answer.", files->paths[0]);
}

/* In the worker. */
static int unpack(void *context, struct answer *answer, struct error *error)
{
	const struct files *files = context;
	cleanup(free_string) char *data = NULL;
	size_t length;

	(void)answer;
	if (module_content_unpack(files->fds[0], files->paths[0], &data, &length, error) < 0)
		return error->code;
	int code = file_write_all(files->output, data, length);

	return code < 0 ? error_errno(error, code, 0, "Cannot decompress %s", files->paths[0]) : 0;
}

int ko_read(const char *path, char **ret_data, size_t *ret_length, struct error *error)
{
	cleanup(files_close) struct files files = {{path, NULL}, {-1, -1}, -1};
	cleanup(answer_free) struct answer answer = {0};

	if (module_open(path, &files.fds[0], error) < 0)
		return error->code;
	if (compression_of_name(path) == COMPRESSION_NONE)
		return module_content_unpack(files.fds[0], path, ret_data, ret_length, error);
	files.output = memfd_create("module", MFD_CLOEXEC);
	if (files.output < 0)
		return error_errno(error, -errno, 0, "Cannot decompress %s", path);
	if (run(unpack, &files, &answer, error) < 0)
		return error->code;
	if (lseek(files.output, 0, SEEK_SET) < 0)
		return error_errno(error, -errno, 0, "Cannot read %s", path);
	return file_read_opened(files.output, path, MODULE_SIZE_MAX, ret_data, ret_length, error);
}

static char *field(const struct elf *elf, const char *key)
{
	struct elf_section section;
	const char *line;

	if (!elf_find_section(elf, ".modinfo", &section))
		return NULL;
	for (uint64_t at = 0; (line = elf_text(elf, &section, at)); at += strlen(line) + 1)
		if (text_starts_with(line, key) && line[strlen(key)] == '=')
			return xstrdup(line + strlen(key) + 1);
	return NULL;
}

static int content_info(const struct module_content *content, const char *path,
			struct ko_info *ret_info, struct error *error)
{
	struct elf elf;

	if (elf_open(&elf, content->data, content->unsigned_length, error) < 0)
		return error_wrap(error, "Cannot read %s", path);
	*ret_info = (struct ko_info){
		.version = field(&elf, "version"),
		.srcversion = field(&elf, "srcversion"),
		.vermagic = field(&elf, "vermagic"),
	};
	return 0;
}

/* In the worker. */
static int tell_info(void *context, struct answer *answer, struct error *error)
{
	const struct files *files = context;
	cleanup(module_content_free) struct module_content content = {0};
	cleanup(ko_info_free) struct ko_info info = {0};

	if (module_content_read(files->fds[0], files->paths[0], &content, error) < 0 ||
	    content_info(&content, files->paths[0], &info, error) < 0)
		return error->code;
	answer_put_text(answer, info.version);
	answer_put_text(answer, info.srcversion);
	answer_put_text(answer, info.vermagic);
	return 0;
}

int ko_read_info(const char *path, struct ko_info *ret_info, struct error *error)
{
	cleanup(files_close) struct files files = {{path, NULL}, {-1, -1}, -1};
	cleanup(answer_free) struct answer answer = {0};
	cleanup(ko_info_free) struct ko_info info = {0};

	if (module_open(path, &files.fds[0], error) < 0 ||
	    run(tell_info, &files, &answer, error) < 0)
		return error->code;
	if (answer_text(&answer, &info.version, TEXT_MAX) < 0 ||
	    answer_text(&answer, &info.srcversion, TEXT_MAX) < 0 ||
	    answer_text(&answer, &info.vermagic, TEXT_MAX) < 0 || answer_end(&answer) < 0)
		return nonsense(&files, error);
	*ret_info = info;
	info = (struct ko_info){0};
	return 0;
}

/* In the worker. */
static int check(void *context, struct answer *answer, struct error *error)
{
	const struct files *files = context;
	cleanup(free_string) char *data = NULL;
	size_t length;

	(void)answer;
	if (file_read_opened(files->fds[0], files->paths[0], MODULE_SIZE_MAX, &data, &length,
			     error) < 0 ||
	    signature_find_start(data, length, &length, error) < 0)
		return error->code;
	return elf_check_module(data, length, error);
}

int ko_check(const char *path, struct error *error)
{
	cleanup(files_close) struct files files = {{path, NULL}, {-1, -1}, -1};
	cleanup(answer_free) struct answer answer = {0};

	if (module_open(path, &files.fds[0], error) < 0)
		return error->code;
	return run(check, &files, &answer, error);
}

void ko_info_free(struct ko_info *info)
{
	free(info->version);
	free(info->srcversion);
	free(info->vermagic);
	*info = (struct ko_info){0};
}

/* For two files of different bytes. */
static int same_versions(const struct files *files, const struct module_content contents[2],
			 bool *ret_same, struct error *error)
{
	cleanup(ko_info_free) struct ko_info left = {0};
	cleanup(ko_info_free) struct ko_info right = {0};

	if (content_info(&contents[0], files->paths[0], &left, error) < 0 ||
	    content_info(&contents[1], files->paths[1], &right, error) < 0) {
		if (error->code != -ENOEXEC)
			return error->code;
		error_clear(error);
		*ret_same = false;
		return 0;
	}
	*ret_same = (left.version || left.srcversion) && text_equal(left.version, right.version) &&
		    text_equal(left.srcversion, right.srcversion);
	return 0;
}

static int compare_contents(const struct files *files, const struct module_content contents[2],
			    bool *ret_same, struct error *error)
{
	if (contents[0].unsigned_length != contents[1].unsigned_length ||
	    memcmp(contents[0].data, contents[1].data, contents[0].unsigned_length) != 0)
		return same_versions(files, contents, ret_same, error);
	*ret_same = true;
	return 0;
}

/* In the worker. */
static int compare(void *context, struct answer *answer, struct error *error)
{
	const struct files *files = context;
	struct module_content contents[2] = {0};
	bool same = false;
	int code = module_content_read(files->fds[0], files->paths[0], &contents[0], error);

	if (!code)
		code = module_content_read(files->fds[1], files->paths[1], &contents[1], error);
	if (!code)
		code = compare_contents(files, contents, &same, error);
	module_content_free(&contents[0]);
	module_content_free(&contents[1]);
	answer_put_number(answer, same);
	return code;
}

int ko_same_module(const char *a, const char *b, bool *ret_same, struct error *error)
{
	cleanup(files_close) struct files files = {{a, b}, {-1, -1}, -1};
	cleanup(answer_free) struct answer answer = {0};
	uint64_t same;

	if (module_open(a, &files.fds[0], error) < 0 || module_open(b, &files.fds[1], error) < 0 ||
	    run(compare, &files, &answer, error) < 0)
		return error->code;
	if (answer_number(&answer, &same) < 0 || same > 1 || answer_end(&answer) < 0)
		return nonsense(&files, error);
	*ret_same = same;
	return 0;
}
