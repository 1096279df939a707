/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "remote/fixture.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define STORE "store/v2/mod/"

static void what_was_published_comes_back(void **state)
{
	cleanup(world_close) struct world world;
	cleanup(remote_build_free) struct remote_build build = {0};
	struct remote_pushed pushed = {0};

	world_open(state, &world);
	assert_ok(push(&world, &pushed), &world.error);
	assert_ok(fetch(&world, TAG, &build), &world.error);
	assert_string_equal(build.manifest_digest, pushed.manifest_digest);
	cleanup(free_string) char *config = scratch_read(build.config, NULL);
	cleanup(free_string) char *original = manifest_print(world.manifest);
	cleanup(free_string) char *one = path_join(build.modules, "mod.ko", NULL);
	cleanup(free_string) char *two = path_join(build.modules, "two.ko", NULL);
	cleanup(free_string) char *three = path_join(build.modules, "Module.symvers", NULL);
	cleanup(free_string) char *text = scratch_read(two, NULL);

	assert_string_equal(config, original);
	assert_string_equal(text, "the second");
	assert_true(file_is_regular(one) && file_is_regular(three));
	assert_true(pushed.sent == pushed.bytes && build.bytes < pushed.bytes);
	free(pushed.manifest_digest);
}

static void what_is_there_is_not_sent_again(void **state)
{
	cleanup(world_close) struct world world;
	struct remote_pushed pushed = {0};

	world_open(state, &world);
	push_well(&world);
	assert_ok(push(&world, &pushed), &world.error);
	assert_int_equal(pushed.sent, 0);
	free(pushed.manifest_digest);
}

static void each_tag_and_the_digest_lead_to_it(void **state)
{
	cleanup(world_close) struct world world;
	struct remote_pushed pushed = {0};

	world_open(state, &world);
	assert_ok(push(&world, &pushed), &world.error);
	const char *const tags[] = {TAG, TAG ".aaaa", pushed.manifest_digest};

	for (size_t i = 0; i < 3; i++) {
		cleanup(remote_build_free) struct remote_build build = {0};

		assert_ok(fetch(&world, tags[i], &build), &world.error);
	}
	free(pushed.manifest_digest);
}

static void one_that_is_not_there_is_not_published(void **state)
{
	cleanup(world_close) struct world world;
	struct remote_build build = {0};

	world_open(state, &world);
	push_well(&world);
	assert_int_equal(fetch(&world, "b1-none", &build), -ENOENT);
	assert_error(&world.error, EXIT_NOT_PUBLISHED, "has no b1-none of mod.");
}

static void a_directory_that_is_not_there_is_out_of_reach(void **state)
{
	cleanup(world_close) struct world world;

	world_open(state, &world);
	refuse(&world, -EHOSTUNREACH, EXIT_UNREACHABLE, "Cannot open the directory");
	/* It is not asked again in this run, though it is there now. */
	scratch_directory(*state, "store");
	refuse(&world, -EHOSTUNREACH, EXIT_UNREACHABLE, "Cannot open the directory");
}

static int believe_nobody(void *context, const char *config, const char *signature,
			  struct error *error)
{
	(void)config;
	(void)signature;
	return error_set(error, -EACCES, EXIT_NOT_TRUSTED, "%s", (const char *)context);
}

static void nothing_is_fetched_of_whom_is_not_believed(void **state)
{
	cleanup(world_close) struct world world;
	struct remote_build build = {0};

	world_open(state, &world);
	push_well(&world);
	cleanup(free_string) char *directory = fresh(&world, "fetched");
	cleanup(free_string) char *modules = path_join(directory, "module", NULL);
	const struct remote_request request = {
		.base = world.base,
		.module = "mod",
		.tag = TAG,
		.directory = directory,
		.believe = believe_nobody,
		.context = (void *)"No.",
	};

	assert_int_equal(remote_fetch(world.session, &request, &build, &world.error), -EACCES);
	assert_error(&world.error, EXIT_NOT_TRUSTED, "No.");
	assert_false(file_exists(modules));
}

/* The file of a blob that holds the bytes, below scratch; owned. */
static char *blob_of(const void *data, size_t length)
{
	cleanup(free_string) char *digest = digest_of(data, length);

	return text_format(STORE "blobs/sha256:%s", digest);
}

static char *packed_blob(const struct world *world, const char *name)
{
	cleanup(free_string) char *path = below(world, name);
	size_t length = 0;
	cleanup(free_string) char *data = scratch_read(path, &length);

	return blob_of(data, length);
}

static void a_changed_blob_is_noticed(void **state)
{
	cleanup(world_close) struct world world;

	world_open(state, &world);
	push_well(&world);
	cleanup(free_string) char *blob = packed_blob(&world, "packed/mod.ko.zst");
	cleanup(free_string) char *path = below(&world, blob);
	size_t length = 0;
	cleanup(free_string) char *data = scratch_read(path, &length);

	data[length - 1] ^= 1;
	scratch_write_bytes(*state, blob, data, length, 0644);
	refuse(&world, -EBADMSG, EXIT_NOT_TRUSTED, "mod.ko");
	scratch_write_bytes(*state, blob, data, length - 1, 0644);
	refuse(&world, -EBADMSG, EXIT_NOT_TRUSTED, "is cut short");
	scratch_write(*state, blob, "much longer than what the manifest has for the size of it");
	refuse(&world, -EBADMSG, EXIT_NOT_TRUSTED, "");
}

static void a_changed_config_is_noticed(void **state)
{
	cleanup(world_close) struct world world;

	world_open(state, &world);
	push_well(&world);
	cleanup(free_string) char *blob = packed_blob(&world, "build/config");
	cleanup(free_string) char *path = below(&world, blob);
	cleanup(free_string) char *text = scratch_read(path, NULL);

	text[10] ^= 1;
	scratch_write(*state, blob, text);
	refuse(&world, -EBADMSG, EXIT_NOT_TRUSTED, "holds something else than its digest says");
}

static void links_are_not_followed(void **state)
{
	cleanup(world_close) struct world world;

	world_open(state, &world);
	push_well(&world);
	cleanup(free_string) char *blob = packed_blob(&world, "build/config");
	cleanup(free_string) char *path = below(&world, blob);
	cleanup(free_string) char *target = below(&world, "build/config");

	assert_int_equal(unlink(path), 0);
	assert_int_equal(symlink(target, path), 0);
	refuse(&world, -EBADMSG, EXIT_NOT_TRUSTED, "Links are not followed.");
	cleanup(free_string) char *manifests = below(&world, STORE "manifests");
	cleanup(free_string) char *moved = below(&world, "moved");

	assert_int_equal(rename(manifests, moved), 0);
	assert_int_equal(symlink(moved, manifests), 0);
	refuse(&world, -EBADMSG, EXIT_NOT_TRUSTED, "Links are not followed.");
}

/* Where others can write, they put links in the way of root, who pushes. */
static void a_push_follows_no_link(void **state)
{
	static const char *const names[] = {"store/v2", "store/v2/mod", "store/v2/mod/blobs",
					    "store/v2/mod/manifests", "store/v2/mod/tags"};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		cleanup(world_close) struct world world;
		struct remote_pushed pushed = {0};

		world_open(state, &world);
		cleanup(free_string) char *elsewhere = fresh(&world, "elsewhere");
		cleanup(free_string) char *link = below(&world, names[i]);
		cleanup(free_string) char *parent = path_parent(link);
		struct error error = {0};

		free(fresh(&world, "store"));
		assert_ok(file_make_directories(parent, &error), &error);
		assert_int_equal(symlink(elsewhere, link), 0);
		assert_int_equal(push(&world, &pushed), -EBADMSG);
		assert_error(&world.error, EXIT_NOT_TRUSTED, "Links are not followed.");
		assert_true(temporary_is_all_in(elsewhere));
	}
}

static void a_fifo_does_not_hang(void **state)
{
	cleanup(world_close) struct world world;

	world_open(state, &world);
	push_well(&world);
	cleanup(free_string) char *path = below(&world, STORE "manifests/" TAG);

	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkfifo(path, 0644), 0);
	refuse(&world, -EBADMSG, EXIT_NOT_TRUSTED, "no regular file");
}

static void another_build_under_the_tag_is_fetched_whole_or_not(void **state)
{
	cleanup(world_close) struct world world;

	world_open(state, &world);
	push_well(&world);
	/* The layers are those of a build, the config is not theirs. */
	free(world.manifest->modules[0].digest);
	world.manifest->modules[0].digest = digest_text("another");
	cleanup(free_string) char *config = manifest_print(world.manifest);

	scratch_write(*state, "build/config", config);
	push_well(&world);
	refuse(&world, -EBADMSG, EXIT_NOT_TRUSTED,
	       "mod.ko of mod is not what its publisher signed.");
}

static void a_module_without_its_layer_is_noticed(void **state)
{
	cleanup(world_close) struct world world;

	world_open(state, &world);
	manifest_add_module(world.manifest, xstrdup("three.ko"), digest_text("3"), xstrdup("x"));
	cleanup(free_string) char *config = manifest_print(world.manifest);

	scratch_write(*state, "build/config", config);
	world.manifest->module_count--;
	push_well(&world);
	world.manifest->module_count++;
	refuse(&world, -EBADMSG, EXIT_NOT_TRUSTED,
	       "has no layer three.ko, which its config names.");
}

/* A manifest as it may stand in a directory of others, in place of the one that was published. */
static void refuse_manifest(void **state, struct world *world, const char *text, const char *part)
{
	scratch_write(*state, STORE "manifests/" TAG, text);
	refuse(world, -EBADMSG, EXIT_NOT_TRUSTED, part);
}

static void manifests_that_lie_are_refused(void **state)
{
	cleanup(world_close) struct world world;
	cleanup(free_string) char *huge = xcalloc(OCI_MANIFEST_MAX + 2, 1);

	world_open(state, &world);
	push_well(&world);
	cleanup(free_string) char *path = below(&world, STORE "manifests/" TAG);
	cleanup(free_string) char *good = scratch_read(path, NULL);

	refuse_manifest(state, &world, "", "is no JSON");
	refuse_manifest(state, &world, "<html>Please log in</html>", "is no JSON");
	refuse_manifest(state, &world, "[]", "is no JSON");
	refuse_manifest(state, &world, "{\"schemaVersion\":1}", "another format");
	refuse_manifest(
		state, &world,
		"{\"schemaVersion\":2,\"mediaType\":"
		"\"application/vnd.docker.distribution.manifest.list.v2+json\"}",
		"another format (application/vnd.docker.distribution.manifest.list.v2+json)");
	refuse_manifest(state, &world, "{\"schemaVersion\":2,\"config\":{}}", "SHA-256");
	memset(huge, ' ', OCI_MANIFEST_MAX + 1);
	refuse_manifest(state, &world, huge, "too large");
	cleanup(free_string) char *half = xstrndup(good, strlen(good) / 2);

	refuse_manifest(state, &world, half, "cut short");
}

/* The good manifest with one text in it changed. */
static char *changed(const char *text, const char *from, const char *to)
{
	const char *found = strstr(text, from);

	assert_non_null(found);
	return text_format("%.*s%s%s", (int)(found - text), text, to, found + strlen(from));
}

static void manifests_whose_parts_lie_are_refused(void **state)
{
	static const char *const cases[][3] = {
		{"image.title\":\"mod.ko\"", "image.title\":\"../mod.ko\"", "no name of a file"},
		{"image.title\":\"mod.ko\"", "image.title\":\"mod\\u0000.ko\"",
		 "no name of a file"},
		{"image.title\":\"mod.ko\"", "image.title\":\"a\\r\\nb.ko\"", "no name of a file"},
		{DKMS_SIGNATURE_TYPE, "text/plain", "no signature"},
		{DKMS_MODULE_TYPE, "text/html", "is no module but text/html"},
		{DKMS_CONFIG_TYPE, "application/json", "does not describe a build"},
		{DKMS_ARTIFACT_TYPE, "application/x", "does not describe a build"},
		{"sha256:", "sha512:", "SHA-256"},
		{"\"size\":", "\"size\":-", "size"},
		{"\"size\":", "\"size\":99999999", "larger than"},
	};
	cleanup(world_close) struct world world;

	world_open(state, &world);
	push_well(&world);
	cleanup(free_string) char *path = below(&world, STORE "manifests/" TAG);
	cleanup(free_string) char *good = scratch_read(path, NULL);

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		cleanup(free_string) char *bad = changed(good, cases[i][0], cases[i][1]);

		refuse_manifest(state, &world, bad, cases[i][2]);
	}
}

static void the_list_says_what_is_there(void **state)
{
	cleanup(world_close) struct world world;
	cleanup(remote_entries_free) struct remote_entries entries = {0};
	cleanup(remote_entries_free) struct remote_entries none = {0};
	cleanup(remote_entries_free) struct remote_entries rest = {0};

	world_open(state, &world);
	push_well(&world);
	assert_ok(remote_list(world.session, world.base, "mod", &entries, &world.error),
		  &world.error);
	assert_int_equal(entries.count, 2);
	assert_string_equal(entries.items[0].tag, TAG);
	assert_string_equal(entries.items[0].module, "mod");
	assert_string_equal(entries.items[0].kernel, RELEASE);
	assert_string_equal(entries.items[0].created, "2001-09-09T01:46:40Z");
	assert_string_equal(entries.items[0].publisher, "Lab");
	assert_ok(remote_list(world.session, world.base, "other", &none, &world.error),
		  &world.error);
	assert_int_equal(none.count, 0);
	assert_ok(remote_remove(world.session, world.base, "mod", entries.items[0].digest,
				&world.tags, &world.error),
		  &world.error);
	assert_ok(remote_list(world.session, world.base, "mod", &rest, &world.error), &world.error);
	assert_int_equal(rest.count, 0);
}

/* 600 MiB of zeros are a few KiB as zstd: what unpacks to more than 512 MiB is stopped there. */
static void a_bomb_is_stopped(void **state)
{
	cleanup(world_close) struct world world;
	struct error error = {0};

	world_open(state, &world);
	cleanup(free_string) char *bomb = below(&world, "build/module/mod.ko");

	assert_int_equal(truncate(bomb, (off_t)OCI_MODULE_MAX + (88 << 20)), 0);
	push_well(&world);
	refuse(&world, -EBADMSG, EXIT_NOT_TRUSTED, "mod.ko: It unpacks to more than is allowed.");
	error_clear(&error);
}

UNIT_MAIN(scratch_test(what_was_published_comes_back),
	  scratch_test(what_is_there_is_not_sent_again),
	  scratch_test(each_tag_and_the_digest_lead_to_it),
	  scratch_test(one_that_is_not_there_is_not_published),
	  scratch_test(a_directory_that_is_not_there_is_out_of_reach),
	  scratch_test(nothing_is_fetched_of_whom_is_not_believed),
	  scratch_test(a_changed_blob_is_noticed), scratch_test(a_changed_config_is_noticed),
	  scratch_test(links_are_not_followed), scratch_test(a_push_follows_no_link),
	  scratch_test(a_fifo_does_not_hang),
	  scratch_test(another_build_under_the_tag_is_fetched_whole_or_not),
	  scratch_test(a_module_without_its_layer_is_noticed),
	  scratch_test(manifests_that_lie_are_refused),
	  scratch_test(manifests_whose_parts_lie_are_refused),
	  scratch_test(the_list_says_what_is_there), scratch_test(a_bomb_is_stopped))
