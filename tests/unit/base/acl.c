/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include <endian.h>
#include <fcntl.h>
#include <sys/xattr.h>

#include "scratch.h"
#include "base/acl.h"

struct item {
	uint16_t tag, rights;
	uint32_t id;
};

enum { OWNER = 0x01, USER = 0x02, GROUP_OF_FILE = 0x04, GROUP = 0x08, MASK = 0x10, OTHER = 0x20 };
enum { NOBODY_NAMED = -1 };

/* What is found of a file with such a list; skipped where the file system has none. */
static struct acl read_back(const struct item *items, size_t count)
{
	cleanup(scratch_remove) char *scratch = scratch_make();
	cleanup(free_string) char *path = path_join(scratch, "file", NULL);
	struct {
		uint32_t version;
		struct item items[8];
	} __attribute__((packed)) bytes = {htole32(2), {{0}}};
	struct acl by_path = {0}, by_descriptor = {0};

	for (size_t i = 0; i < count; i++)
		bytes.items[i] = (struct item){htole16(items[i].tag), htole16(items[i].rights),
					       htole32(items[i].id)};
	scratch_write(scratch, "file", "");
	if (setxattr(path, "system.posix_acl_access", &bytes,
		     sizeof(bytes.version) + count * sizeof(*items), 0) < 0)
		skip();
	cleanup(close_fd) int fd = open(path, O_RDONLY | O_CLOEXEC);

	acl_of_path(path, &by_path);
	acl_of_descriptor(fd, &by_descriptor);
	assert_int_equal(by_path.writer, by_descriptor.writer);
	assert_int_equal(by_path.group_writes, by_descriptor.group_writes);
	return by_path;
}

#define READ_BACK(...)                                \
	read_back((const struct item[]){__VA_ARGS__}, \
		  sizeof((const struct item[]){__VA_ARGS__}) / sizeof(struct item))

static void who_may_write_is_found(void **state)
{
	(void)state;
	struct acl acl = READ_BACK({OWNER, 6, NOBODY_NAMED}, {USER, 6, 4711}, {USER, 6, 4712},
				   {GROUP_OF_FILE, 4, NOBODY_NAMED}, {MASK, 6, NOBODY_NAMED},
				   {OTHER, 4, NOBODY_NAMED});

	assert_int_equal(acl.writer, 4711);
	assert_false(acl.group_writes);
	acl = READ_BACK({OWNER, 6, NOBODY_NAMED}, {GROUP_OF_FILE, 4, NOBODY_NAMED},
			{GROUP, 6, 4711}, {MASK, 6, NOBODY_NAMED}, {OTHER, 4, NOBODY_NAMED});
	assert_int_equal(acl.writer, 0);
	assert_true(acl.group_writes);
}

/* Readers, root himself, and what the mask takes away. */
static void who_may_not_is_not(void **state)
{
	(void)state;
	struct acl acl = READ_BACK({OWNER, 6, NOBODY_NAMED}, {USER, 6, 0}, {USER, 4, 4711},
				   {GROUP_OF_FILE, 4, NOBODY_NAMED}, {GROUP, 6, 0},
				   {MASK, 6, NOBODY_NAMED}, {OTHER, 4, NOBODY_NAMED});

	assert_int_equal(acl.writer, 0);
	assert_false(acl.group_writes);
	acl = READ_BACK({OWNER, 6, NOBODY_NAMED}, {USER, 6, 4711}, {GROUP_OF_FILE, 4, NOBODY_NAMED},
			{GROUP, 6, 4712}, {MASK, 4, NOBODY_NAMED}, {OTHER, 4, NOBODY_NAMED});
	assert_int_equal(acl.writer, 0);
	assert_false(acl.group_writes);
}

static void a_file_without_a_list(void **state)
{
	cleanup(scratch_remove) char *scratch = scratch_make();
	struct acl acl = {0};

	(void)state;
	acl_of_path(scratch, &acl);
	acl_of_path("/nonexistent", &acl);
	acl_of_descriptor(-1, &acl);
	assert_int_equal(acl.writer, 0);
	assert_false(acl.group_writes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_may_write_is_found),
		cmocka_unit_test(who_may_not_is_not),
		cmocka_unit_test(a_file_without_a_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
