/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include "base/memory.h"
#include "directory_snapshot.h"
#include "message_log.h"
#include "package/add.h"
#include "scratch.h"
#include "tree/registry.h"

#define TREE "var/lib/dkms"

struct fixture {
	char *root;
	struct settings settings;
	struct module_id id;
	struct package package;
	struct message_log log;
};

static int setup(void **state)
{
	struct fixture *fixture = NEW(struct fixture);

	fixture->root = scratch_make();
	settings_init(&fixture->settings, fixture->root);
	message_log_init(&fixture->log);
	fixture->id = module_id_new("foo", "1.0");
	*state = fixture;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;

	free(fixture->package.post_add);
	module_id_free(&fixture->id);
	message_log_clear(&fixture->log);
	settings_free(&fixture->settings);
	scratch_remove(&fixture->root);
	free(fixture);
	return 0;
}

#define FIXTURE_TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

static char *take_snapshot(const struct fixture *fixture)
{
	return snapshot_take(fixture->root, "/" TREE "/.dkms");
}

static int add(struct fixture *fixture, struct error *error)
{
	return package_add(&fixture->settings, &fixture->id, &fixture->package, NULL,
			   &fixture->log.reporter, error);
}

static void assert_added(struct fixture *fixture)
{
	struct error error = {0};

	if (add(fixture, &error) < 0)
		fail_msg("%s", error.message);
	assert_int_equal(registry_version_state(&fixture->settings, &fixture->id), VERSION_ADDED);
}

static void assert_unchanged(const struct fixture *fixture, const char *before)
{
	cleanup(free_string) char *after = take_snapshot(fixture);

	assert_string_equal(before, after);
}

static bool exists(const struct fixture *fixture, const char *name)
{
	cleanup(free_string) char *path = path_join(fixture->root, name, NULL);

	return file_exists_nofollow(path);
}

static void adding_needs_a_source(void **state)
{
	struct fixture *fixture = *state;
	struct error error = {0};
	cleanup(free_string) char *before = take_snapshot(fixture);

	assert_int_equal(add(fixture, &error), -ENOENT);
	assert_error(&error, EXIT_NOT_FOUND, "There is no source directory");
	assert_unchanged(fixture, before);
}

static void adding_links_the_source(void **state)
{
	struct fixture *fixture = *state;
	cleanup(free_string) char *line = text_format("Creating symlink %s/" TREE
						      "/foo/1.0/source -> %s/usr/src/foo-1.0\n",
						      fixture->root, fixture->root);

	scratch_directory(fixture->root, "usr/src/foo-1.0");
	assert_added(fixture);
	assert_string_equal(message_log_text(&fixture->log), line);
}

static void adding_twice_says_what_to_do(void **state)
{
	struct fixture *fixture = *state;
	struct error error = {0};

	scratch_directory(fixture->root, "usr/src/foo-1.0");
	assert_added(fixture);
	cleanup(free_string) char *before = take_snapshot(fixture);

	assert_int_equal(add(fixture, &error), -EEXIST);
	assert_error(&error, EXIT_TREE, "dkms remove foo/1.0 --all");
	assert_unchanged(fixture, before);
}

static void a_broken_one_gets_its_link_back(void **state)
{
	struct fixture *fixture = *state;

	scratch_directory(fixture->root, "usr/src/foo-1.0");
	scratch_symlink(fixture->root, TREE "/foo/1.0/source", "/nowhere");
	assert_int_equal(registry_version_state(&fixture->settings, &fixture->id), VERSION_BROKEN);
	assert_added(fixture);
}

static void a_tree_that_is_a_file(void **state)
{
	struct fixture *fixture = *state;
	struct error error = {0};

	scratch_directory(fixture->root, "usr/src/foo-1.0");
	scratch_write(fixture->root, TREE, "");
	cleanup(free_string) char *before = take_snapshot(fixture);

	assert_true(add(fixture, &error) < 0);
	assert_error(&error, 0, TREE);
	assert_unchanged(fixture, before);
}

static void post_add_runs_in_the_source(void **state)
{
	struct fixture *fixture = *state;
	static const char script[] = "#!/bin/sh\npwd > place\necho added $1\nexit 5\n";
	cleanup(free_string) char *place = path_join(fixture->root, "usr/src/foo-1.0/place", NULL);

	scratch_write_bytes(fixture->root, "usr/src/foo-1.0/after", script, strlen(script), 0755);
	fixture->package.post_add = xstrdup("after all");
	assert_added(fixture);
	assert_true(file_exists(place));
	assert_non_null(strstr(message_log_text(&fixture->log),
			       "Running the post_add script:\noutput: added all\n"));
	assert_non_null(strstr(message_log_text(&fixture->log),
			       "warning: The post_add script of foo/1.0 failed with exit status "
			       "5."));
}

static int import(struct fixture *fixture, const char *name, struct error *error)
{
	cleanup(free_string) char *directory = path_join(fixture->root, name, NULL);

	return package_import_source(&fixture->settings, &fixture->id, directory,
				     &fixture->log.reporter, error);
}

static void importing_what_is_not_there(void **state)
{
	struct fixture *fixture = *state;
	struct error error = {0};
	cleanup(free_string) char *before = take_snapshot(fixture);

	assert_int_equal(import(fixture, "nowhere", &error), -ENOENT);
	assert_error(&error, EXIT_NOT_FOUND, "nowhere");
	assert_unchanged(fixture, before);
}

static void importing_replaces_another_directory(void **state)
{
	struct fixture *fixture = *state;
	struct error error = {0};

	scratch_write(fixture->root, "home/foo/dkms.conf", "new");
	scratch_write(fixture->root, "usr/src/foo-1.0/dkms.conf", "old");
	scratch_write(fixture->root, "usr/src/foo-1.0/old-file", "old");
	assert_int_equal(import(fixture, "home/foo", &error), 0);
	assert_non_null(strstr(message_log_text(&fixture->log), "Replacing "));
	assert_false(exists(fixture, "usr/src/foo-1.0/old-file"));
	cleanup(free_string) char *conf = path_join(fixture->root, "usr/src/foo-1.0/dkms.conf",
						    NULL);
	cleanup(free_string) char *new_conf = path_join(fixture->root, "home/foo/dkms.conf", NULL);

	assert_true(file_same_content(conf, new_conf));
}

static void importing_copies_all_of_it(void **state)
{
	struct fixture *fixture = *state;
	struct error error = {0};
	cleanup(free_string) char *from = path_join(fixture->root, "home/foo", NULL);
	cleanup(free_string) char *to = path_join(fixture->root, "usr/src/foo-1.0", NULL);
	cleanup(free_string) char *tree = path_join(fixture->root, "usr/src", NULL);

	scratch_write(fixture->root, "home/foo/dkms.conf", "conf");
	scratch_write_bytes(fixture->root, "home/foo/sub/script", "x", 1, 0750);
	scratch_write(fixture->root, "home/foo/.hidden", "h");
	scratch_symlink(fixture->root, "home/foo/link", "/nowhere");
	assert_int_equal(import(fixture, "home/foo", &error), 0);
	cleanup(free_string) char *original = snapshot_take(from, NULL);
	cleanup(free_string) char *copy = snapshot_take(to, NULL);

	assert_string_equal(original, copy);
	cleanup(free_string) char *source_tree = snapshot_take(tree, "/foo-1.0");

	assert_string_equal(source_tree, " 40755\n"); /* nothing beside it */
}

static void importing_the_source_directory_itself(void **state)
{
	struct fixture *fixture = *state;
	struct error error = {0};

	scratch_write(fixture->root, "usr/src/foo-1.0/dkms.conf", "conf");
	scratch_symlink(fixture->root, "home/foo", "../usr/src/foo-1.0");
	cleanup(free_string) char *before = take_snapshot(fixture);

	assert_int_equal(import(fixture, "home/foo", &error), 0);
	assert_unchanged(fixture, before);
}

static void importing_what_holds_the_source_tree(void **state)
{
	struct fixture *fixture = *state;
	struct error error = {0};

	scratch_directory(fixture->root, "usr/src");
	cleanup(free_string) char *before = take_snapshot(fixture);

	assert_int_equal(import(fixture, "usr", &error), -ELOOP);
	assert_error(&error, EXIT_NOT_FOUND, "which is below it");
	assert_unchanged(fixture, before);
}

static int forget(struct fixture *fixture, struct error *error)
{
	return package_forget(&fixture->settings, &fixture->id, &fixture->log.reporter, error);
}

static void forgetting_what_is_unknown(void **state)
{
	struct fixture *fixture = *state;
	struct error error = {0};

	assert_int_equal(forget(fixture, &error), -ENOENT);
	assert_error(&error, EXIT_TREE, "is not in the DKMS tree");
	assert_string_equal(message_log_text(&fixture->log), "");
}

static void forgetting_what_is_built(void **state)
{
	struct fixture *fixture = *state;
	struct error error = {0};

	scratch_directory(fixture->root, "usr/src/foo-1.0");
	assert_added(fixture);
	scratch_directory(fixture->root, TREE "/foo/1.0/6.1/x86_64/module");
	cleanup(free_string) char *before = take_snapshot(fixture);

	assert_int_equal(forget(fixture, &error), -EBUSY);
	assert_error(&error, EXIT_TREE, "still built for kernel 6.1 (x86_64)");
	assert_unchanged(fixture, before);
}

static void forgetting_the_only_version(void **state)
{
	struct fixture *fixture = *state;
	struct error error = {0};

	scratch_directory(fixture->root, TREE);
	scratch_directory(fixture->root, "usr/src/foo-1.0");
	cleanup(free_string) char *before = take_snapshot(fixture);

	assert_added(fixture);
	scratch_directory(fixture->root, TREE "/foo/1.0/tarball");
	scratch_directory(fixture->root, TREE "/foo/original_module/6.1");
	scratch_symlink(fixture->root, TREE "/foo/kernel-6.1-x86_64", "1.0/6.1/x86_64");
	message_log_clear(&fixture->log);
	assert_int_equal(forget(fixture, &error), 0);
	assert_string_equal(message_log_text(&fixture->log),
			    "Deleting module foo/1.0 completely from the DKMS tree.\n");
	assert_unchanged(fixture, before);
}

static void forgetting_one_of_two_versions(void **state)
{
	struct fixture *fixture = *state;
	struct error error = {0};

	scratch_directory(fixture->root, "usr/src/foo-1.0");
	assert_added(fixture);
	scratch_directory(fixture->root, TREE "/foo/2.0/6.1/x86_64/module");
	scratch_symlink(fixture->root, TREE "/foo/kernel-6.1-x86_64", "2.0/6.1/x86_64");
	scratch_symlink(fixture->root, TREE "/foo/kernel-6.2-x86_64", "1.0/6.2/x86_64");
	assert_int_equal(forget(fixture, &error), 0);
	assert_false(exists(fixture, TREE "/foo/1.0"));
	assert_false(exists(fixture, TREE "/foo/kernel-6.2-x86_64"));
	assert_true(exists(fixture, TREE "/foo/2.0/6.1/x86_64/module"));
	assert_true(exists(fixture, TREE "/foo/kernel-6.1-x86_64"));
	assert_true(exists(fixture, "usr/src/foo-1.0"));
}

static void forgetting_keeps_originals(void **state)
{
	struct fixture *fixture = *state;
	struct error error = {0};

	scratch_directory(fixture->root, "usr/src/foo-1.0");
	assert_added(fixture);
	scratch_write(fixture->root, TREE "/foo/original_module/6.1/x86_64/foo.ko", "original");
	assert_int_equal(forget(fixture, &error), 0);
	assert_false(exists(fixture, TREE "/foo/1.0"));
	assert_true(exists(fixture, TREE "/foo/original_module/6.1/x86_64/foo.ko"));
	assert_non_null(strstr(message_log_text(&fixture->log), "original_module is kept"));
}

/* Runs rpm_install() with a PATH that holds nothing but a script as rpm; NULL: not even that. */
static int install(const char *script, struct message_log *log, struct error *error)
{
	cleanup(scratch_remove) char *scratch = scratch_make();
	cleanup(free_string) char *path = text_format("%s", getenv("PATH"));

	message_log_init(log);
	if (script)
		scratch_write_bytes(scratch, "rpm", script, strlen(script), 0755);
	assert_int_equal(setenv("PATH", scratch, 1), 0);
	int code = rpm_install("foo.rpm", &log->reporter, error);

	assert_int_equal(setenv("PATH", path, 1), 0);
	return code;
}

static void without_rpm(void **state)
{
	struct message_log log;
	struct error error = {0};

	(void)state;
	assert_true(install(NULL, &log, &error) < 0);
	assert_error(&error, EXIT_NO_CONF, "Cannot install foo.rpm with rpm");
	message_log_clear(&log);
}

static void rpm_fails(void **state)
{
	struct message_log log;
	struct error error = {0};

	(void)state;
	assert_true(install("#!/bin/sh\necho no such package\nexit 3\n", &log, &error) < 0);
	assert_error(&error, EXIT_NO_CONF, "rpm ended with status 3");
	assert_string_equal(message_log_text(&log), "output: no such package\n\n");
	message_log_clear(&log);
}

static void rpm_is_killed(void **state)
{
	struct message_log log;
	struct error error = {0};

	(void)state;
	assert_true(install("#!/bin/sh\nkill -9 $$\n", &log, &error) < 0);
	assert_error(&error, EXIT_NO_CONF, "rpm ended with status 137");
	message_log_clear(&log);
}

static void rpm_gets_the_file(void **state)
{
	struct message_log log;
	struct error error = {0};

	(void)state;
	assert_int_equal(install("#!/bin/sh\necho \"$@\"\n", &log, &error), 0);
	assert_string_equal(message_log_text(&log), "output: -Uvh foo.rpm\n\n");
	message_log_clear(&log);
}

UNIT_MAIN(FIXTURE_TEST(adding_needs_a_source), FIXTURE_TEST(adding_links_the_source),
	  FIXTURE_TEST(adding_twice_says_what_to_do), FIXTURE_TEST(a_broken_one_gets_its_link_back),
	  FIXTURE_TEST(a_tree_that_is_a_file), FIXTURE_TEST(post_add_runs_in_the_source),
	  FIXTURE_TEST(importing_what_is_not_there),
	  FIXTURE_TEST(importing_replaces_another_directory),
	  FIXTURE_TEST(importing_copies_all_of_it),
	  FIXTURE_TEST(importing_the_source_directory_itself),
	  FIXTURE_TEST(importing_what_holds_the_source_tree),
	  FIXTURE_TEST(forgetting_what_is_unknown), FIXTURE_TEST(forgetting_what_is_built),
	  FIXTURE_TEST(forgetting_the_only_version), FIXTURE_TEST(forgetting_one_of_two_versions),
	  FIXTURE_TEST(forgetting_keeps_originals), cmocka_unit_test(without_rpm),
	  cmocka_unit_test(rpm_fails), cmocka_unit_test(rpm_is_killed),
	  cmocka_unit_test(rpm_gets_the_file))
