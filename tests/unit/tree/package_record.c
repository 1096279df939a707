/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fixture.h"
#include "package_sample.h"

#include "base/directory.h"
#include "base/file.h"
#include "tree/package_record.h"

#define PRODUCT "var/lib/dkms/foo/1.0/6.1/x86_64"
#define RECORD  PRODUCT "/" BUILT_PACKAGE_NAME

static char foo[] = "foo", one[] = "1.0", release[] = "6.1", arch[] = "x86_64";
static const struct module_id foo_one = {foo, one};
static const struct kernel_id kernel = {release, arch};

static void write_sample(const struct fixture *fixture, bool is_private)
{
	cleanup(free_string) char *product = fixture_path(fixture, PRODUCT);
	cleanup(package_free_handler) struct package *package = sample_package();
	struct error error = {0};

	package->is_private = is_private;
	scratch_directory(fixture->root, PRODUCT);
	ok(built_package_write(product, package, &error), &error);
}

static struct package *read_back(const struct fixture *fixture)
{
	return built_package_read(&fixture->settings, &foo_one, &kernel);
}

static void expect_none(const struct fixture *fixture)
{
	assert_null(read_back(fixture));
}

/* Packed again it is the same bytes, and those differ by every member. */
static void every_member_comes_back(void **state)
{
	struct fixture *fixture = *state;
	cleanup(package_free_handler) struct package *original = sample_package();
	cleanup(buffer_free) struct buffer wanted = {0}, got = {0};

	expect_none(fixture);
	write_sample(fixture, false);
	cleanup(package_free_handler) struct package *package = read_back(fixture);

	assert_non_null(package);
	package_pack(original, &wanted);
	package_pack(package, &got);
	assert_int_equal(wanted.length, got.length);
	assert_memory_equal(wanted.data, got.data, wanted.length);
	assert_string_equal(package->modules[1].built_name, "built1");
	assert_string_equal(package->modules[1].built_location, "sub1/");
	assert_string_equal(package->modules[1].dest_name, "dest1");
	assert_string_equal(package->modules[1].dest_location, "/updates/1");
	assert_string_equal(package->modules[1].exclusive.config, "CONFIG_Abuilt1");
	assert_string_equal(package->post_remove, "post-remove");
	assert_string_equal(package->exclusive.kernel_min, "5");
	assert_string_equal(package->patches.items[1], "b.patch");
	assert_true(package->modules[1].strip && package->modules[1].excluded);
	assert_int_equal(package->policy.abi_reuse, REUSE_NO);
	assert_int_equal(package->policy.initramfs, INITRAMFS_NEVER);
	assert_int_equal(package->policy.critical, CRITICAL_NO);
	assert_int_equal(package->policy.build_limits.limits[OF_DISK].value, 1024);
	assert_string_equal(package->policy.build_limits.text, "disk=1024");
	assert_string_equal(package->policy.remote.text, "file:///srv/dkms");
	assert_int_equal(package->policy.remote_policy, REMOTE_ONLY);
	assert_int_equal(package->policy.trust_quorum.number, 2);
	assert_string_equal(package->policy.trust_quorum.text, "2");
}

static void what_is_private_stays_so(void **state)
{
	struct fixture *fixture = *state;
	cleanup(free_string) char *path = fixture_path(fixture, RECORD);
	struct stat info;

	write_sample(fixture, false);
	assert_int_equal(stat(path, &info), 0);
	assert_int_equal(info.st_mode & 0777, 0644);
	write_sample(fixture, true);
	assert_int_equal(stat(path, &info), 0);
	assert_int_equal(info.st_mode & 0777, 0600);
}

/* Cut at any place, and with any byte of a length or a number turned over. */
static void a_damaged_record_is_none(void **state)
{
	struct fixture *fixture = *state;
	cleanup(free_string) char *path = fixture_path(fixture, RECORD);
	cleanup(free_string) char *content = NULL;
	struct error error = {0};
	size_t length = 0;

	write_sample(fixture, false);
	ok(file_read(path, 1048576, &content, &length, &error), &error);
	for (size_t kept = 0; kept < length; kept++) {
		ok(file_write_unsynced(path, content, kept, 0644, &error), &error);
		expect_none(fixture);
	}
	for (size_t i = 0; i < length; i += 7) { /* whatever comes: no crash, no overrun */
		char before = content[i];

		content[i] = (char)~before;
		ok(file_write_unsynced(path, content, length, 0644, &error), &error);
		package_free(read_back(fixture));
		content[i] = before;
	}
}

static void a_place_outside_of_the_kernels_directory_is_nonsense(void **state)
{
	struct fixture *fixture = *state;
	static const char *const locations[] = {"updates", "/../../etc", "/a/../b", ""};
	cleanup(free_string) char *product = fixture_path(fixture, PRODUCT);
	struct error error = {0};

	scratch_directory(fixture->root, PRODUCT);
	for (size_t i = 0; i < sizeof(locations) / sizeof(*locations); i++) {
		cleanup(package_free_handler) struct package *package = sample_package();

		text_assign(&package->modules[0].dest_location, locations[i]);
		ok(built_package_write(product, package, &error), &error);
		expect_none(fixture);
	}
	cleanup(package_free_handler) struct package *package = sample_package();

	text_assign(&package->modules[0].dest_name, "../foo");
	ok(built_package_write(product, package, &error), &error);
	expect_none(fixture);
}

static void a_file_that_others_can_write_or_that_is_none_is_not_believed(void **state)
{
	struct fixture *fixture = *state;
	cleanup(free_string) char *path = fixture_path(fixture, RECORD);
	cleanup(free_string) char *other = fixture_path(fixture, "elsewhere");

	write_sample(fixture, false);
	assert_int_equal(chmod(path, 0664), 0);
	expect_none(fixture);
	assert_int_equal(chmod(path, 0646), 0);
	expect_none(fixture);
	assert_int_equal(chmod(path, 0644), 0);
	if (geteuid() == 0) {
		assert_int_equal(chown(path, 12345, 0), 0);
		expect_none(fixture);
		assert_int_equal(chown(path, 0, 0), 0);
	}
	cleanup(package_free_handler) struct package *package = read_back(fixture);

	assert_non_null(package);
	assert_int_equal(rename(path, other), 0);
	assert_int_equal(symlink(other, path), 0);
	expect_none(fixture);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkfifo(path, 0600), 0);
	expect_none(fixture);
}

static void an_oversized_record_is_none(void **state)
{
	struct fixture *fixture = *state;
	cleanup(free_string) char *path = fixture_path(fixture, RECORD);

	write_sample(fixture, false);
	assert_int_equal(truncate(path, 1048577), 0);
	expect_none(fixture);
}

UNIT_MAIN(FIXTURE_TEST(every_member_comes_back), FIXTURE_TEST(what_is_private_stays_so),
	  FIXTURE_TEST(a_damaged_record_is_none),
	  FIXTURE_TEST(a_place_outside_of_the_kernels_directory_is_nonsense),
	  FIXTURE_TEST(a_file_that_others_can_write_or_that_is_none_is_not_believed),
	  FIXTURE_TEST(an_oversized_record_is_none))
