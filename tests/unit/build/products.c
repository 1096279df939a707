/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include "fixture.h"

static void products_are_checked(void **state)
{
	static const char *const commands[] = {
		":",
		"mkdir foo.ko",
		"ln -s /etc/passwd foo.ko",
		"ln -s ../../../../../../../../../../../../../../../etc/passwd foo.ko",
		"ln -s foo.ko foo.ko",
		"mkdir d; ln -s /etc d/e; ln -s d/e/passwd foo.ko",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++) {
		cleanup(fixture_free_handler) struct fixture *f = fixture_new();

		f->package.make_command = (char *)commands[i];
		fixture_refuse(f, EXIT_NO_PRODUCT, "made no foo.ko");
		assert_false(fixture_has(f, PRODUCT));
	}
}

static void what_was_made_instead_is_named(void **state)
{
	cleanup(fixture_free_handler) struct fixture *f = fixture_new();

	(void)state;
	f->package.make_command = (char *)"mkdir d; cp foo.c d/Foo.ko; cp foo.c bar.ko";
	fixture_refuse(f, EXIT_NO_PRODUCT, "What it made: bar.ko, d/Foo.ko.");
}

static void links_inside_the_build_directory_are_followed(void **state)
{
	static const char *const commands[] = {
		"mkdir d; cp foo.c d/real; ln -s d/real foo.ko",
		"mkdir d; cp foo.c d/real; ln -s $PWD/d/real foo.ko",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++) {
		cleanup(fixture_free_handler) struct fixture *f = fixture_new();

		f->package.make_command = (char *)commands[i];
		fixture_build(f);
		cleanup(free_string) char *module = fixture_read(f, PRODUCT "/module/foo.ko");

		assert_string_equal(module, "one\ntwo\nthree\n");
	}
}

static void excluded_modules_are_not_expected(void **state)
{
	cleanup(fixture_free_handler) struct fixture *f = fixture_new();
	struct built_module modules[2] = {f->module, f->module};

	(void)state;
	modules[1].built_name = modules[1].dest_name = (char *)"bar";
	modules[1].excluded = true;
	f->package.modules = modules;
	f->package.module_count = 2;
	fixture_build(f);
	assert_holds(f, PRODUCT "/module", "foo.ko");
}

BUILD_MAIN(cmocka_unit_test(products_are_checked), cmocka_unit_test(what_was_made_instead_is_named),
	   cmocka_unit_test(links_inside_the_build_directory_are_followed),
	   cmocka_unit_test(excluded_modules_are_not_expected))
