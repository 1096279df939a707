/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "reuse/fixture.h"

#include "reuse/manifest.h"

#define BUILD_ONE "#1 SMP Debian 6.1.192-3 (2026-11-26)"
#define KEY       "0123456789abcdef0123456789abcdef01234567"

static struct manifest *make_published(void)
{
	struct manifest *manifest = make_manifest();

	manifest->kernel_build = xstrdup(BUILD_ONE);
	return manifest;
}

static char *source_tag(const struct manifest *manifest)
{
	return tag_of_source(&manifest->inputs, &manifest->kernel, manifest->kernel_build);
}

static char *name_tag(const struct manifest *manifest)
{
	return tag_of_name(&manifest->id, &manifest->kernel, manifest->kernel_build);
}

/* Other machines compute them, also of other versions: they never change. */
static void tags_are_what_they_always_were(void **state)
{
	cleanup(manifest_free_handler) struct manifest *manifest = make_published();
	cleanup(free_string) char *source = source_tag(manifest);
	cleanup(free_string) char *name = name_tag(manifest);

	(void)state;
	assert_string_equal(source,
			    "b1-b58956eeaa08b6a84c9687205cd1ba95a5277e7109a113db634c46e91bf9097a");
	assert_string_equal(name,
			    "n1-ed014bde7eca28062d88488848b418b2cf1d97371f725e1ee9b0253ee1552669");
}

static void a_change_of(void (*change)(struct manifest *manifest), bool source, bool name)
{
	cleanup(manifest_free_handler) struct manifest *before = make_published();
	cleanup(manifest_free_handler) struct manifest *after = make_published();

	change(after);
	cleanup(free_string) char *source_before = source_tag(before);
	cleanup(free_string) char *source_after = source_tag(after);
	cleanup(free_string) char *name_before = name_tag(before);
	cleanup(free_string) char *name_after = name_tag(after);

	assert_int_equal(!text_equal(source_before, source_after), source);
	assert_int_equal(!text_equal(name_before, name_after), name);
}

static void change_source(struct manifest *manifest)
{
	text_assign(&manifest->inputs.source, "another");
}

static void change_directives(struct manifest *manifest)
{
	text_assign(&manifest->inputs.directives, "others");
}

static void change_compiler(struct manifest *manifest)
{
	text_assign(&manifest->inputs.compiler, "another");
}

static void change_name(struct manifest *manifest)
{
	text_assign(&manifest->id.name, "other");
}

static void change_version(struct manifest *manifest)
{
	text_assign(&manifest->id.version, "1.1");
}

static void change_release(struct manifest *manifest)
{
	text_assign(&manifest->kernel.release, "6.1.1");
}

static void change_arch(struct manifest *manifest)
{
	text_assign(&manifest->kernel.arch, "aarch64");
}

static void change_build(struct manifest *manifest)
{
	text_assign(&manifest->kernel_build, "#2 SMP");
}

static void a_tag_is_of_all_that_must_be_the_same(void **state)
{
	(void)state;
	a_change_of(change_source, true, false);
	a_change_of(change_directives, true, false);
	a_change_of(change_compiler, false, false);
	/* The directives name both. */
	a_change_of(change_name, false, true);
	a_change_of(change_version, false, true);
	a_change_of(change_release, true, true);
	a_change_of(change_arch, true, true);
	a_change_of(change_build, true, true);
}

/* distribution-spec: [a-zA-Z0-9_][a-zA-Z0-9._-]{0,127} */
static void a_registry_takes_them(void **state)
{
	cleanup(manifest_free_handler) struct manifest *manifest = make_published();
	cleanup(strv_free) struct strv tags = {0};
	struct error error = {0};
	const char *tag;

	(void)state;
	assert_int_equal(tags_of_manifest(manifest, KEY, &tags, &error), 0);
	assert_int_equal(tags.count, 4);
	assert_true(text_ends_with(tags.items[0], "." KEY));
	assert_true(text_starts_with(tags.items[0], tags.items[2]));
	assert_true(text_starts_with(tags.items[1], tags.items[3]));
	STRV_FOREACH (tag, &tags) {
		assert_true(strlen(tag) <= 128);
		assert_int_equal(strspn(tag, "0123456789abcdefn1-."), strlen(tag));
	}
}

static void a_build_that_knows_no_kernel_build_has_none(void **state)
{
	cleanup(manifest_free_handler) struct manifest *manifest = make_manifest();
	cleanup(strv_free) struct strv tags = {0};
	struct error error = {0};

	(void)state;
	assert_int_equal(tags_of_manifest(manifest, KEY, &tags, &error), -ENODATA);
	assert_error(&error, 0, "dkms build --force mod/1.0 -k " RELEASE "/x86_64");
	assert_int_equal(tags.count, 0);
}

UNIT_MAIN(cmocka_unit_test(tags_are_what_they_always_were),
	  cmocka_unit_test(a_tag_is_of_all_that_must_be_the_same),
	  cmocka_unit_test(a_registry_takes_them),
	  cmocka_unit_test(a_build_that_knows_no_kernel_build_has_none))
