/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fixture.h"
#include "package_sample.h"

#include <time.h>

#include "base/file.h"
#include "tree/evaluations.h"

#define CONF   "usr/src/foo-1.0/dkms.conf"
#define RECORD "var/lib/dkms/foo/1.0/.evaluated"

static char foo[] = "foo", one[] = "1.0", release[] = "6.1", other[] = "6.12", arch[] = "x86_64";

struct place {
	char *conf, *headers, *config;
	struct module_id id;
	struct kernel_id kernel;
};

static void place_free(struct place *place)
{
	free(place->conf);
	free(place->headers);
	free(place->config);
}

/* What was written just now is not recorded: wait until the clock of files has gone on. */
static void settle(void)
{
	const struct timespec tick = {.tv_nsec = 20000000};

	(void)nanosleep(&tick, NULL);
}

static struct place place_in(const struct fixture *fixture)
{
	return (struct place){
		.conf = fixture_path(fixture, CONF),
		.headers = fixture_path(fixture, "headers"),
		.config = fixture_path(fixture, "boot/config"),
		.id = {foo, one},
		.kernel = {release, arch},
	};
}

static void furnish(const struct fixture *fixture)
{
	scratch_write(fixture->root, CONF, "PACKAGE_NAME=foo\n");
	scratch_write(fixture->root, "boot/config", "CONFIG_A=y\n");
	scratch_directory(fixture->root, "headers");
	scratch_directory(fixture->root, "var/lib/dkms/foo/1.0");
	scratch_directory(fixture->root, "lib/modules/6.1");
	scratch_directory(fixture->root, "lib/modules/6.12");
	scratch_directory(fixture->root, "etc/dkms");
	settle();
}

static struct evaluation_subject subject_of(const struct place *place)
{
	return (struct evaluation_subject){
		.id = &place->id,
		.kernel = &place->kernel,
		.conf_file = place->conf,
		.kernel_source_dir = place->headers,
		.kernel_config = place->config,
	};
}

/* As a run that evaluates. */
static void record(const struct fixture *fixture, const struct place *place)
{
	const struct evaluation_subject subject = subject_of(place);
	struct evaluations *evaluations = evaluations_open(&fixture->settings);
	cleanup(package_free_handler) struct package *package = sample_package();
	struct evaluation_key key = {0};

	evaluations_key(evaluations, &subject, &key);
	evaluations_add(evaluations, &subject, &key, package);
	evaluations_write(evaluations);
	evaluation_key_free(&key);
	evaluations_free(evaluations);
}

/* As a run that looks whether it has to. */
static bool is_recorded(const struct fixture *fixture, const struct place *place)
{
	const struct evaluation_subject subject = subject_of(place);
	struct evaluations *evaluations = evaluations_open(&fixture->settings);
	struct evaluation_key key = {0};

	evaluations_key(evaluations, &subject, &key);
	cleanup(package_free_handler) struct package *package = evaluations_find(evaluations,
										 &subject, &key);

	evaluation_key_free(&key);
	evaluations_free(evaluations);
	if (package)
		assert_string_equal(package->modules[1].dest_name, "dest1");
	return package != NULL;
}

static void what_was_evaluated_once_is_found_until_the_module_goes(void **state)
{
	struct fixture *fixture = *state;
	cleanup(place_free) struct place place = place_in(fixture);
	cleanup(free_string) char *path = fixture_path(fixture, RECORD);

	furnish(fixture);
	assert_false(is_recorded(fixture, &place));
	record(fixture, &place);
	assert_true(is_recorded(fixture, &place));
	place.kernel.release = other;
	assert_false(is_recorded(fixture, &place));
	record(fixture, &place);
	assert_true(is_recorded(fixture, &place));
	place.kernel.release = release;
	assert_true(is_recorded(fixture, &place));
	assert_int_equal(unlink(path), 0);
	assert_false(is_recorded(fixture, &place));
}

static void a_module_that_is_not_in_the_tree_leaves_no_record(void **state)
{
	struct fixture *fixture = *state;
	cleanup(place_free) struct place place = place_in(fixture);
	cleanup(free_string) char *module = fixture_path(fixture, "var/lib/dkms/bar");
	static char bar[] = "bar";

	furnish(fixture);
	place.id.name = bar;
	record(fixture, &place);
	assert_false(file_exists_nofollow(module));
}

/* Each of them once: after it the record does not hold, and a new one does. */
static void expect_noticed(const struct fixture *fixture, const struct place *place)
{
	settle();
	assert_false(is_recorded(fixture, place));
	record(fixture, place);
	assert_true(is_recorded(fixture, place));
}

static void every_change_of_a_file_is_noticed(void **state)
{
	static const char *const names[] = {"foo.conf",         "foo-1.0.conf",
					    "foo-1.0-6.1.conf", "foo-1.0-6.1-x86_64.conf",
					    "foo--6.1.conf",    "foo--6.1-x86_64.conf"};
	struct fixture *fixture = *state;
	cleanup(place_free) struct place place = place_in(fixture);
	cleanup(free_string) char *conf = fixture_path(fixture, CONF);

	furnish(fixture);
	record(fixture, &place);
	scratch_write(fixture->root, CONF, "PACKAGE_NAME=bar\n"); /* as long as it was */
	expect_noticed(fixture, &place);
	assert_int_equal(chmod(conf, 0600), 0);
	expect_noticed(fixture, &place);
	scratch_write(fixture->root, "usr/src/foo-1.0/other", "");
	expect_noticed(fixture, &place);
	scratch_write(fixture->root, "boot/config", "CONFIG_A=n\n");
	expect_noticed(fixture, &place);
	scratch_write(fixture->root, "headers/Makefile", "");
	expect_noticed(fixture, &place);
	scratch_write(fixture->root, "usr/share/dkms/build-exceptions.d/foo.conf", "");
	expect_noticed(fixture, &place);
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		cleanup(free_string) char *name = path_join("etc/dkms", names[i], NULL);
		cleanup(free_string) char *path = fixture_path(fixture, name);

		scratch_write(fixture->root, name, "A=1\n");
		expect_noticed(fixture, &place);
		scratch_write(fixture->root, name, "A=2\n");
		expect_noticed(fixture, &place);
		assert_int_equal(unlink(path), 0);
		expect_noticed(fixture, &place);
	}
	scratch_write(fixture->root, "etc/dkms/foobar.conf", "");
	scratch_write(fixture->root, "etc/dkms/foo--6.12.conf", "");
	settle();
	assert_true(is_recorded(fixture, &place));
}

static void every_change_of_what_a_conf_sees_is_noticed(void **state)
{
	struct fixture *fixture = *state;
	struct settings *settings = &fixture->settings;
	cleanup(place_free) struct place place = place_in(fixture);
	cleanup(free_string) char *elsewhere = fixture_path(fixture, "elsewhere");
	char *const *texts[] = {&settings->source_tree, &settings->install_tree,
				&settings->temporary};

	furnish(fixture);
	record(fixture, &place);
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		text_assign((char **)texts[i], elsewhere);
		assert_false(is_recorded(fixture, &place));
	}
	record(fixture, &place);
	settings->parallel_jobs = 3;
	assert_false(is_recorded(fixture, &place));
	record(fixture, &place);
	strv_add(&settings->directives, "MAKE=true");
	assert_false(is_recorded(fixture, &place));
	record(fixture, &place);
	settings->policy.build_sandbox = SANDBOX_NO;
	assert_false(is_recorded(fixture, &place));
	settings->policy.build_sandbox = SANDBOX_YES;
	settings->policy.abi_reuse = REUSE_NO;
	assert_false(is_recorded(fixture, &place));
	settings->policy = (struct policy){.build_network = true};
	assert_false(is_recorded(fixture, &place));
	settings->policy = (struct policy){0};
	place.kernel.arch = other;
	assert_false(is_recorded(fixture, &place));
	place.kernel.arch = arch;
	text_assign(&place.headers, elsewhere);
	assert_false(is_recorded(fixture, &place));
}

static void a_conf_that_was_written_just_now_is_not_recorded(void **state)
{
	struct fixture *fixture = *state;
	cleanup(place_free) struct place place = place_in(fixture);
	cleanup(free_string) char *conf = fixture_path(fixture, CONF);
	struct timespec now;
	bool quick = false;

	furnish(fixture);
	/* More than one try, as the clock may go on between the two. */
	for (int i = 0; i < 100 && !quick; i++) {
		struct stat info;

		scratch_write(fixture->root, CONF, "PACKAGE_NAME=bar\n");
		record(fixture, &place);
		assert_int_equal(clock_gettime(CLOCK_REALTIME_COARSE, &now), 0);
		assert_int_equal(stat(conf, &info), 0);
		quick = info.st_ctim.tv_sec == now.tv_sec && info.st_ctim.tv_nsec >= now.tv_nsec;
	}
	if (!quick)
		skip();
	assert_false(is_recorded(fixture, &place));
}

static void a_kernel_that_is_gone_is_not_kept(void **state)
{
	struct fixture *fixture = *state;
	cleanup(place_free) struct place place = place_in(fixture);
	cleanup(free_string) char *gone = fixture_path(fixture, "lib/modules/6.1");

	furnish(fixture);
	record(fixture, &place);
	assert_int_equal(rmdir(gone), 0);
	place.kernel.release = other;
	record(fixture, &place);
	assert_true(is_recorded(fixture, &place));
	place.kernel.release = release;
	assert_false(is_recorded(fixture, &place));
}

static void values_of_a_private_file_stay_private(void **state)
{
	struct fixture *fixture = *state;
	cleanup(place_free) struct place place = place_in(fixture);
	cleanup(free_string) char *path = fixture_path(fixture, RECORD);
	cleanup(free_string) char *override = fixture_path(fixture, "etc/dkms/foo--6.1.conf");
	struct stat info;

	furnish(fixture);
	record(fixture, &place);
	assert_int_equal(stat(path, &info), 0);
	assert_int_equal(info.st_mode & 0777, 0644);
	scratch_write(fixture->root, "etc/dkms/foo--6.1.conf", "MAKE='secret'\n");
	assert_int_equal(chmod(override, 0600), 0);
	settle();
	record(fixture, &place);
	assert_int_equal(stat(path, &info), 0);
	assert_int_equal(info.st_mode & 0777, 0600);
	place.kernel.release = other; /* the file still holds the other's */
	record(fixture, &place);
	assert_int_equal(stat(path, &info), 0);
	assert_int_equal(info.st_mode & 0777, 0600);
}

static void a_damaged_record_is_none(void **state)
{
	struct fixture *fixture = *state;
	cleanup(place_free) struct place place = place_in(fixture);
	cleanup(free_string) char *path = fixture_path(fixture, RECORD);
	cleanup(free_string) char *content = NULL;
	struct error error = {0};
	size_t length = 0;

	furnish(fixture);
	record(fixture, &place);
	ok(file_read(path, 4194304, &content, &length, &error), &error);
	for (size_t i = 0; i < length; i += 3) {
		ok(file_write_unsynced(path, content, i, 0644, &error), &error);
		assert_false(is_recorded(fixture, &place));
		content[i] ^= 0x40;
		ok(file_write_unsynced(path, content, length, 0644, &error), &error);
		assert_false(is_recorded(fixture, &place));
		content[i] ^= 0x40;
	}
	ok(file_write_unsynced(path, content, length, 0666, &error), &error);
	assert_false(is_recorded(fixture, &place));
	ok(file_write_unsynced(path, content, length, 0644, &error), &error);
	assert_true(is_recorded(fixture, &place));
	assert_int_equal(truncate(path, 4194305), 0);
	assert_false(is_recorded(fixture, &place));
	record(fixture, &place);
	assert_true(is_recorded(fixture, &place));
}

UNIT_MAIN(FIXTURE_TEST(what_was_evaluated_once_is_found_until_the_module_goes),
	  FIXTURE_TEST(a_module_that_is_not_in_the_tree_leaves_no_record),
	  FIXTURE_TEST(every_change_of_a_file_is_noticed),
	  FIXTURE_TEST(every_change_of_what_a_conf_sees_is_noticed),
	  FIXTURE_TEST(a_conf_that_was_written_just_now_is_not_recorded),
	  FIXTURE_TEST(a_kernel_that_is_gone_is_not_kept),
	  FIXTURE_TEST(values_of_a_private_file_stay_private),
	  FIXTURE_TEST(a_damaged_record_is_none))
