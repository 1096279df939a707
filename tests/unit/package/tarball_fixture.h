/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A private system with module foo/1.0, and what the tests of tarballs ask about it. */
#pragma once

#include "directory_snapshot.h"
#include "message_log.h"
#include "scratch.h"

#include "base/memory.h"
#include "package/tarball.h"
#include "tree/registry.h"

struct fixture {
	char *root;
	struct settings settings;
	struct module_id id;
	struct kernel_id kernel;
	struct message_log log;
};

static inline int setup(void **state)
{
	struct fixture *fixture = NEW(struct fixture);

	fixture->root = scratch_make();
	settings_init(&fixture->settings, fixture->root);
	scratch_directory(fixture->root, "var/lib/dkms");
	scratch_directory(fixture->root, "usr/src");
	message_log_init(&fixture->log);
	fixture->id = module_id_new("foo", "1.0");
	fixture->kernel = kernel_id_new("6.1", "x86_64");
	*state = fixture;
	return 0;
}

static inline int teardown(void **state)
{
	struct fixture *fixture = *state;

	module_id_free(&fixture->id);
	kernel_id_free(&fixture->kernel);
	message_log_clear(&fixture->log);
	settings_free(&fixture->settings);
	scratch_remove(&fixture->root);
	free(fixture);
	return 0;
}

#define FIXTURE_TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

/* All but the tree's lock and journals. */
static inline char *take_snapshot(const struct fixture *fixture)
{
	return snapshot_take(fixture->root, "/var/lib/dkms/.dkms");
}

static inline void expect_content(const struct fixture *fixture, const char *name,
				  const char *content)
{
	cleanup(free_string) char *path = path_join(fixture->root, name, NULL);
	cleanup(free_string) char *data = NULL;
	struct error error = {0};

	if (file_read(path, 4096, &data, NULL, &error) < 0)
		fail_msg("%s", error.message);
	assert_string_equal(data, content);
}

static inline bool exists(const struct fixture *fixture, const char *name)
{
	cleanup(free_string) char *path = path_join(fixture->root, name, NULL);

	return file_exists_nofollow(path);
}

static inline void expect_message(const struct fixture *fixture, const char *part)
{
	if (!strstr(message_log_text(&fixture->log), part))
		fail_msg("\"%s\" is not in \"%s\"", part, message_log_text(&fixture->log));
}
