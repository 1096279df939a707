/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A private directory for one test, gone at the end of its scope:
 *
 *	cleanup(scratch_remove) char *scratch = scratch_make();
 *	scratch_write(scratch, "etc/os-release", "ID=debian\n");
 */
#pragma once

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/directory.h"
#include "base/file.h"
#include "base/path.h"
#include "base/temporary.h"
#include "base/text.h"

static inline char *scratch_make(void)
{
	const char *parent = getenv("TMPDIR");
	struct error error = {0};
	char *path = NULL;

	assert_int_equal(temporary_directory(parent ? parent : "/tmp", "test", &path, &error), 0);
	return path;
}

static inline void scratch_remove(char **scratch)
{
	struct error error = {0};

	if (*scratch)
		assert_int_equal(directory_remove(*scratch, &error), 0);
	free(*scratch);
}

/* Makes a directory below scratch with its parents. */
static inline void scratch_directory(const char *scratch, const char *name)
{
	cleanup(free_string) char *path = path_join(scratch, name, NULL);
	struct error error = {0};

	assert_int_equal(file_make_directories(path, &error), 0);
}

/* Writes a file below scratch, making its parents. */
static inline void scratch_write_bytes(const char *scratch, const char *name, const void *data,
				       size_t length, mode_t mode)
{
	cleanup(free_string) char *path = path_join(scratch, name, NULL);
	cleanup(free_string) char *parent = path_parent(path);
	struct error error = {0};

	assert_int_equal(file_make_directories(parent, &error), 0);
	assert_int_equal(file_write(path, data, length, mode, &error), 0);
}

static inline void scratch_write(const char *scratch, const char *name, const char *text)
{
	scratch_write_bytes(scratch, name, text, strlen(text), 0644);
}

/* A link below scratch, with its parents. */
static inline void scratch_symlink(const char *scratch, const char *name, const char *target)
{
	cleanup(free_string) char *path = path_join(scratch, name, NULL);
	cleanup(free_string) char *parent = path_parent(path);
	struct error error = {0};

	assert_int_equal(file_make_directories(parent, &error), 0);
	assert_int_equal(file_symlink(target, path, &error), 0);
}

/* The error must be set with this status and its message hold this text; clears it. */
static inline void assert_error(struct error *error, int exit_status, const char *part)
{
	assert_true(error->code < 0);
	assert_int_equal(error->exit_status, exit_status);
	if (!strstr(error->message, part))
		fail_msg("\"%s\" is not in \"%s\"", part, error->message);
	error_clear(error);
}
