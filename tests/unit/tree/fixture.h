/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A private root and the settings for it, made for each test and taken away after. */
#pragma once

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "unit.h"

#include "base/memory.h"
#include "model/settings.h"
#include "scratch.h"

struct fixture {
	char *root;
	struct settings settings;
};

static inline int fixture_setup(void **state)
{
	struct fixture *fixture = NEW(struct fixture);

	fixture->root = scratch_make();
	settings_init(&fixture->settings, fixture->root);
	*state = fixture;
	return 0;
}

static inline int fixture_teardown(void **state)
{
	struct fixture *fixture = *state;

	scratch_remove(&fixture->root);
	settings_free(&fixture->settings);
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

/* What was called must have succeeded. */
static inline void ok(int code, struct error *error)
{
	if (code < 0)
		fail_msg("%s", error->message);
}
