/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include "fixture.h"

static void patches_are_refused(void **state)
{
	static const struct {
		const char *name;
		int status;
		const char *part;
	} cases[] = {
		{"missing.patch", EXIT_PATCH_MISSING, "missing.patch of foo/1.0 is not there"},
		{"../foo.c", EXIT_PATCH_MISSING, "\"..\""},
		{"a/../b.patch", EXIT_PATCH_MISSING, "\"..\""},
		{"bad.patch", EXIT_INSTALL, "bad.patch of foo/1.0 does not apply"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		cleanup(fixture_free_handler) struct fixture *f = fixture_new();

		scratch_write(f->scratch, "usr/src/foo-1.0/patches/bad.patch",
			      "--- a/foo.c\n+++ b/foo.c\n@@ -1,2 +1,2 @@\n four\n-five\n+six\n");
		strv_add(&f->package.patches, cases[i].name);
		fixture_refuse(f, cases[i].status, cases[i].part);
		assert_true(fixture_has(f, HOME "/build/make.log"));
	}
}

static void patches_of_the_administrator_win(void **state)
{
	cleanup(fixture_free_handler) struct fixture *f = fixture_new();

	(void)state;
	scratch_write(f->scratch, "usr/src/foo-1.0/patches/a.patch", "nonsense\n");
	scratch_write(f->scratch, "etc/dkms/foo/patches/a.patch",
		      "--- a/foo.c\n+++ b/foo.c\n@@ -1,3 +1,3 @@\n one\n-two\n+2\n three\n");
	strv_add(&f->package.patches, "a.patch");
	fixture_build(f);
	cleanup(free_string) char *module = fixture_read(f, PRODUCT "/module/foo.ko");

	assert_string_equal(module, "one\n2\nthree\n");
	assert_true(text_starts_with(notebook_text(&f->notebook),
				     "S Applying patch a.patch\ns \nS Building module(s)\ns \n"));
	assert_true(text_ends_with(notebook_text(&f->notebook), "I \n"));
}

BUILD_MAIN(cmocka_unit_test(patches_are_refused),
	   cmocka_unit_test(patches_of_the_administrator_win))
