/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <fcntl.h>
#include <sys/stat.h>

#include "module/content.h"
#include "reuse/cache.h"
#include "reuse/fixture.h"

/* settings whose tree and cache are below scratch, of so many bytes. */
static void start(void **state, struct settings *settings, uint64_t size)
{
	settings_init(settings, *state);
	settings->cache_size = size;
}

/* Keeps a build of the source, whose module holds the text. */
static void put(void **state, const struct settings *settings, const char *source, const char *text)
{
	cleanup(manifest_free_handler) struct manifest *manifest = make_manifest();
	cleanup(free_string) char *modules = path_join(*state, "module", NULL);
	struct error error = {0};

	scratch_write(*state, "module/mod.ko", text);
	text_assign(&manifest->inputs.source, source);
	free(manifest->modules[0].digest);
	manifest->modules[0].digest = digest_text(text);
	assert_ok(cache_put(settings, manifest, modules, &error), &error);
}

/* How many entries may do for the source; *ret_first is the first one's path. */
static size_t find(const struct settings *settings, const char *source, char **ret_first)
{
	cleanup(manifest_free_handler) struct manifest *manifest = make_manifest();
	cleanup(strv_free) struct strv entries = {0};

	text_assign(&manifest->inputs.source, source);
	cache_find(settings, &manifest->inputs, "x86_64", &entries, NULL);
	if (ret_first)
		*ret_first = xstrdup(entries.count ? entries.items[0] : "");
	return entries.count;
}

static size_t count(const struct settings *settings)
{
	struct cache_entries entries = {0};
	struct error error = {0};

	assert_ok(cache_list(settings, &entries, &error), &error);
	size_t found = entries.count;

	cache_entries_free(&entries);
	return found;
}

/* As if it had been used so many seconds ago. */
static void make_old(const struct settings *settings, const char *source, time_t seconds)
{
	cleanup(free_string) char *entry = NULL;
	struct timespec times[2] = {{.tv_sec = 1000000000 - seconds},
				    {.tv_sec = 1000000000 - seconds}};

	assert_int_equal(find(settings, source, &entry), 1);
	assert_int_equal(utimensat(AT_FDCWD, entry, times, 0), 0);
}

static void what_was_kept_is_found_by_its_inputs(void **state)
{
	cleanup(settings_free) struct settings settings;
	cleanup(free_string) char *entry = NULL;

	start(state, &settings, 1 << 20);
	assert_int_equal(count(&settings), 0);
	assert_int_equal(find(&settings, "a", NULL), 0);
	put(state, &settings, "a", "module of a");
	assert_int_equal(find(&settings, "a", &entry), 1);
	assert_int_equal(find(&settings, "b", NULL), 0);
	cleanup(free_string) char *module = path_join(entry, "module/mod.ko", NULL);
	cleanup(free_string) char *text = scratch_read(module, NULL);

	assert_memory_equal(text, "module of a", 11);
	/* The same is not kept twice, another result of the same inputs beside it. */
	put(state, &settings, "a", "module of a");
	assert_int_equal(find(&settings, "a", NULL), 1);
	put(state, &settings, "a", "other");
	assert_int_equal(find(&settings, "a", NULL), 2);
}

static void what_is_unfit_or_not_what_was_built_is_not_kept(void **state)
{
	cleanup(settings_free) struct settings settings;
	cleanup(manifest_free_handler) struct manifest *manifest = make_manifest();
	cleanup(free_string) char *modules = path_join(*state, "module", NULL);
	struct error error = {0};

	start(state, &settings, 1 << 20);
	assert_int_equal(cache_put(&settings, manifest, modules, &error), -ENOENT);
	assert_error(&error, 0, "mod.ko is missing");
	scratch_write(*state, "module/mod.ko", "altered");
	assert_int_equal(cache_put(&settings, manifest, modules, &error), -EBADMSG);
	assert_error(&error, 0, "is not what was built");
	scratch_write(*state, "module/mod.ko", "module");
	manifest->unfit = xstrdup("it names its kernel");
	assert_ok(cache_put(&settings, manifest, modules, &error), &error);
	assert_int_equal(count(&settings), 0);
	free(manifest->unfit);
	manifest->unfit = NULL;
	settings.cache_size = 0;
	assert_ok(cache_put(&settings, manifest, modules, &error), &error);
	assert_int_equal(count(&settings), 0);
	settings.cache_size = 1 << 20;
	assert_ok(cache_put(&settings, manifest, modules, &error), &error);
	assert_int_equal(count(&settings), 1);
}

static void what_was_not_used_for_longest_goes(void **state)
{
	cleanup(settings_free) struct settings settings;
	cleanup(free_string) char *oldest = NULL;
	struct error error = {0};
	size_t removed = 77;

	start(state, &settings, 1 << 20);
	put(state, &settings, "a", "a");
	put(state, &settings, "b", "b");
	put(state, &settings, "c", "c");
	make_old(&settings, "a", 10);
	make_old(&settings, "b", 30);
	make_old(&settings, "c", 20);
	assert_ok(cache_shrink(&settings, 1 << 20, false, &removed, &error), &error);
	assert_int_equal(removed, 0);
	/* Used just now. */
	assert_int_equal(find(&settings, "b", &oldest), 1);
	cache_touch(oldest);
	struct cache_entries entries = {0};

	assert_ok(cache_list(&settings, &entries, &error), &error);
	assert_int_equal(entries.count, 3);
	assert_string_equal(entries.items[0].path, oldest);
	uint64_t two = entries.items[0].size + entries.items[1].size;

	cache_entries_free(&entries);
	assert_ok(cache_shrink(&settings, two, true, &removed, &error), &error);
	assert_int_equal(removed, 1);
	assert_int_equal(count(&settings), 3);
	assert_ok(cache_shrink(&settings, two, false, &removed, &error), &error);
	assert_int_equal(removed, 1);
	assert_int_equal(find(&settings, "c", NULL), 0);
	assert_int_equal(find(&settings, "a", NULL) + find(&settings, "b", NULL), 2);
	assert_ok(cache_shrink(&settings, two - 1, false, &removed, &error), &error);
	assert_int_equal(find(&settings, "a", NULL), 0);
	assert_ok(cache_shrink(&settings, 0, true, &removed, &error), &error);
	assert_ok(cache_shrink(&settings, 0, false, &removed, &error), &error);
	assert_int_equal(count(&settings), 0);
}

static void keeping_more_than_there_is_room_for_makes_room(void **state)
{
	cleanup(settings_free) struct settings settings;
	struct error error = {0};
	struct cache_entries entries = {0};

	start(state, &settings, 1 << 20);
	put(state, &settings, "a", "a");
	assert_ok(cache_list(&settings, &entries, &error), &error);
	settings.cache_size = entries.items[0].size;
	cache_entries_free(&entries);
	make_old(&settings, "a", 10);
	put(state, &settings, "b", "b");
	assert_int_equal(find(&settings, "a", NULL), 0);
	assert_int_equal(find(&settings, "b", NULL), 1);
}

/* One that is too big goes; an older one that still fits stays. */
static void a_big_one_does_not_take_small_ones_along(void **state)
{
	cleanup(settings_free) struct settings settings;
	cleanup(free_string) char *big = xcalloc(50001, 1);
	struct error error = {0};
	size_t removed = 0;

	start(state, &settings, 1 << 20);
	memset(big, 'b', 50000);
	put(state, &settings, "new", "n");
	put(state, &settings, "big", big);
	put(state, &settings, "old", "o");
	make_old(&settings, "new", 10);
	make_old(&settings, "big", 20);
	make_old(&settings, "old", 30);
	assert_ok(cache_shrink(&settings, 20000, false, &removed, &error), &error);
	assert_int_equal(removed, 1);
	assert_int_equal(find(&settings, "big", NULL), 0);
	assert_int_equal(find(&settings, "old", NULL), 1);
	settings.cache_size = 0;
	assert_int_equal(find(&settings, "old", NULL), 0);
}

/* Its files get signed. */
static void what_others_may_write_to_is_not_used(void **state)
{
	cleanup(settings_free) struct settings settings;
	cleanup(manifest_free_handler) struct manifest *manifest = make_manifest();
	cleanup(free_string) char *modules = path_join(*state, "module", NULL);
	struct cache_entries entries = {0};
	struct error error = {0};

	start(state, &settings, 1 << 20);
	put(state, &settings, "a", "module");
	cleanup(free_string) char *directory = cache_directory(&settings);

	assert_int_equal(chmod(directory, 0777), 0);
	assert_int_equal(find(&settings, "a", NULL), 0);
	assert_int_equal(cache_list(&settings, &entries, &error), -EPERM);
	assert_error(&error, 0, "others may write to it");
	assert_int_equal(cache_put(&settings, manifest, modules, &error), -EPERM);
	assert_error(&error, 0, "others may write to it");
	assert_int_equal(chmod(directory, 0700), 0);
	assert_int_equal(find(&settings, "a", NULL), 1);
}

static void another_tree_has_a_cache_of_its_own(void **state)
{
	cleanup(settings_free) struct settings settings;
	cleanup(free_string) char *tree = path_join(*state, "elsewhere", NULL);

	settings_init(&settings, *state);
	cleanup(free_string) char *standard = cache_directory(&settings);

	text_assign(&settings.dkms_tree, tree);
	cleanup(free_string) char *own = cache_directory(&settings);

	assert_non_null(strstr(standard, "/var/cache/dkms/builds"));
	assert_true(text_starts_with(own, tree));
}

static int extract(void **state, const struct manifest *manifest, struct error *error)
{
	cleanup(free_string) char *from = path_join(*state, "module", NULL);
	cleanup(free_string) char *target = path_join(*state, "target", NULL);

	run("rm -rf '%s' && mkdir '%s'", target, target);
	return artifact_extract(from, manifest, target, error);
}

static void assert_extracted(void **state, const struct manifest *manifest)
{
	cleanup(free_string) char *path = path_join(*state, "target/mod.ko", NULL);
	struct error error = {0};
	size_t length;

	assert_ok(extract(state, manifest, &error), &error);
	cleanup(free_string) char *text = scratch_read(path, &length);

	assert_int_equal(length, 6);
	assert_memory_equal(text, "module", 6);
}

/* Signed and compressed in whatever way, it comes out as it was built. */
static void a_module_comes_out_as_it_was_built(void **state)
{
	cleanup(manifest_free_handler) struct manifest *manifest = make_manifest();
	cleanup(buffer_free) struct buffer signed_module = {0};

	scratch_write(*state, "module/mod.ko", "module");
	assert_extracted(state, manifest);
	buffer_add_text(&signed_module, "module");
	signature_append(&signed_module, "a signature", 11);
	scratch_write_bytes(*state, "module/mod.ko", signed_module.data, signed_module.length,
			    0644);
	assert_extracted(state, manifest);
	run("xz --check=crc32 '%s/module/mod.ko'", (char *)*state);
	assert_extracted(state, manifest);
	run("unxz '%s/module/mod.ko.xz' && gzip '%s/module/mod.ko'", (char *)*state,
	    (char *)*state);
	assert_extracted(state, manifest);
}

static void what_is_not_what_was_built_is_refused(void **state)
{
	cleanup(manifest_free_handler) struct manifest *manifest = make_manifest();
	cleanup(free_string) char *path = path_join(*state, "target/mod.ko", NULL);
	struct error error = {0};

	assert_int_equal(extract(state, manifest, &error), -ENOENT);
	assert_error(&error, 0, "mod.ko is missing");
	scratch_write(*state, "module/mod.ko", "modulf");
	assert_int_equal(extract(state, manifest, &error), -EBADMSG);
	assert_error(&error, 0, "mod.ko is not what was built");
	assert_false(file_exists(path));
	scratch_write(*state, "module/mod.ko.xz", "no xz");
	run("rm '%s/module/mod.ko'", (char *)*state);
	assert_int_equal(extract(state, manifest, &error), -EBADMSG);
	assert_error(&error, 0, "mod.ko.xz");
	/* A link might lead to what another may change. */
	run("rm '%s/module/mod.ko.xz' && printf module >'%s/elsewhere' && "
	    "ln -s ../elsewhere '%s/module/mod.ko'",
	    (char *)*state, (char *)*state, (char *)*state);
	assert_int_equal(extract(state, manifest, &error), -ENOENT);
	assert_error(&error, 0, "mod.ko is missing");
}

static void its_exports_are_checked_as_well(void **state)
{
	cleanup(manifest_free_handler) struct manifest *manifest = make_manifest();
	cleanup(free_string) char *path = path_join(*state, "target/Module.symvers", NULL);
	struct error error = {0};

	scratch_write(*state, "module/mod.ko", "module");
	scratch_write(*state, "module/Module.symvers", "exports");
	assert_extracted(state, manifest);
	assert_false(file_exists(path));
	manifest->symvers = digest_text("exports");
	assert_extracted(state, manifest);
	assert_true(file_exists(path));
	scratch_write(*state, "module/Module.symvers", "others");
	assert_int_equal(extract(state, manifest, &error), -EBADMSG);
	assert_error(&error, 0, "Module.symvers is not what was built");
	run("rm '%s/module/Module.symvers'", (char *)*state);
	assert_int_equal(extract(state, manifest, &error), -ENOENT);
	error_clear(&error);
}

UNIT_MAIN(scratch_test(what_was_kept_is_found_by_its_inputs),
	  scratch_test(what_is_unfit_or_not_what_was_built_is_not_kept),
	  scratch_test(what_was_not_used_for_longest_goes),
	  scratch_test(keeping_more_than_there_is_room_for_makes_room),
	  scratch_test(a_big_one_does_not_take_small_ones_along),
	  scratch_test(what_others_may_write_to_is_not_used),
	  scratch_test(another_tree_has_a_cache_of_its_own),
	  scratch_test(a_module_comes_out_as_it_was_built),
	  scratch_test(what_is_not_what_was_built_is_refused),
	  scratch_test(its_exports_are_checked_as_well))
