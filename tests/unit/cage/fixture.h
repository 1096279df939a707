/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A tree with one module and a key, and a cage over it as a build has one. */
#pragma once

#include <stdlib.h>
#include <sys/stat.h>

#include "scratch.h"
#include "base/memory.h"
#include "cage/cage.h"

static const int none[2] = {-1, -1};

struct fixture {
	char *scratch, *tree, *home, *view, *build, *shown_build, *key;
	struct cage_support support;
	struct cage_request request;
	struct cage *cage;
	struct error error;
};

static inline struct fixture *fixture_new(void)
{
	struct fixture *f = NEW(struct fixture);

	f->scratch = scratch_make();
	assert_int_equal(chmod(f->scratch, 0755), 0);
	f->tree = path_join(f->scratch, "tree", NULL);
	f->home = path_join(f->tree, "foo/1.0", NULL);
	f->view = path_join(f->home, ".dkms-build-x", NULL);
	f->build = path_join(f->view, "build", NULL);
	f->shown_build = path_join(f->home, "build", NULL);
	f->key = path_join(f->tree, "mok.key", NULL);
	scratch_directory(f->scratch, "tree/foo/1.0/.dkms-build-x/build");
	scratch_write(f->scratch, "tree/mok.key", "the key\n");
	f->request = (struct cage_request){
		.support = &f->support,
		.strictest = CAGE_FULL,
		.view = f->view,
		.mount_point = f->home,
		.writable = f->shown_build,
		.readable = "",
		.temporary = "/tmp",
	};
	assert_int_equal(cage_find_support(&f->support, &f->error), 0);
	strv_add(&f->request.visible, f->tree);
	strv_add(&f->request.secrets, f->key);
	strv_add(&f->request.secrets, "/nonexistent/key");
	return f;
}

static inline void fixture_open(struct fixture *f, enum cage_kind strictest)
{
	f->request.strictest = strictest;
	(void)cage_open(&f->request, &f->cage, &f->error);
}

static inline struct fixture *caged(enum cage_kind kind)
{
	struct fixture *f = fixture_new();

	fixture_open(f, kind);
	if (!f->cage)
		fail_msg("no cage: %s", f->error.message);
	assert_int_equal(f->cage->kind, kind);
	return f;
}

static inline void fixture_free(struct fixture *f)
{
	if (f->cage)
		cage_close(f->cage);
	cage_support_free(&f->support);
	strv_free(&f->request.hidden);
	strv_free(&f->request.visible);
	strv_free(&f->request.secrets);
	error_clear(&f->error);
	free(f->tree);
	free(f->home);
	free(f->view);
	free(f->build);
	free(f->shown_build);
	free(f->key);
	scratch_remove(&f->scratch);
	free(f);
}
DEFINE_CLEANUP(struct fixture *, fixture_free)

/* The status of a bash command in the build directory; its messages go nowhere. */
static inline int run_with(struct fixture *f, const char *command, const char *argument,
			   const int keep[2])
{
	const char *argv[] = {"bash", "-c", command, "bash", argument, NULL};
	const struct process process = {.argv = (char *const *)argv,
					.directory = f->cage->kind == CAGE_NONE ? f->build
										: f->shown_build,
					.stdout_fd = -1,
					.stderr_fd = -1};
	struct error error = {0};
	int status = -1;

	if (cage_run(f->cage, &process, keep, &status, &error) < 0)
		fail_msg("%s", error.message);
	return status;
}

static inline int run(struct fixture *f, const char *command, const char *argument)
{
	return run_with(f, command, argument, none);
}

/* Whether there can be a full cage at all. */
static inline bool cages_are_possible(void)
{
	struct cage_support support = {0};
	struct error error = {0};

	(void)cage_find_support(&support, &error);
	error_clear(&error);
	bool possible = support.strictest == CAGE_FULL;

	cage_support_free(&support);
	return possible;
}
