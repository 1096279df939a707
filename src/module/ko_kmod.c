/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What libkmod can read. It is asked about a module of our own making, never about a stranger's. */
#include <elf.h>
#include <endian.h>
#include <errno.h>
#include <libkmod.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "module/compress.h"
#include "module/ko.h"

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

/* What libkmod makes of a file that holds a module: 0 if it can read it. */
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
