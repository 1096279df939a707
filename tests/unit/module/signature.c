/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "module/files.h"

#include <errno.h>

#include "module/signature.h"

static void a_signature_that_claims_too_much_is_damaged(void **state)
{
	cleanup(buffer_free) struct buffer module = {0};
	struct error error = {0};
	size_t length = 77;

	(void)state;
	buffer_add_text(&module, "module");
	signature_append(&module, "signature", 9);
	/* The first byte of the module is lost: still whole. One byte more than that: damaged. */
	assert_ok(signature_find_start(module.data + 1, module.length - 1, &length, &error),
		  &error);
	assert_int_equal(length, 5);
	length = 77;
	signature_find_start(module.data + 7, module.length - 7, &length, &error);
	assert_failure(&error, -EBADMSG, "claims 9 bytes where there are 8");
	signature_find_start("~Module signature appended~\n", 28, &length, &error);
	assert_failure(&error, -EBADMSG, "cut short");
	assert_int_equal(length, 77);
}

static void an_unsigned_module_is_all_module(void **state)
{
	struct error error = {0};
	size_t length = 77;

	(void)state;
	assert_ok(signature_find_start("", 0, &length, &error), &error);
	assert_int_equal(length, 0);
	assert_ok(signature_find_start("~Module signature appended~ ", 28, &length, &error),
		  &error);
	assert_int_equal(length, 28);
}

static void every_signature_is_found(void **state)
{
	cleanup(buffer_free) struct buffer module = {0};
	struct error error = {0};
	size_t length;

	(void)state;
	buffer_add_text(&module, "module");
	signature_append(&module, "", 0);
	signature_append(&module, "once more", 9);
	assert_ok(signature_find_start(module.data, module.length, &length, &error), &error);
	assert_int_equal(length, 6);
}

static void the_trailer_is_what_the_kernel_reads(void **state)
{
	cleanup(buffer_free) struct buffer module = {0};
	static const char expected[] = "M"
				       "CMS"
				       "\0\0\2\0\0\0\0\0"
				       "\0\0\0\3"
				       "~Module signature appended~\n";

	(void)state;
	buffer_add_text(&module, "M");
	signature_append(&module, "CMS", 3);
	assert_int_equal(module.length, sizeof(expected) - 1);
	assert_memory_equal(module.data, expected, module.length);
}

UNIT_MAIN(cmocka_unit_test(a_signature_that_claims_too_much_is_damaged),
	  cmocka_unit_test(an_unsigned_module_is_all_module),
	  cmocka_unit_test(every_signature_is_found),
	  cmocka_unit_test(the_trailer_is_what_the_kernel_reads))
