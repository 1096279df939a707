/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A private root with an empty tree and install tree, made for each test and taken away after. */
#pragma once

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "unit.h"

#include "base/cleanup.h"
#include "base/directory.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/text.h"
#include "model/settings.h"

struct fixture {
	char *root;
	struct settings settings;
};

static inline int fixture_setup(void **state)
{
	struct fixture *fixture = NEW(struct fixture);
	const char *temporary = getenv("TMPDIR");
	struct error error = {0};

	if (directory_make_temporary(temporary ? temporary : "/tmp", "test", &fixture->root,
				     &error) < 0)
		fail_msg("%s", error.message);
	settings_init(&fixture->settings, fixture->root);
	*state = fixture;
	return 0;
}

static inline int fixture_teardown(void **state)
{
	struct fixture *fixture = *state;
	struct error error = {0};

	if (directory_remove(fixture->root, &error) < 0)
		fail_msg("%s", error.message);
	settings_free(&fixture->settings);
	free(fixture->root);
	free(fixture);
	return 0;
}

#define FIXTURE_TEST(function) \
	cmocka_unit_test_setup_teardown(function, fixture_setup, fixture_teardown)

/* A path below the root, owned by the caller. */
static inline char *fixture_path(const struct fixture *fixture, const char *path)
{
	return path_join(fixture->root, path, NULL);
}

static inline void fixture_make_directory(const struct fixture *fixture, const char *path)
{
	cleanup(free_string) char *full = fixture_path(fixture, path);
	struct error error = {0};

	if (file_make_directories(full, &error) < 0)
		fail_msg("%s", error.message);
}

/* Makes what is missing of the parent directories. */
static inline void fixture_write(const struct fixture *fixture, const char *path, const char *text)
{
	cleanup(free_string) char *full = fixture_path(fixture, path);
	cleanup(free_string) char *parent = path_parent(path);
	struct error error = {0};

	fixture_make_directory(fixture, parent);
	if (file_write(full, text, strlen(text), 0644, &error) < 0)
		fail_msg("%s", error.message);
}

static inline void fixture_link(const struct fixture *fixture, const char *target, const char *path)
{
	cleanup(free_string) char *full = fixture_path(fixture, path);
	cleanup(free_string) char *parent = path_parent(path);
	struct error error = {0};

	fixture_make_directory(fixture, parent);
	if (file_symlink(target, full, &error) < 0)
		fail_msg("%s", error.message);
}

/* The error must be set, with this exit status and these words; it is cleared. */
static inline void expect_error(struct error *error, int exit_status, const char *words)
{
	assert_int_not_equal(error->code, 0);
	assert_int_equal(error->exit_status, exit_status);
	if (!strstr(error->message, words))
		fail_msg("\"%s\" does not say \"%s\"", error->message, words);
	error_clear(error);
}
