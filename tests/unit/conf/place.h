/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A private root directory with settings that point there, for tests that read files. */
#pragma once

#include "base/memory.h"
#include "fixture.h"
#include "scratch.h"

/* A root with a dkms.conf and /etc/dkms, and a request that points there. */
struct place {
	char *root;
	char *conf_file;
	struct settings settings;
	struct conf_request request;
	struct notebook notebook;
	struct error error;
};

static inline void place_write(const struct place *place, const char *path, const char *text)
{
	scratch_write(place->root, path, text);
}

static inline int place_setup(void **state)
{
	struct place *place = test_calloc(1, sizeof(*place));

	place->root = scratch_make();
	place->conf_file = path_join(place->root, "src/dkms.conf", NULL);
	settings_init(&place->settings, place->root);
	place->settings.parallel_jobs = 3;
	place->notebook = notebook_new();
	place->request = (struct conf_request){
		.settings = &place->settings,
		.conf_file = place->conf_file,
		.module = "foo",
		.module_version = "1.0",
		.kernel_release = "6.1.0-56-amd64",
		.arch = "x86_64",
	};
	*state = place;
	return 0;
}

static inline int place_teardown(void **state)
{
	struct place *place = *state;

	error_clear(&place->error);
	notebook_free(&place->notebook);
	settings_free(&place->settings);
	scratch_remove(&place->root);
	free(place->conf_file);
	test_free(place);
	return 0;
}

#define PLACE_TEST(name) cmocka_unit_test_setup_teardown(name, place_setup, place_teardown)
