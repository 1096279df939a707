/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "module/files.h"

#include <elf.h>
#include <errno.h>

#include "module/elf.h"

static const char *const info[] = {"version=1", NULL};
static const char code[] = "int zero[100]; int answer(void) { return 42; }";

static void what_is_no_module_is_refused(void **state)
{
	unsigned char header[sizeof(Elf64_Ehdr)] = {0x7f, 'E', 'L', 'F', 2, 1};
	struct error error = {0};

	(void)state;
	elf_check_module("", 0, &error);
	assert_failure(&error, -ENOEXEC, "not an ELF file");
	elf_check_module("#!/bin/sh\nexit 0 # long enough\n", 31, &error);
	assert_failure(&error, -ENOEXEC, "not an ELF file");
	elf_check_module(header, 30, &error);
	assert_failure(&error, -ENOEXEC, "its ELF header is cut short");
	elf_check_module(header, sizeof(header), &error);
	assert_failure(&error, -ENOEXEC, "not a relocatable ELF object");
	header[EI_CLASS] = 3;
	elf_check_module(header, sizeof(header), &error);
	assert_failure(&error, -ENOEXEC, "unknown ELF class");
}

static void a_module_cut_short_anywhere_is_refused(void **state)
{
	cleanup(free_string) char *path = make_module(state, "m.ko", info, code);
	struct error error = {0};
	size_t length;
	cleanup(free_string) char *data = scratch_read(path, &length);

	assert_ok(elf_check_module(data, length, &error), &error);
	for (size_t part = 0; part < length; part++) {
		/* A copy of the very size, so that reading past it is noticed. */
		cleanup(free_string) char *exact = xcalloc(part ? part : 1, 1);

		memcpy(exact, data, part);
		if (elf_check_module(exact, part, &error) != -ENOEXEC)
			fail_msg("%zu of %zu bytes were taken for a module", part, length);
		error_clear(&error);
	}
}

static void damaged_headers_are_survived(void **state)
{
	cleanup(free_string) char *path = make_module(state, "m.ko", info, code);
	size_t length;
	cleanup(free_string) char *data = scratch_read(path, &length);

	for (size_t i = 0; i < sizeof(Elf64_Ehdr); i++) {
		char old = data[i];

		for (int value = 0; value < 256; value += 5) {
			struct error error = {0};

			data[i] = (char)value;
			(void)elf_check_module(data, length, &error);
			error_clear(&error);
		}
		data[i] = old;
	}
}

/* The smallest module of a big-endian, 32-bit machine: a header and one empty section entry. */
static void other_machines_are_read_too(void **state)
{
	unsigned char file[sizeof(Elf32_Ehdr) + 2 * sizeof(Elf32_Shdr)] = {
		0x7f, 'E', 'L', 'F', ELFCLASS32, ELFDATA2MSB, 1};
	struct error error = {0};
	struct elf elf;

	(void)state;
	file[17] = ET_REL;
	file[35] = sizeof(Elf32_Ehdr); /* e_shoff */
	file[47] = sizeof(Elf32_Shdr); /* e_shentsize */
	file[49] = 2;                  /* e_shnum */
	assert_ok(elf_open(&elf, file, sizeof(file), &error), &error);
	elf_check_module(file, sizeof(file), &error);
	assert_failure(&error, -ENOEXEC, "it has no names of sections");
	file[sizeof(Elf32_Ehdr) + sizeof(Elf32_Shdr) + 7] = SHT_PROGBITS;
	file[sizeof(Elf32_Ehdr) + sizeof(Elf32_Shdr) + 20] = 1; /* sh_size: 16 MiB */
	elf_check_module(file, sizeof(file), &error);
	assert_failure(&error, -ENOEXEC, "a section is cut short");
}

UNIT_MAIN(cmocka_unit_test(what_is_no_module_is_refused),
	  scratch_test(a_module_cut_short_anywhere_is_refused),
	  scratch_test(damaged_headers_are_survived), cmocka_unit_test(other_machines_are_read_too))
