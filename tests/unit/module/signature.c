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

/* "MODULE", eight bytes for a CMS, and a trailer that says so, before something is changed. */
static void make_trailed(struct buffer *module)
{
	buffer_add_text(module, "MODULE");
	signature_append(module, "a CMS...", 8);
}

static enum signature_form form_of(const struct buffer *module, size_t length)
{
	size_t content = 77, cms = 77;
	enum signature_form form = signature_find_last(module->data, length, &content, &cms);

	if (form == SIGNATURE_FORM_CMS) {
		assert_int_equal(content, 6);
		assert_int_equal(cms, 8);
	}
	return form;
}

/* The trailer's bytes as kernel/module_signature.c judges them. */
static void what_says_it_is_a_signature_is_judged_as_the_kernel_does(void **state)
{
	static const struct {
		size_t from_end; /* of the byte in the trailer's 12 */
		char value;
		enum signature_form form;
	} cases[] = {
		{12, 1, SIGNATURE_FORM_SENSELESS}, /* an algorithm */
		{11, 1, SIGNATURE_FORM_SENSELESS}, /* a hash */
		{10, 1, SIGNATURE_FORM_UNKNOWN},   /* the form before CMS */
		{9, 1, SIGNATURE_FORM_SENSELESS},  /* a signer's name */
		{8, 1, SIGNATURE_FORM_SENSELESS},  /* a key's */
		{5, 1, SIGNATURE_FORM_SENSELESS},  /* padding */
		{1, 14, SIGNATURE_FORM_SENSELESS}, /* a length that leaves no module */
		{4, 1, SIGNATURE_FORM_SENSELESS},  /* and one of 16 MiB */
	};
	cleanup(buffer_free) struct buffer module = {0};

	(void)state;
	make_trailed(&module);
	assert_int_equal(form_of(&module, module.length), SIGNATURE_FORM_CMS);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		cleanup(buffer_free) struct buffer changed = {0};

		make_trailed(&changed);
		changed.data[changed.length - 28 - cases[i].from_end] = cases[i].value;
		assert_int_equal(form_of(&changed, changed.length), cases[i].form);
	}
}

static void a_marker_alone_is_senseless_unless_it_is_the_whole_file(void **state)
{
	static const char alone[] = "~Module signature appended~\n";
	cleanup(buffer_free) struct buffer module = {0};
	size_t unused;

	(void)state;
	assert_int_equal(signature_find_last(alone, 28, &unused, &unused), SIGNATURE_FORM_NONE);
	assert_int_equal(signature_find_last(alone + 1, 27, &unused, &unused), SIGNATURE_FORM_NONE);
	assert_int_equal(signature_find_last(alone, 0, &unused, &unused), SIGNATURE_FORM_NONE);
	for (size_t i = 0; i < 12; i++) {
		buffer_free(&module);
		for (size_t j = 0; j <= i; j++)
			buffer_add_char(&module, '\0');
		buffer_add_text(&module, alone);
		assert_int_equal(form_of(&module, module.length), SIGNATURE_FORM_SENSELESS);
	}
	assert_int_equal(form_of(&module, module.length - 1), SIGNATURE_FORM_NONE);
}

UNIT_MAIN(cmocka_unit_test(what_says_it_is_a_signature_is_judged_as_the_kernel_does),
	  cmocka_unit_test(a_marker_alone_is_senseless_unless_it_is_the_whole_file),
	  cmocka_unit_test(a_signature_that_claims_too_much_is_damaged),
	  cmocka_unit_test(an_unsigned_module_is_all_module),
	  cmocka_unit_test(every_signature_is_found),
	  cmocka_unit_test(the_trailer_is_what_the_kernel_reads))
