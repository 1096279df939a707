/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include "kernel/efi_signatures.h"
#include "kernel/signature_list.h"
#include "scratch.h"

static const char ours[] = "our certificate";

static int look(const void *data, size_t length, bool *ret_found, struct error *error)
{
	return efi_signatures_contain(data, length, ours, sizeof(ours), ret_found, error);
}

static void assert_found(const struct buffer *lists, bool expected)
{
	struct error error = {0};
	bool found = !expected;

	assert_int_equal(look(lists->data, lists->length, &found, &error), 0);
	assert_int_equal(found, expected);
}

/* Damaged, and said so; what was to be returned is untouched. */
static void assert_damaged(const struct buffer *lists, size_t length)
{
	struct error error = {0};
	bool found = true;

	assert_int_equal(look(lists->data, length, &found, &error), -EBADMSG);
	assert_true(found);
	assert_error(&error, 0, "damaged at byte");
}

static void test_refuses_every_truncation(void **state)
{
	cleanup(buffer_free) struct buffer lists = {0};

	(void)state;
	signature_list_add(&lists, X509_LIST, "somebody's certificate", 22);
	for (size_t length = 1; length < lists.length; length++)
		assert_damaged(&lists, length);
	assert_found(&lists, false);
}

static void test_refuses_sizes_that_do_not_fit(void **state)
{
	static const struct {
		size_t offset;
		uint32_t value;
	} bad[] = {
		{16, 0},                            /* a list that takes no room would never end */
		{16, 27},                           /* smaller than its own header */
		{16, 0xffffffff},                   /* beyond the data */
		{16, 1000},       {20, 0xffffffff}, /* a header beyond the list */
		{20, 1000},       {24, 0},          /* entries without room for their owner */
		{24, 16},         {24, 0xffffffff},
		{24, 17}, /* the list is no multiple of its entries */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		cleanup(buffer_free) struct buffer lists = {0};

		signature_list_add(&lists, X509_LIST, "somebody's certificate", 22);
		memcpy(lists.data + bad[i].offset, &bad[i].value, sizeof(bad[i].value));
		assert_damaged(&lists, lists.length);
	}
}

static void test_finds_nothing_in_nothing(void **state)
{
	const struct buffer empty = {0};

	(void)state;
	assert_found(&empty, false);
}

static void test_finds_a_certificate_behind_others(void **state)
{
	cleanup(buffer_free) struct buffer lists = {0};

	(void)state;
	signature_list_add(&lists, HASH_LIST, "0123456789abcdef0123456789abcdef", 32);
	signature_list_add(&lists, X509_LIST, "somebody's certificate", 22);
	assert_found(&lists, false);
	signature_list_add(&lists, X509_LIST, ours, sizeof(ours));
	assert_found(&lists, true);
	/* What comes after it does not matter. */
	buffer_add_text(&lists, "rubbish");
	assert_found(&lists, true);
}

static void test_takes_no_hash_or_part_for_a_certificate(void **state)
{
	cleanup(buffer_free) struct buffer lists = {0};

	(void)state;
	signature_list_add(&lists, HASH_LIST, ours, sizeof(ours));
	signature_list_add(&lists, X509_LIST, ours, sizeof(ours) - 1);
	signature_list_add(&lists, X509_LIST, "our certificate plus", sizeof(ours) + 5);
	assert_found(&lists, false);
}

static void test_finds_the_second_entry_of_a_list_with_a_header(void **state)
{
	cleanup(buffer_free) struct buffer lists = {0};
	const uint32_t header = 3, size = 28 + 3 + 2 * (16 + sizeof(ours));

	(void)state;
	signature_list_add(&lists, X509_LIST, "another's, as long", sizeof(ours));
	memcpy(lists.data + 16, &size, sizeof(size));
	memcpy(lists.data + 20, &header, sizeof(header));
	buffer_add_text(&lists, "hdr"); /* shifts what follows: contents do not matter here */
	buffer_add(&lists, "owner of 16 byte", 16);
	buffer_add(&lists, ours, sizeof(ours));
	assert_found(&lists, true);
}

UNIT_MAIN(cmocka_unit_test(test_refuses_every_truncation),
	  cmocka_unit_test(test_refuses_sizes_that_do_not_fit),
	  cmocka_unit_test(test_finds_nothing_in_nothing),
	  cmocka_unit_test(test_finds_a_certificate_behind_others),
	  cmocka_unit_test(test_takes_no_hash_or_part_for_a_certificate),
	  cmocka_unit_test(test_finds_the_second_entry_of_a_list_with_a_header))
