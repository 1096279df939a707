/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include "boot/image_format.h"
#include "base/text.h"
#include "base/cleanup.h"

static void add_file(struct buffer *archive, const char *name, unsigned int size)
{
	unsigned int name_size = (unsigned int)strlen(name) + 1;

	buffer_add_format(archive, "070701");
	for (int field = 0; field < 13; field++)
		buffer_add_format(archive, "%08X", field == 6 ? size : field == 11 ? name_size : 0);
	buffer_add(archive, name, name_size);
	while (archive->length % 4)
		buffer_add(archive, "", 1);
	for (unsigned int i = 0; i < ((size + 3) & ~3U); i++)
		buffer_add(archive, "0", 1);
}

static void pieces_of_any_size_give_the_same(void **state)
{
	cleanup(buffer_free) struct buffer archive = {0};

	(void)state;
	add_file(&archive, "lib/a-b.ko.xz", 1001);
	add_file(&archive, "TRAILER!!!", 0);
	for (int i = 0; i < 100; i++)
		buffer_add(&archive, "\0\0\0\0", 4);
	add_file(&archive, "c.ko", 0);
	add_file(&archive, "TRAILER!!!", 0);
	for (size_t piece = 1; piece < 300; piece += 7) {
		struct strmap wanted = {0};
		struct cpio_names names = {.wanted = &wanted};
		struct error error = {0};

		(void)strmap_set(&wanted, "a_b", NULL);
		(void)strmap_set(&wanted, "c", NULL);
		(void)strmap_set(&wanted, "d", NULL);
		for (size_t at = 0; at < archive.length; at += piece) {
			size_t length = archive.length - at < piece ? archive.length - at : piece;
			size_t taken = 0;

			assert_int_equal(
				cpio_names_feed(&names, archive.data + at, length, &taken, &error),
				0);
			assert_int_equal(taken, length);
		}
		assert_int_equal(names.found, 2);
		assert_null(strmap_get(&wanted, "d"));
		assert_true(cpio_names_are_whole(&names));
		strmap_free(&wanted, NULL);
	}
}

static void a_name_without_end_is_refused(void **state)
{
	static char header[] = "070701"
			       "000000000000000000000000000000000000000000000000"
			       "00000000000000000000000000000000000000000000FFFF00000000";
	struct strmap wanted = {0};
	struct cpio_names names = {.wanted = &wanted};
	struct error error = {0};
	size_t taken;

	(void)state;
	assert_int_equal(strlen(header), CPIO_HEADER_SIZE);
	assert_true(cpio_names_feed(&names, header, strlen(header), &taken, &error) < 0);
	assert_non_null(strstr(error.message, "no sensible length"));
	error_clear(&error);
}

UNIT_MAIN(cmocka_unit_test(pieces_of_any_size_give_the_same),
	  cmocka_unit_test(a_name_without_end_is_refused))
