/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "reuse/fixture.h"

#include "module/signature.h"
#include "reuse/artifact.h"

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

UNIT_MAIN(scratch_test(a_module_comes_out_as_it_was_built),
	  scratch_test(what_is_not_what_was_built_is_refused),
	  scratch_test(its_exports_are_checked_as_well))
