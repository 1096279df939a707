/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include <sys/stat.h>

#include "package/tarball_fixture.h"

#define VERSION "var/lib/dkms/foo/1.0"

/* foo/1.0, built for its kernel. */
static void fill(const struct fixture *fixture)
{
	scratch_write(fixture->root, "usr/src/foo-1.0/dkms.conf", "PACKAGE_NAME=foo\n");
	scratch_write(fixture->root, "usr/src/foo-1.0/sub/foo.c", "int foo;\n");
	scratch_write(fixture->root, "usr/src/foo-1.0/.version", "1\n");
	scratch_write(fixture->root, "usr/src/foo-1.0/.git/HEAD", "history\n");
	scratch_symlink(fixture->root, "usr/src/foo-1.0/link.c", "sub/foo.c");
	scratch_symlink(fixture->root, VERSION "/source", "../../../../../usr/src/foo-1.0");
	scratch_write(fixture->root, VERSION "/6.1/x86_64/module/foo.ko", "built\n");
	scratch_write(fixture->root, VERSION "/6.1/x86_64/.dep_bar", "2.0\n");
	scratch_write(fixture->root, VERSION "/6.1/x86_64/.installed", "updates/foo.ko\n");
}

static struct tarball_make_request request_for(struct fixture *fixture,
					       const struct kernel_ids *kernels)
{
	return (struct tarball_make_request){
		.settings = &fixture->settings,
		.id = &fixture->id,
		.kernels = kernels,
		.reporter = &fixture->log.reporter,
	};
}

static void expect_made(const struct tarball_make_request *request, char **ret_path)
{
	struct error error = {0};

	if (tarball_make(request, ret_path, &error) < 0)
		fail_msg("%s", error.message);
}

static void expect_failure(struct fixture *fixture, const struct tarball_make_request *request,
			   int status, const char *part)
{
	cleanup(free_string) char *before = take_snapshot(fixture);
	struct error error = {0};
	char *path = NULL;

	assert_true(tarball_make(request, &path, &error) < 0);
	assert_error(&error, status, part);
	assert_null(path);
	cleanup(free_string) char *after = take_snapshot(fixture);

	assert_string_equal(before, after);
}

static void a_directory_that_cannot_be(void **state)
{
	struct fixture *fixture = *state;
	struct kernel_id kernel = fixture->kernel;
	const struct kernel_ids kernels = {&kernel, 1};
	struct tarball_make_request request = request_for(fixture, &kernels);

	fill(fixture);
	scratch_write(fixture->root, "file", "");
	cleanup(free_string) char *archive = path_join(fixture->root, "file/t.tar", NULL);

	request.archive = archive;
	expect_failure(fixture, &request, EXIT_NO_CONF, "file");
	request.archive = "/proc/t.tar";
	expect_failure(fixture, &request, EXIT_NO_CONF, "/proc");
}

static void what_is_missing(void **state)
{
	struct fixture *fixture = *state;
	struct kernel_id kernel = fixture->kernel;
	const struct kernel_ids kernels = {&kernel, 1};
	struct tarball_make_request request = request_for(fixture, &kernels);
	cleanup(free_string) char *archive = path_join(fixture->root, "new/dir/t.tar", NULL);
	cleanup(free_string) char *build = path_join(fixture->root, VERSION "/6.1", NULL);
	struct error error = {0};

	fill(fixture);
	assert_int_equal(directory_remove(build, &error), 0);
	expect_failure(fixture, &request, EXIT_INSTALL, "6.1");
	request.archive = archive;
	expect_failure(fixture, &request, EXIT_INSTALL, "6.1");
}

/* The old one stays until there is a new one. */
static void a_failure_keeps_the_old_file(void **state)
{
	struct fixture *fixture = *state;
	struct kernel_id kernel = fixture->kernel;
	const struct kernel_ids kernels = {&kernel, 1};
	struct tarball_make_request request = request_for(fixture, &kernels);

	fill(fixture);
	scratch_write(fixture->root, VERSION "/tarball/t.tar", "old\n");
	request.archive = "t.tar";
	request.conf_file = "/nowhere/dkms.conf";
	expect_failure(fixture, &request, EXIT_BROKEN, "/nowhere/dkms.conf");
	expect_content(fixture, VERSION "/tarball/t.tar", "old\n");
}

static void expect_place(const struct tarball_make_request *request, const char *end)
{
	cleanup(free_string) char *place = tarball_place(request);

	if (!text_ends_with(place, end))
		fail_msg("%s does not end with %s", place, end);
}

static void names_say_what_is_in_it(void **state)
{
	struct fixture *fixture = *state;
	cleanup(kernel_ids_free) struct kernel_ids kernels = {0};
	struct tarball_make_request request = request_for(fixture, &kernels);

	expect_place(&request, VERSION "/tarball/foo-1.0-source-only.dkms.tar.gz");
	kernel_ids_add(&kernels, "6.12", "x86_64");
	kernel_ids_add(&kernels, "6.1", "i686");
	expect_place(&request, "/foo-1.0-kernel6.12-x86_64-kernel6.1-i686.dkms.tar.gz");
	request.archive = "mine.tar.xz";
	expect_place(&request, VERSION "/tarball/mine.tar.xz");
	request.archive = "./mine.tar.xz";
	expect_place(&request, "./mine.tar.xz");
}

/* 199 characters of kernels still fit. */
static void long_names_give_up(void **state)
{
	struct fixture *fixture = *state;
	struct kernel_id kernel = {xcalloc(1, 200), xstrdup("x86_64")};
	const struct kernel_ids kernels = {&kernel, 1};
	struct tarball_make_request request = request_for(fixture, &kernels);

	memset(kernel.release, '6', 199 - strlen("kernel-x86_64"));
	expect_place(&request, "666-x86_64.dkms.tar.gz");
	memset(kernel.release, '6', 200 - strlen("kernel-x86_64"));
	expect_place(&request, "/foo-1.0-manykernels.dkms.tar.gz");
	kernel_id_free(&kernel);
}

static void is_loaded_as_it_was(void **state)
{
	struct fixture *fixture = *state;
	struct kernel_id kernel = fixture->kernel;
	const struct kernel_ids kernels = {&kernel, 1};
	const struct tarball_make_request request = request_for(fixture, &kernels);
	cleanup(tarball_close_handler) struct tarball *tarball = NULL;
	cleanup(free_string) char *path = NULL;
	struct error error = {0};

	fill(fixture);
	expect_made(&request, &path);
	assert_int_equal(tarball_open(path, fixture->settings.source_tree, &tarball, &error), 0);
	assert_int_equal(tarball->kind, TARBALL_FULL);
	assert_int_equal(tarball->kernels.count, 1);
	cleanup(free_string) char *content = snapshot_take(tarball->content, NULL);

	assert_non_null(strstr(content, "dkms_source_tree/sub/foo.c"));
	assert_non_null(strstr(content, "dkms_source_tree/.version"));
	assert_non_null(strstr(content, "dkms_source_tree/link.c"));
	assert_non_null(strstr(content, "dkms_main_tree/6.1/x86_64/module/foo.ko"));
	assert_non_null(strstr(content, "dkms_main_tree/6.1/x86_64/.dep_bar"));
	assert_null(strstr(content, ".installed"));
	assert_null(strstr(content, ".git"));
	cleanup(free_string) char *original = path_join(fixture->root, "usr/src/foo-1.0/dkms.conf",
							NULL);
	struct stat was, is;

	assert_int_equal(stat(original, &was), 0);
	assert_int_equal(stat(tarball->conf_file, &is), 0);
	assert_int_equal(was.st_mtim.tv_sec, is.st_mtim.tv_sec);
}

static void binaries_only(void **state)
{
	struct fixture *fixture = *state;
	struct kernel_id kernel = fixture->kernel;
	const struct kernel_ids kernels = {&kernel, 1};
	struct tarball_make_request request = request_for(fixture, &kernels);
	cleanup(tarball_close_handler) struct tarball *tarball = NULL;
	cleanup(free_string) char *path = NULL;
	struct error error = {0};

	fill(fixture);
	scratch_write(fixture->root, "other.conf", "other\n");
	cleanup(free_string) char *conf = path_join(fixture->root, "other.conf", NULL);

	request.binaries_only = true;
	request.conf_file = conf;
	expect_made(&request, &path);
	assert_int_equal(tarball_open(path, fixture->settings.source_tree, &tarball, &error), 0);
	assert_int_equal(tarball->kind, TARBALL_BINARIES);
	cleanup(free_string) char *content = snapshot_take(tarball->content, NULL);

	assert_non_null(strstr(content, "dkms_binaries_only/PACKAGE_NAME"));
	assert_non_null(strstr(content, "dkms_binaries_only/PACKAGE_VERSION"));
	assert_null(strstr(content, "dkms_source_tree"));
	assert_true(file_same_content(tarball->conf_file, conf));
}

static void the_same_gives_the_same_bytes(void **state)
{
	struct fixture *fixture = *state;
	struct kernel_id kernel = fixture->kernel;
	const struct kernel_ids kernels = {&kernel, 1};
	struct tarball_make_request request = request_for(fixture, &kernels);
	cleanup(free_string) char *first = NULL, *second = NULL;

	fill(fixture);
	request.archive = "first.tar.gz";
	expect_made(&request, &first);
	request.archive = "second.tar.gz";
	expect_made(&request, &second);
	assert_true(file_same_content(first, second));
	cleanup(free_string) char *data = NULL;
	struct error error = {0};

	/* gzip has a place for the time of day (RFC 1952, MTIME). */
	assert_int_equal(file_read(first, 1 << 20, &data, NULL, &error), 0);
	assert_memory_equal(data + 4, "\0\0\0\0", 4);
}

/* In the order of their bytes, whatever order the directory has. */
static void names_come_sorted(void **state)
{
	static const char letters[] = "qazwsxedcrfvtgbyhnujmikolp";
	struct fixture *fixture = *state;
	const struct kernel_ids none = {0};
	struct tarball_make_request request = request_for(fixture, &none);
	cleanup(free_string) char *path = NULL, *data = NULL;
	struct error error = {0};
	size_t length, last = 0;

	fill(fixture);
	for (const char *letter = letters; *letter; letter++) {
		cleanup(free_string) char *name = text_format("usr/src/foo-1.0/many/%c", *letter);

		scratch_write(fixture->root, name, "");
	}
	request.archive = "t.tar";
	expect_made(&request, &path);
	assert_int_equal(file_read(path, 1 << 20, &data, &length, &error), 0);
	for (char letter = 'a'; letter <= 'z'; letter++) {
		cleanup(free_string) char *name = text_format("dkms_source_tree/many/%c", letter);
		const char *found = memmem(data, length, name, strlen(name) + 1);

		assert_non_null(found);
		assert_true((size_t)(found - data) > last);
		last = (size_t)(found - data);
	}
}

static void the_suffix_picks_the_compression(void **state)
{
	static const struct {
		const char *name;
		const char magic[6];
	} cases[] = {
		{"a.tar.gz", "\x1f\x8b"},
		{"a.tgz", "\x1f\x8b"},
		{"a.tar.bz2", "BZh"},
		{"a.tar.xz", "\xfd"
			     "7zXZ"},
		{"a.tar.zst", "\x28\xb5\x2f\xfd"},
		{"a.tar", "dkms_"},
		{"a.other", "dkms_"},
	};
	struct fixture *fixture = *state;
	const struct kernel_ids none = {0};
	struct tarball_make_request request = request_for(fixture, &none);

	fill(fixture);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		cleanup(tarball_close_handler) struct tarball *tarball = NULL;
		cleanup(free_string) char *path = NULL, *data = NULL;
		struct error error = {0};

		request.archive = cases[i].name;
		expect_made(&request, &path);
		assert_int_equal(file_read(path, 1 << 20, &data, NULL, &error), 0);
		assert_memory_equal(data, cases[i].magic,
				    strnlen(cases[i].magic, sizeof(cases[i].magic)));
		if (tarball_open(path, fixture->settings.source_tree, &tarball, &error) < 0)
			fail_msg("%s", error.message);
	}
}

static void what_cannot_be_packed_is_told(void **state)
{
	struct fixture *fixture = *state;
	const struct kernel_ids none = {0};
	const struct tarball_make_request request = request_for(fixture, &none);
	cleanup(free_string) char *fifo = path_join(fixture->root, "usr/src/foo-1.0/fifo", NULL);
	cleanup(free_string) char *path = NULL;

	fill(fixture);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	scratch_symlink(fixture->root, "usr/src/foo-1.0/out", "/etc/passwd");
	expect_made(&request, &path);
	expect_message(fixture,
		       "fifo is neither a file nor a directory nor a link and is left out");
	expect_message(fixture, "out is a link to /etc/passwd, outside of what is packed");
}

UNIT_MAIN(FIXTURE_TEST(a_directory_that_cannot_be), FIXTURE_TEST(what_is_missing),
	  FIXTURE_TEST(a_failure_keeps_the_old_file), FIXTURE_TEST(names_say_what_is_in_it),
	  FIXTURE_TEST(long_names_give_up), FIXTURE_TEST(is_loaded_as_it_was),
	  FIXTURE_TEST(binaries_only), FIXTURE_TEST(the_same_gives_the_same_bytes),
	  FIXTURE_TEST(names_come_sorted), FIXTURE_TEST(the_suffix_picks_the_compression),
	  FIXTURE_TEST(what_cannot_be_packed_is_told))
