/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "module/files.h"

#include <errno.h>

#include "module/strip.h"

static const char *const no_info[] = {"version=1", NULL};
static const char code[] = "int answer(void) { return 42; }";

static bool has_debug_information(const char *path)
{
	return run_status("readelf -S '%s' | grep -q debug_info", path) == 0;
}

static void a_file_that_is_no_object_is_named_with_what_strip_says(void **state)
{
	cleanup(free_string) char *path = scratch_file(state, "text.ko", "no object\n", 10);
	cleanup(free_string) char *expected = text_format("Cannot strip %s: strip failed", path);
	struct error error = {0};

	skip_without("strip");
	strip_debug(path, false, &error);
	assert_non_null(strstr(error.message, "not recognized"));
	assert_failure(&error, -EIO, expected);
}

static void a_missing_program_is_named_with_its_package(void **state)
{
	cleanup(free_string) char *path = scratch_file(state, "text.ko", "x", 1);
	cleanup(free_string) char *search = xstrdup(getenv("PATH"));
	struct error error = {0};

	assert_int_equal(setenv("PATH", *state, 1), 0);
	strip_debug(path, true, &error);
	assert_int_equal(setenv("PATH", search, 1), 0);
	assert_non_null(strstr(error.message, "\nInstall the package binutils"));
	assert_failure(&error, -ENOENT, "Cannot run strip");
}

static void debug_information_goes_and_code_stays(void **state)
{
	for (int clang = 0; clang < 2; clang++) {
		cleanup(free_string) char *path = make_module(state, "debug.ko", no_info, code);
		struct error error = {0};

		skip_without("readelf");
		assert_true(has_debug_information(path));
		assert_ok(strip_debug(path, clang, &error), &error);
		assert_false(has_debug_information(path));
		run("readelf -s '%s' | grep -q answer", path);
	}
}

static void llvm_strip_is_for_clang_only(void **state)
{
	cleanup(free_string) char *search = xstrdup(getenv("PATH"));
	cleanup(free_string) char *path = scratch_file(state, "m.ko", "x", 1);
	struct error error = {0};

	run("cd '%s' && printf '#!/bin/sh\\necho \"$0 $*\"; exit 3\\n' > strip && chmod +x strip && "
	    "cp strip llvm-strip",
	    (char *)*state);
	cleanup(free_string) char *stubs = text_format("%s:%s", (char *)*state, search);

	assert_int_equal(setenv("PATH", stubs, 1), 0);
	strip_debug(path, true, &error);
	assert_failure(&error, -EIO, "/llvm-strip -g ");
	strip_debug(path, false, &error);
	assert_failure(&error, -EIO, "/strip -g ");
	run("rm '%s/llvm-strip'", (char *)*state);
	assert_int_equal(setenv("PATH", *state, 1), 0);
	strip_debug(path, true, &error);
	assert_int_equal(setenv("PATH", search, 1), 0);
	assert_failure(&error, -EIO, "/strip -g ");
}

UNIT_MAIN(scratch_test(a_file_that_is_no_object_is_named_with_what_strip_says),
	  scratch_test(a_missing_program_is_named_with_its_package),
	  scratch_test(debug_information_goes_and_code_stays),
	  scratch_test(llvm_strip_is_for_clang_only))
