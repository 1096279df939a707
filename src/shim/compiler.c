/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shim/compiler.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

/* The program that a front stands before: the next one of the same name on PATH. */

bool behind_search(const char *search, const char *name, const struct stat *self, char *path)
{
	for (const char *end; *search; search = *end ? end + 1 : end) {
		struct stat info;
		int length;

		end = search + strcspn(search, ":");
		length = snprintf(path, PATH_MAX, "%.*s/%s", (int)(end - search), search, name);
		if (*search == '/' && length < PATH_MAX && stat(path, &info) == 0 &&
		    S_ISREG(info.st_mode) && access(path, X_OK) == 0 &&
		    !(self && info.st_dev == self->st_dev && info.st_ino == self->st_ino))
			return true;
	}
	return false;
}

bool behind_find(struct behind *ret_behind)
{
	const char *called = (const char *)getauxval(AT_EXECFN);
	const char *slash = called ? strrchr(called, '/') : NULL;
	struct stat self;

	if (!slash || stat("/proc/self/exe", &self) < 0)
		return false;
	(void)snprintf(ret_behind->directory, sizeof(ret_behind->directory), "%.*s",
		       (int)(slash - called), called);
	ret_behind->name = slash + 1;
	ret_behind->search = getenv("PATH");
	return ret_behind->search &&
	       behind_search(ret_behind->search, ret_behind->name, &self, ret_behind->program);
}

bool compiler_add_file(const char *path, struct memory_key *key)
{
	char real[PATH_MAX];
	struct stat info;

	if (!realpath(path, real) || stat(real, &info) < 0)
		return false;
	const uint64_t facts[] = {info.st_ino, (uint64_t)info.st_size,
				  (uint64_t)info.st_mtim.tv_sec, (uint64_t)info.st_mtim.tv_nsec};

	memory_key_add_text(key, path);
	memory_key_add_text(key, real);
	memory_key_add(key, facts, sizeof(facts));
	return true;
}

static bool is_elf(const char *path)
{
	char magic[4] = {0};
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return false;
	ssize_t got = read(fd, magic, sizeof(magic));

	(void)close(fd);
	return got == sizeof(magic) && memcmp(magic, "\177ELF", sizeof(magic)) == 0;
}

bool compiler_add_program(const char *path, struct memory_key *key)
{
	return is_elf(path) && compiler_add_file(path, key);
}

/* An ELF program of that name; ccache, scripts and the like have another, or another magic. */
static bool is_known_compiler(const char *path)
{
	char real[PATH_MAX];
	const char *name;

	if (!realpath(path, real))
		return false;
	name = strrchr(real, '/') + 1;
	return (strstr(name, "gcc") || strstr(name, "clang")) && is_elf(real);
}

bool compiler_add_identity(const char *path, const char *search, struct memory_key *key)
{
	char assembler[PATH_MAX];

	if (!is_known_compiler(path) || !compiler_add_file(path, key))
		return false;
	return !behind_search(search, "as", NULL, assembler) || compiler_add_file(assembler, key);
}

bool compiler_add_environment(struct memory_key *key)
{
	/* gcc(1) and clang(1), "Environment"; ld.so(8). These change which programs run or what is
	 * written: */
	static const char *const refused[] = {"GCC_EXEC_PREFIX",     "COMPILER_PATH",
					      "GCC_COMPARE_DEBUG",   "DEPENDENCIES_OUTPUT",
					      "SUNPRO_DEPENDENCIES", "CCC_OVERRIDE_OPTIONS",
					      "CCC_ADD_ARGS"};
	static const char *const added[] = {"SOURCE_DATE_EPOCH", "CPATH",      "C_INCLUDE_PATH",
					    "LIBRARY_PATH",      "LD_PRELOAD", "LD_LIBRARY_PATH"};

	for (size_t i = 0; i < sizeof(refused) / sizeof(*refused); i++)
		if (getenv(refused[i]))
			return false;
	for (size_t i = 0; i < sizeof(added) / sizeof(*added); i++) {
		const char *value = getenv(added[i]);

		memory_key_add_text(key, value ? value : "");
	}
	return true;
}
