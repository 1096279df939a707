/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "module/files.h"

#include "message_log.h"

#include "install/version_check.h"

/* What a module says of itself, and what stands for it in .text; modinfo NULL: a copy. */
struct sample {
	const char *const *modinfo;
	const char *code;
};

#define ONE "int answer(void) { return 1; }"
#define TWO "int answer(void) { return 2; }"

static const char *const v1[] = {"version=1.9", "srcversion=AAA", NULL};
static const char *const v1_changed[] = {"version=1.9", "srcversion=BBB", NULL};
static const char *const v2[] = {"version=1.10", "srcversion=AAA", NULL};
static const char *const no_version[] = {"srcversion=AAA", NULL};
static const char *const nothing[] = {"license=GPL", NULL};

static char *copy_of(const char *path)
{
	char *copy = text_format("%s.copy.ko", path);
	struct error error = {0};

	assert_ok(file_unlink(copy, &error), &error);
	assert_ok(file_copy(path, copy, &error), &error);
	return copy;
}

/* Whether `built` is allowed where `existing` is; words are in the warning, NULL: there is none. */
static void check(void **state, struct sample built, struct sample existing, bool allowed,
		  const char *words)
{
	cleanup(free_string) char *a = make_module(state, "built.ko", built.modinfo, built.code);
	cleanup(free_string) char *b = existing.modinfo
					       ? make_module(state, "existing.ko", existing.modinfo,
							     existing.code)
					       : copy_of(a);
	cleanup(strv_free) struct strv paths = {0};
	struct message_log log;
	struct version_check request = {
		.name = "foo", .built = a, .kernel_release = "6.1", .existing = &paths};

	message_log_init(&log);
	strv_add(&paths, b);
	assert_int_equal(version_check_allows(&request, &log.reporter), allowed);
	if (!words)
		assert_string_equal(message_log_text(&log), "");
	else if (!strstr(message_log_text(&log), words))
		fail_msg("\"%s\" is not in \"%s\"", words, message_log_text(&log));
	if (!allowed)
		assert_non_null(strstr(message_log_text(&log), "--force"));
	request.force = true;
	assert_true(version_check_allows(&request, NULL));
	request.force = false;
	request.force_version_override = true;
	assert_true(version_check_allows(&request, NULL));
	message_log_clear(&log);
}

static void a_newer_one_is_there(void **state)
{
	check(state, (struct sample){v1, ONE}, (struct sample){v2, ONE}, false,
	      "warning: Module foo 1.9 is not installed for kernel 6.1: version 1.10, which is "
	      "newer, is there already");
}

static void the_same_is_there(void **state)
{
	check(state, (struct sample){v1, ONE}, (struct sample){v1, TWO}, false,
	      "the same module (version 1.9) is there already");
	check(state, (struct sample){nothing, ONE}, (struct sample){NULL, NULL}, false,
	      "the same module (version unknown) is there already");
	check(state, (struct sample){no_version, ONE}, (struct sample){no_version, TWO}, false,
	      "the same module (version unknown) is there already");
}

static void an_older_or_another_one_is_there(void **state)
{
	check(state, (struct sample){v2, ONE}, (struct sample){v1, ONE}, true, NULL);
	check(state, (struct sample){v1_changed, ONE}, (struct sample){v1, ONE}, true, NULL);
	check(state, (struct sample){nothing, ONE}, (struct sample){nothing, TWO}, true, NULL);
	check(state, (struct sample){v1, ONE}, (struct sample){nothing, TWO}, true, NULL);
}

static void none_is_there(void **state)
{
	const struct strv none = {0};
	const struct version_check request = {
		.name = "foo", .built = "/nowhere", .kernel_release = "6.1", .existing = &none};

	(void)state;
	assert_true(version_check_allows(&request, NULL));
}

static void obsolete_from_a_kernel_on(void **state)
{
	const struct strv none = {0};
	struct version_check request = {.name = "foo",
					.built = "/nowhere",
					.kernel_release = "6.10",
					.obsolete_by = "6.9",
					.existing = &none};

	(void)state;
	assert_false(version_check_allows(&request, NULL));
	request.obsolete_by = "6.10";
	assert_false(version_check_allows(&request, NULL));
	request.obsolete_by = "6.11";
	assert_true(version_check_allows(&request, NULL));
	request.obsolete_by = "6.9";
	request.force_version_override = true;
	assert_false(version_check_allows(&request, NULL));
	request.force = true;
	assert_true(version_check_allows(&request, NULL));
}

UNIT_MAIN(scratch_test(a_newer_one_is_there), scratch_test(the_same_is_there),
	  scratch_test(an_older_or_another_one_is_there), scratch_test(none_is_there),
	  scratch_test(obsolete_from_a_kernel_on))
