/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A scratch root that is some distribution, by tests/fixtures/os-release. */
#pragma once

#include "base/memory.h"
#include "distro/distro.h"
#include "distro/family.h"
#include "scratch.h"

/* A root of its own, its settings, the distribution, and a PATH with only its own bin. */
struct world {
	char *scratch;
	char *old_path;
	struct settings settings;
	struct distro *distro;
};

static inline int world_set_up(void **state)
{
	struct world *world = NEW(struct world);

	world->scratch = scratch_make();
	world->old_path = xstrdup(getenv("PATH"));
	settings_init(&world->settings, world->scratch);
	*state = world;
	return unsetenv("ADDON_MODULES_DIR");
}

static inline int world_tear_down(void **state)
{
	struct world *world = *state;
	int code = setenv("PATH", world->old_path, 1);

	distro_free(world->distro);
	settings_free(&world->settings);
	scratch_remove(&world->scratch);
	free(world->old_path);
	free(world);
	return code;
}

#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, world_set_up, world_tear_down)

/* Makes the world this distribution, named as its fixture, and detects it. */
static inline const struct distro *world_become(struct world *world, const char *fixture)
{
	cleanup(free_string) char *path = path_join("tests/fixtures/os-release", fixture, NULL);
	cleanup(free_string) char *text = NULL;
	struct error error = {0};

	assert_int_equal(file_read(path, 65536, &text, NULL, &error), 0);
	scratch_write(world->scratch, "etc/os-release", text);
	distro_free(world->distro);
	assert_int_equal(distro_detect(&world->settings, &world->distro, &error), 0);
	return world->distro;
}

/* Puts a shell script into the world's bin, which comes first on PATH from now on. */
static inline void world_add_program(struct world *world, const char *name, const char *script)
{
	cleanup(free_string) char *bin = path_join(world->scratch, "bin", NULL);
	cleanup(free_string) char *path = path_join("bin", name, NULL);
	cleanup(free_string) char *search = text_format("%s:%s", bin, world->old_path);
	cleanup(free_string) char *text = text_format("#!/bin/sh\n%s\n", script);

	scratch_write_bytes(world->scratch, path, text, strlen(text), 0755);
	assert_int_equal(setenv("PATH", search, 1), 0);
}
