/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "reuse/fixture.h"

/* Reads the text as a manifest; NULL with an error. */
static struct manifest *read_text(void **state, const char *text, struct error *error)
{
	cleanup(free_string) char *path = path_join(*state, MANIFEST_NAME, NULL);
	struct manifest *manifest = NULL;

	scratch_write(*state, MANIFEST_NAME, text);
	(void)manifest_read(path, &manifest, error);
	return manifest;
}

static struct manifest *make_full(void)
{
	struct manifest *manifest = make_manifest();

	manifest->unfit = xstrdup("POST_BUILD runs \"it\"");
	manifest->kernel_build = xstrdup("#1 SMP");
	manifest->inputs.probing = xstrdup("Makefile has $(shell x)");
	manifest->whole = xstrdup("all headers");
	manifest->symvers = digest_text("exports");
	manifest_add_module(manifest, xstrdup("b.ko"), digest_text("b"), xstrdup(""));
	(void)strmap_set(&manifest->headers, "srctree/a.h", xstrdup("digest of a"));
	(void)strmap_set(&manifest->headers, "/usr/include/ü.h", xstrdup("digest of ü"));
	(void)strmap_set(&manifest->imports, "_printk", xstrdup("0x00000002 vmlinux gpl"));
	(void)strmap_set(&manifest->imports, "weak", xstrdup(MANIFEST_NO_EXPORT));
	return manifest;
}

static void what_is_written_is_read(void **state)
{
	cleanup(manifest_free_handler) struct manifest *manifest = make_full();
	cleanup(free_string) char *text = manifest_print(manifest);
	struct error error = {0};
	cleanup(manifest_free_handler) struct manifest *read = read_text(state, text, &error);

	assert_non_null(read);
	cleanup(free_string) char *again = manifest_print(read);

	assert_string_equal(again, text);
	assert_string_equal(read->id.name, "mod");
	assert_string_equal(read->kernel.release, RELEASE);
	assert_string_equal(read->kernel_build, "#1 SMP");
	assert_string_equal(read->unfit, "POST_BUILD runs \"it\"");
	assert_string_equal(read->inputs.compiler_wanted, "gcc-12 12.2.0");
	assert_string_equal(read->symvers, manifest->symvers);
	assert_int_equal(read->module_count, 2);
	assert_string_equal(read->modules[1].name, "b.ko");
	assert_string_equal(strmap_get(&read->headers, "/usr/include/ü.h"), "digest of ü");
	assert_string_equal(strmap_get(&read->imports, "weak"), MANIFEST_NO_EXPORT);
}

static void every_truncation_is_noticed(void **state)
{
	cleanup(manifest_free_handler) struct manifest *manifest = make_full();
	cleanup(free_string) char *text = manifest_print(manifest);
	size_t length = strlen(text);

	/* Up to its last brace, behind which only the line's end is. Each takes a sync: not all of
	 * them. */
	for (size_t end = (size_t)(strrchr(text, '}') - text); end; end -= end < 5 ? end : 5) {
		cleanup(free_string) char *cut = xstrndup(text, end);
		struct error error = {0};

		assert_true(end < length);
		assert_null(read_text(state, cut, &error));
		assert_int_equal(error.code, -EBADMSG);
		assert_error(&error, 0, "is damaged or cut short");
	}
}

/* What the text lacks once FROM is TO: the error's code. */
static int code_with(void **state, const char *from, const char *to, const char *message)
{
	cleanup(manifest_free_handler) struct manifest *manifest = make_full();
	cleanup(free_string) char *text = manifest_print(manifest);
	const char *at = strstr(text, from);
	struct error error = {0};

	if (!at)
		fail_msg("%s is not in %s", from, text);
	cleanup(free_string) char *changed = text_format("%.*s%s%s", (int)(at - text), text, to,
							 at + strlen(from));

	assert_null(read_text(state, changed, &error));
	int code = error.code;

	assert_error(&error, 0, message);
	return code;
}

static void another_format_is_not_read(void **state)
{
	cleanup(manifest_free_handler) struct manifest *manifest = make_full();
	cleanup(free_string) char *text = manifest_print(manifest);
	char *format = strstr(text, "\"format\":");
	struct error error = {0};

	assert_non_null(format);
	for (format += strlen("\"format\":"); *format == ' '; format++)
		;
	assert_int_equal(*format, '1');
	*format = '2';
	assert_null(read_text(state, text, &error));
	assert_int_equal(error.code, -EPROTONOSUPPORT);
	assert_error(&error, 0, "was written by another dkms");
	assert_null(read_text(state, "{}", &error));
	assert_int_equal(error.code, -EBADMSG);
	assert_error(&error, 0, "is damaged");
}

static void what_is_missing_or_of_another_kind_is_noticed(void **state)
{
	static const char *const members[] = {
		"\"module\"",  "\"version\"",    "\"kernel\"",         "\"arch\"",
		"\"source\"",  "\"directives\"", "\"compiler\"",       "\"modules\"",
		"\"imports\"", "\"headers\"",    "\"compiler wanted\""};

	for (size_t i = 0; i < sizeof(members) / sizeof(*members); i++)
		assert_int_equal(code_with(state, members[i], "\"other\"", "is damaged"), -EBADMSG);
	assert_int_equal(code_with(state, "\"0x00000002 vmlinux gpl\"", "2", "is damaged"),
			 -EBADMSG);
}

static void one_without_a_module_is_damaged(void **state)
{
	cleanup(manifest_free_handler) struct manifest *manifest = make_manifest();
	struct error error = {0};

	free(manifest->modules[0].name);
	free(manifest->modules[0].digest);
	free(manifest->modules[0].vermagic);
	manifest->module_count = 0;
	cleanup(free_string) char *text = manifest_print(manifest);

	assert_null(read_text(state, text, &error));
	assert_error(&error, 0, "is damaged or cut short");
}

/* A module's name becomes a path. */
static void a_name_that_leads_elsewhere_is_refused(void **state)
{
	static const char *const names[] = {"../mod.ko", "/etc/mod.ko", "..", "", "a\\/mod.ko"};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		assert_int_equal(code_with(state, "mod.ko", names[i], "is damaged"), -EBADMSG);
}

static void one_that_is_missing_is_just_not_there(void **state)
{
	cleanup(free_string) char *path = path_join(*state, MANIFEST_NAME, NULL);
	struct manifest *manifest = NULL;
	struct error error = {0};

	assert_int_equal(manifest_read(path, &manifest, &error), -ENOENT);
	assert_null(manifest);
	error_clear(&error);
}

UNIT_MAIN(scratch_test(what_is_written_is_read), scratch_test(every_truncation_is_noticed),
	  scratch_test(another_format_is_not_read),
	  scratch_test(what_is_missing_or_of_another_kind_is_noticed),
	  scratch_test(one_without_a_module_is_damaged),
	  scratch_test(a_name_that_leads_elsewhere_is_refused),
	  scratch_test(one_that_is_missing_is_just_not_there))
