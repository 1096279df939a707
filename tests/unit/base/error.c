/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include <errno.h>
#include <string.h>

#include "base/error.h"

static void the_first_error_wins(void **state)
{
	struct error error = {0};

	(void)state;
	assert_int_equal(error_set(&error, -ENOENT, EXIT_BROKEN, "first %d", 1), -ENOENT);
	assert_int_equal(error_set(&error, -EIO, EXIT_TREE, "second"), -ENOENT);
	assert_int_equal(error.exit_status, EXIT_BROKEN);
	assert_string_equal(error.message, "first 1");
	error_clear(&error);
	assert_int_equal(error.code, 0);
}

static void context_goes_before_and_hints_after(void **state)
{
	struct error error = {0};

	(void)state;
	(void)error_errno(&error, -ENOSPC, 0, "Cannot write %s", "/x");
	(void)error_wrap(&error, "Building %s", "foo");
	(void)error_hint(&error, "Make room.");
	assert_string_equal(error.message,
			    "Building foo: Cannot write /x: No space left on device\nMake room.");
	error_clear(&error);
}

static void an_undecided_status_can_be_decided_once(void **state)
{
	struct error error = {0};

	(void)state;
	assert_int_equal(error_exit_status(&error), 0);
	(void)error_set(&error, -EIO, 0, "x");
	assert_int_equal(error_exit_status(&error), 1);
	(void)error_set_status(&error, EXIT_INSTALL);
	(void)error_set_status(&error, EXIT_TREE);
	assert_int_equal(error_exit_status(&error), EXIT_INSTALL);
	error_clear(&error);
}

static void moving_keeps_what_is_set(void **state)
{
	struct error first = {0}, second = {0}, third = {0};

	(void)state;
	(void)error_set(&first, -EIO, 0, "first");
	(void)error_set(&second, -ENOENT, 0, "second");
	assert_int_equal(error_move(&third, &first), -EIO);
	assert_null(first.message);
	assert_int_equal(error_move(&third, &second), -EIO);
	assert_null(second.message);
	assert_string_equal(third.message, "first");
	error_clear(&third);
}

static void what_was_passed_over_hides_no_failure(void **state)
{
	(void)state;
	assert_int_equal(error_graver_status(EXIT_EXCLUDED, EXIT_BUILD_FAILED), EXIT_BUILD_FAILED);
	assert_int_equal(error_graver_status(EXIT_BUILD_FAILED, EXIT_EXCLUDED), EXIT_BUILD_FAILED);
	assert_int_equal(error_graver_status(EXIT_EXCLUDED, 0), EXIT_EXCLUDED);
	assert_int_equal(error_graver_status(0, EXIT_EXCLUDED), EXIT_EXCLUDED);
	assert_int_equal(error_graver_status(EXIT_INSTALL, EXIT_BUILD_FAILED), EXIT_INSTALL);
	assert_int_equal(error_graver_status(0, 0), 0);
}

UNIT_MAIN(cmocka_unit_test(the_first_error_wins),
	  cmocka_unit_test(context_goes_before_and_hints_after),
	  cmocka_unit_test(an_undecided_status_can_be_decided_once),
	  cmocka_unit_test(moving_keeps_what_is_set),
	  cmocka_unit_test(what_was_passed_over_hides_no_failure))
