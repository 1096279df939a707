/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A build of two modules below the scratch directory, to be published and fetched. */
#pragma once

#include "reuse/fixture.h"

#include "remote/oci_json.h"
#include "remote/remote.h"

#define TAG "b1-0123"

struct world {
	const char *scratch;
	struct settings settings;
	struct remote_session *session;
	struct manifest *manifest;
	char *base; /* dir:SCRATCH/store */
	struct strv tags;
	struct error error;
};

static inline char *below(const struct world *world, const char *name)
{
	return path_join(world->scratch, name, NULL);
}

static inline void world_open(void **state, struct world *world)
{
	*world = (struct world){.scratch = *state, .manifest = make_manifest()};
	settings_init(&world->settings, *state);
	world->session = remote_session_new(&world->settings, NULL);
	world->base = text_format("dir:%s/store", world->scratch);
	strv_add(&world->tags, TAG ".aaaa");
	strv_add(&world->tags, TAG);
	manifest_add_module(world->manifest, xstrdup("two.ko"), digest_text("the second"),
			    xstrdup(RELEASE " SMP"));
	world->manifest->symvers = digest_text("symbols");
	cleanup(free_string) char *config = manifest_print(world->manifest);

	scratch_write(*state, "build/config", config);
	scratch_write(*state, "build/signature", "signed");
	scratch_write(*state, "build/module/mod.ko", "module");
	scratch_write(*state, "build/module/two.ko", "the second");
	scratch_write(*state, "build/module/Module.symvers", "symbols");
	assert_int_equal(chmod(world->scratch, 0700), 0);
}

static inline void world_close(struct world *world)
{
	remote_session_free(world->session);
	settings_free(&world->settings);
	manifest_free(world->manifest);
	free(world->base);
	strv_free(&world->tags);
	error_clear(&world->error);
}

/* A new empty directory below scratch, owned by the caller. */
static inline char *fresh(const struct world *world, const char *name)
{
	struct error error = {0};
	char *path = below(world, name);

	assert_ok(directory_remove(path, &error), &error);
	assert_ok(file_make_directories(path, &error), &error);
	return path;
}

static inline int push(struct world *world, struct remote_pushed *pushed)
{
	cleanup(free_string) char *config = below(world, "build/config");
	cleanup(free_string) char *signature = below(world, "build/signature");
	cleanup(free_string) char *modules = below(world, "build/module");
	cleanup(free_string) char *packed = fresh(world, "packed");
	const struct remote_push_request request = {
		.base = world->base,
		.manifest = world->manifest,
		.config = config,
		.signature = signature,
		.modules = modules,
		.scratch = packed,
		.publisher = "Lab",
		.tags = &world->tags,
		.created = 1000000000,
	};

	return remote_push(world->session, &request, pushed, &world->error);
}

static inline void push_well(struct world *world)
{
	struct remote_pushed pushed = {0};

	assert_ok(push(world, &pushed), &world->error);
	free(pushed.manifest_digest);
}

static inline int believe_all(void *context, const char *config, const char *signature,
			      struct error *error)
{
	(void)error;
	(void)context;
	cleanup(free_string) char *text = scratch_read(signature, NULL);

	assert_string_equal(text, "signed");
	assert_true(file_is_regular(config));
	return 0;
}

static inline int fetch(struct world *world, const char *tag, struct remote_build *build)
{
	cleanup(free_string) char *directory = fresh(world, "fetched");
	const struct remote_request request = {
		.base = world->base,
		.module = "mod",
		.tag = tag,
		.directory = directory,
		.believe = believe_all,
	};

	return remote_fetch(world->session, &request, build, &world->error);
}

/* The fetch fails so. */
#define refuse(world, expected, status, part)                           \
	do {                                                            \
		struct remote_build build_ = {0};                       \
		assert_int_equal(fetch(world, TAG, &build_), expected); \
		assert_error(&(world)->error, status, part);            \
		remote_build_free(&build_);                             \
	} while (0)
