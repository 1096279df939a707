/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fixture.h"

#include <string.h>

#include "recorder.h"
#include "tree/safety.h"

#define TREE   "var/lib/dkms"
#define SOURCE "usr/src/foo-1.0"

static char foo[] = "foo", one[] = "1.0";
static const struct module_id id = {foo, one};

static void change_mode(const struct fixture *fixture, const char *path, mode_t mode)
{
	cleanup(free_string) char *full = fixture_path(fixture, path);

	assert_int_equal(chmod(full, mode), 0);
}

static void make_module(const struct fixture *fixture)
{
	cleanup(free_string) char *source = fixture_path(fixture, SOURCE);
	cleanup(free_string) char *link = fixture_path(fixture, TREE "/foo/1.0/source");
	static const char *const directories[] = {TREE, TREE "/foo", TREE "/foo/1.0", SOURCE,
						  SOURCE "/sub"};

	scratch_directory(fixture->root, TREE "/foo/1.0");
	scratch_write(fixture->root, SOURCE "/sub/foo.c", "");
	for (size_t i = 0; i < sizeof(directories) / sizeof(*directories); i++)
		change_mode(fixture, directories[i], 0755);
	change_mode(fixture, SOURCE "/sub/foo.c", 0644);
	assert_int_equal(symlink(source, link), 0);
}

static void sources_that_are_not_there(void **state)
{
	const struct fixture *fixture = *state;
	struct error error = {0};

	assert_int_equal(safety_check(&fixture->settings, &id, NULL, &error), -ENOENT);
	assert_error(&error, EXIT_BROKEN, "/foo/1.0/source: No such file or directory");
}

static void what_everybody_may_write_to_is_refused(void **state)
{
	const struct fixture *fixture = *state;
	static const struct {
		const char *path;
		mode_t mode, sound;
		const char *mend;
	} cases[] = {
		{TREE, 0777, 0755, "chmod o-w "},
		{TREE "/foo", 01777, 0755, "chmod o-w "},
		{TREE "/foo/1.0", 0757, 0755, "chmod o-w "},
		{SOURCE, 0777, 0755, "chmod -R o-w "},
		{SOURCE "/sub", 01777, 0755, "chmod -R o-w "},
		{SOURCE "/sub/foo.c", 0642, 0644, "chmod -R o-w "},
	};

	make_module(fixture);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		cleanup(free_string) char *full = fixture_path(fixture, cases[i].path);
		cleanup(free_string) char *text = text_format("Everybody may write to %s, ", full);
		struct error error = {0};

		change_mode(fixture, cases[i].path, cases[i].mode);
		assert_int_equal(safety_check(&fixture->settings, &id, NULL, &error), -EPERM);
		assert_non_null(strstr(error.message, cases[i].mend));
		assert_error(&error, EXIT_BAD_CONF, text);
		change_mode(fixture, cases[i].path, cases[i].sound);
		ok(safety_check(&fixture->settings, &id, NULL, &error), &error);
	}
}

static void links_are_not_followed(void **state)
{
	const struct fixture *fixture = *state;
	cleanup(free_string) char *open = fixture_path(fixture, "open");
	cleanup(free_string) char *link = fixture_path(fixture, SOURCE "/link");
	struct error error = {0};

	make_module(fixture);
	scratch_directory(fixture->root, "open");
	change_mode(fixture, "open", 0777);
	assert_int_equal(symlink(open, link), 0);
	ok(safety_check(&fixture->settings, &id, NULL, &error), &error);
}

static void who_can_replace_all_of_it_can_write_to_it(void **state)
{
	const struct fixture *fixture = *state;
	static const char *const places[] = {"usr", "usr/src", "var/lib", "var"};
	struct error error = {0};

	make_module(fixture);
	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
		change_mode(fixture, places[i], 0777);
		assert_int_equal(safety_check(&fixture->settings, &id, NULL, &error), -EPERM);
		assert_error(&error, EXIT_BAD_CONF, places[i]);
		/* There everybody can only replace what is his own. */
		change_mode(fixture, places[i], 01777);
		ok(safety_check(&fixture->settings, &id, NULL, &error), &error);
		change_mode(fixture, places[i], 0755);
	}
}

static void owners_and_groups_are_told_once(void **state)
{
	const struct fixture *fixture = *state;
	cleanup(free_string) char *sub = fixture_path(fixture, SOURCE "/sub");
	cleanup(free_string) char *file = fixture_path(fixture, SOURCE "/sub/foo.c");
	struct recorder recorder = {.reporter.emit = recorder_emit};
	struct error error = {0};

	make_module(fixture);
	if (chown(sub, 1234, 1234) < 0 || chown(file, 1234, 1234) < 0) {
		skip();
		return;
	}
	change_mode(fixture, SOURCE "/sub", 02775);
	change_mode(fixture, SOURCE "/sub/foo.c", 0664);
	ok(safety_check(&fixture->settings, &id, &recorder.reporter, &error), &error);
	cleanup(free_string) char *text = text_format(
		"warning: %s belongs to user 1234, who thereby decides what root builds and installs of "
		"foo/1.0.\nThe group of %s may write to it.\n",
		sub, sub);

	assert_string_equal(recorder.text.data, text);
	buffer_free(&recorder.text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_TEST(sources_that_are_not_there),
		FIXTURE_TEST(what_everybody_may_write_to_is_refused),
		FIXTURE_TEST(links_are_not_followed),
		FIXTURE_TEST(who_can_replace_all_of_it_can_write_to_it),
		FIXTURE_TEST(owners_and_groups_are_told_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
