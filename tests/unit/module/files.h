/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What tests about module files share: a private directory for each test (as *state), programs,
 * and small modules made on the spot: real ELF objects with a .modinfo section, which is all that
 * signing, compression and libkmod look at.
 */
#pragma once

#include "unit.h"

#include <sched.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "scratch.h"

#include "base/memory.h"
#include "base/process.h"
#include "base/strv.h"

static inline int scratch_setup(void **state)
{
	*state = scratch_make();
	return 0;
}

static inline int scratch_teardown(void **state)
{
	char *scratch = *state;

	scratch_remove(&scratch);
	return 0;
}

#define scratch_test(test) cmocka_unit_test_setup_teardown(test, scratch_setup, scratch_teardown)

/* Ends the test with the message if something went wrong that should not have. */
static inline void assert_ok(int code, struct error *error)
{
	if (code < 0)
		fail_msg("%s", error->message);
}

/* The call failed as code, with text somewhere in its message. Clears the error. */
static inline void assert_failure(struct error *error, int code, const char *text)
{
	if (!error->code)
		fail_msg("no failure, expected \"%s\"", text);
	if (!strstr(error->message, text))
		fail_msg("\"%s\" is not in \"%s\"", text, error->message);
	assert_int_equal(error->code, code);
	error_clear(error);
}

/* Runs a shell command that must succeed (or, for run_status, gives its status) quietly. */
__attribute__((format(printf, 1, 2))) static inline int run_status(const char *format, ...)
{
	struct error error = {0};
	va_list arguments;
	int status = -1;

	va_start(arguments, format);
	cleanup(free_string) char *command = text_vformat(format, arguments);
	va_end(arguments);
	cleanup(strv_free) struct strv argv = {0};

	strv_add(&argv, "sh");
	strv_add(&argv, "-c");
	strv_add(&argv, command);
	const struct process process = {.argv = strv_argv(&argv), .stdout_fd = -1, .stderr_fd = -1};

	assert_ok(process_run(&process, &status, &error), &error);
	return status;
}

#define run(...) assert_int_equal(run_status(__VA_ARGS__), 0)

static inline bool has_program(const char *name)
{
	cleanup(free_string) char *path = process_find_program(name);

	return path != NULL;
}

static inline void skip_without(const char *program)
{
	if (has_program(program))
		return;
	print_message("# skipped: %s is not installed\n", program);
	skip();
}

static inline char *scratch_file(void **state, const char *name, const void *data, size_t length)
{
	scratch_write_bytes(*state, name, data, length, 0644);
	return path_join(*state, name, NULL);
}

static inline char *scratch_read(const char *path, size_t *ret_length)
{
	struct error error = {0};
	char *data = NULL;

	assert_ok(file_read(path, (size_t)1 << 30, &data, ret_length, &error), &error);
	return data;
}

static inline mode_t mode_of(const char *path)
{
	struct stat info;

	assert_int_equal(stat(path, &info), 0);
	return info.st_mode & 07777;
}

/* Makes a directory read-only for this process (root, too), or skips the test. */
static inline void mount_read_only(const char *directory)
{
	if (unshare(CLONE_NEWNS) == 0 && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
	    mount(directory, directory, NULL, MS_BIND, NULL) == 0 &&
	    mount(NULL, directory, NULL, MS_BIND | MS_REMOUNT | MS_RDONLY, NULL) == 0)
		return;
	print_message("# skipped: mounting takes root\n");
	skip();
}

static inline void unmount(const char *directory)
{
	assert_int_equal(umount2(directory, MNT_DETACH), 0);
}

/*
 * Compiles a module; each string of modinfo ("version=1.0", NULL at the end) goes to .modinfo,
 * code ("int f(void) { return 1; }") to .text.
 */
static inline char *make_module(void **state, const char *name, const char *const *modinfo,
				const char *code)
{
	cleanup(buffer_free) struct buffer source = {0};

	skip_without("cc");
	buffer_add_format(&source, "%s\n", code);
	for (size_t i = 0; modinfo[i]; i++)
		buffer_add_format(&source,
				  "static const char info%zu[] __attribute__((used, aligned(1), "
				  "section(\".modinfo\"))) = \"%s\";\n",
				  i, modinfo[i]);
	cleanup(free_string) char *file = text_format("%s.c", name);
	cleanup(free_string) char *path = scratch_file(state, file, source.data, source.length);
	char *module = path_join(*state, name, NULL);

	run("cc -g -c -o '%s' '%s'", module, path);
	return module;
}
