/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tree/fixture.h"

#include "journal/transaction.h"

static void expect_pending(const struct fixture *fixture, const char *wanted)
{
	cleanup(strv_free) struct strv releases = {0};
	struct error error = {0};

	assert_int_equal(pending_depmod_list(&fixture->settings, &releases, &error), 0);
	cleanup(free_string) char *joined = strv_join(&releases, " ");

	assert_string_equal(joined, wanted);
}

static void names_that_are_no_kernels(void **state)
{
	const struct fixture *fixture = *state;
	static const char *const names[] = {"", ".", "../lock", "a/b"};
	struct error error = {0};

	scratch_write(fixture->root, "var/lib/dkms/.dkms/lock", "");
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		assert_int_equal(pending_depmod_set(&fixture->settings, names[i], &error), -EINVAL);
		assert_error(&error, EXIT_EMPTY_KERNEL, "cannot be the name of a kernel");
		assert_int_equal(pending_depmod_clear(&fixture->settings, names[i], &error), 0);
	}
	cleanup(free_string) char *lock = fixture_path(fixture, "var/lib/dkms/.dkms/lock");

	assert_true(file_exists(lock));
}

static void file_in_place_of_the_directory(void **state)
{
	const struct fixture *fixture = *state;
	struct error error = {0};

	scratch_write(fixture->root, "var/lib/dkms/.dkms/depmod", "");
	assert_true(pending_depmod_set(&fixture->settings, "6.1", &error) < 0);
	assert_error(&error, 0, ".dkms/depmod");
}

static void set_and_clear(void **state)
{
	const struct fixture *fixture = *state;
	struct error error = {0};

	expect_pending(fixture, "");
	assert_int_equal(pending_depmod_clear(&fixture->settings, "6.1", &error), 0);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(pending_depmod_set(&fixture->settings, "6.2", &error), 0);
		assert_int_equal(pending_depmod_set(&fixture->settings, "6.1", &error), 0);
	}
	expect_pending(fixture, "6.1 6.2");
	assert_int_equal(pending_depmod_clear(&fixture->settings, "6.1", &error), 0);
	expect_pending(fixture, "6.2");
}

UNIT_MAIN(FIXTURE_TEST(names_that_are_no_kernels), FIXTURE_TEST(file_in_place_of_the_directory),
	  FIXTURE_TEST(set_and_clear))
