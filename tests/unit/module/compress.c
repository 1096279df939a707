/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "module/files.h"

#include <errno.h>
#include <lzma.h>
#include <zstd.h>

#include "module/compress.h"

#define LIMIT ((size_t)1 << 24)

static const enum compression formats[] = {COMPRESSION_GZIP, COMPRESSION_XZ, COMPRESSION_ZSTD};
static const char *const programs[] = {"gzip", "xz", "zstd"};
#define FOR_EACH_FORMAT(i) for (size_t i = 0; i < 3; i++)

/* Partly repetitive, partly not: as code is. More than one buffer of the decompressors. */
static char *sample(size_t length)
{
	char *data = xcalloc(1, length);
	uint32_t number = 1;

	for (size_t i = 0; i < length; i++) {
		number = number * 1103515245 + 12345;
		data[i] = (char)(i % 64 < 40 ? i % 64 : number >> 16);
	}
	return data;
}

/* Compresses sample(length) named "m.ko" and gives back the path. */
static char *compressed(void **state, size_t length, enum compression format, const char *options)
{
	struct error error = {0};
	cleanup(free_string) char *data = sample(length);
	cleanup(free_string) char *path = scratch_file(state, "m.ko", data, length);
	char *result = NULL;

	assert_ok(compress_file(path, format, options, &result, &error), &error);
	return result;
}

static void options_that_make_unreadable_modules_are_refused(void **state)
{
	static const struct {
		enum compression format;
		const char *options;
		const char *message;
	} cases[] = {
		{COMPRESSION_XZ, "--check=crc64", "xz option --check=crc64: kernels know no check"},
		{COMPRESSION_XZ, "--check=sha256", "kernels know no check but crc32"},
		{COMPRESSION_XZ, "--lzma2=dict=2MiB", "dictionaries of at most 1 MiB"},
		{COMPRESSION_XZ, "--lzma2=dict=", "no valid dictionary size"},
		{COMPRESSION_XZ, "--lzma2=dict=-1", "no valid dictionary size"},
		{COMPRESSION_XZ, "--lzma2=dict=1MiB,lc=0", "no valid dictionary size"},
		{COMPRESSION_XZ, "-9 --x86", "xz option --x86 is not supported for modules"},
		{COMPRESSION_XZ, "--format=lzma", "xz option --format=lzma is not supported"},
		{COMPRESSION_XZ, "-10", "xz has no level 10"},
		{COMPRESSION_GZIP, "-0", "gzip has no level 0"},
		{COMPRESSION_GZIP, "-9 -S .z", "gzip option -S is not supported"},
		{COMPRESSION_GZIP, "-e", "gzip option -e is not supported"},
		{COMPRESSION_GZIP, "-", "gzip option - is not supported"},
		{COMPRESSION_ZSTD, "--ultra -23", "zstd has no level 23"},
		{COMPRESSION_ZSTD, "--long=31", "zstd option --long=31 is not supported"},
		{COMPRESSION_ZSTD, "-99999999999", "zstd option -99999999999 is not supported"},
	};
	cleanup(free_string) char *path = scratch_file(state, "m.ko", "x", 1);
	struct error error = {0};
	char *result = NULL;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		compress_file(path, cases[i].format, cases[i].options, &result, &error);
		assert_failure(&error, -EINVAL, cases[i].message);
		assert_null(result);
		assert_true(file_exists(path));
	}
	compress_file(path, COMPRESSION_XZ, "--check=crc64", &result, &error);
	assert_failure(&error, -EINVAL, "\nCorrect compress_xz_opts in framework.conf");
}

static void a_file_that_is_not_there_is_named(void **state)
{
	cleanup(free_string) char *path = path_join(*state, "missing.ko", NULL);
	struct error error = {0};
	char *result = NULL;

	compress_file(path, COMPRESSION_GZIP, NULL, &result, &error);
	assert_failure(&error, -ENOENT, path);
	assert_null(result);
}

static void data_cut_short_anywhere_is_damaged(void **state)
{
	FOR_EACH_FORMAT(f)
	{
		cleanup(free_string) char *path = compressed(state, 200000, formats[f], NULL);
		size_t length, plain_length = 0;
		cleanup(free_string) char *data = scratch_read(path, &length);

		for (size_t part = 0; part < length; part += part < 40 ? 1 : length / 23) {
			struct error error = {0};
			char *plain = NULL;

			decompress(data, part, formats[f], LIMIT, &plain, &plain_length, &error);
			assert_failure(&error, -EBADMSG, "data is damaged or cut short");
			assert_null(plain);
		}
	}
}

static void altered_data_is_damaged(void **state)
{
	FOR_EACH_FORMAT(f)
	{
		cleanup(free_string) char *path = compressed(state, 100000, formats[f], NULL);
		struct error error = {0};
		char *plain = NULL;
		size_t length;
		cleanup(free_string) char *data = scratch_read(path, &length);

		data[length / 2] ^= 0x10;
		decompress(data, length, formats[f], LIMIT, &plain, &length, &error);
		assert_failure(&error, -EBADMSG, programs[f]);
		assert_null(plain);
	}
}

static void something_else_after_the_data_is_an_error(void **state)
{
	FOR_EACH_FORMAT(f)
	{
		cleanup(free_string) char *path = compressed(state, 5000, formats[f], NULL);
		struct error error = {0};
		cleanup(buffer_free) struct buffer longer = {0};
		char *plain = NULL;
		size_t length;
		cleanup(free_string) char *data = scratch_read(path, &length);

		buffer_add(&longer, data, length);
		buffer_add_text(&longer, "~Module signature appended~\n");
		decompress(longer.data, longer.length, formats[f], LIMIT, &plain, &length, &error);
		assert_failure(&error, -EBADMSG, "data is damaged");
	}
}

static void more_than_the_limit_is_too_much(void **state)
{
	FOR_EACH_FORMAT(f)
	{
		cleanup(free_string) char *path = compressed(state, 100000, formats[f], NULL);
		struct error error = {0};
		char *plain = NULL;
		size_t length, plain_length;
		cleanup(free_string) char *data = scratch_read(path, &length);

		decompress(data, length, formats[f], 99999, &plain, &plain_length, &error);
		assert_failure(&error, -EFBIG, "more than 99999 bytes");
		assert_null(plain);
		assert_ok(
			decompress(data, length, formats[f], 100000, &plain, &plain_length, &error),
			&error);
		free(plain);
	}
}

static void what_goes_in_comes_out(void **state)
{
	static const size_t lengths[] = {0, 1, 65536, 3000001};
	static const char *const options[][3] = {
		{NULL, "-9f", "-n -1 --force"},
		{NULL, "--check=crc32 --lzma2=dict=1MiB -f -T0", "-0e --check=none --quiet"},
		{NULL, "-q --rm -19 -T0", "--ultra -22 --threads=0"},
	};

	FOR_EACH_FORMAT(f)
	{
		for (size_t i = 0; i < 12; i++) {
			struct error error = {0};
			size_t wanted = lengths[i / 3], length, plain_length;
			cleanup(free_string) char *expected = sample(wanted + 1);
			cleanup(free_string) char *path = compressed(state, wanted, formats[f],
								     options[f][i % 3]);
			cleanup(free_string) char *data = scratch_read(path, &length);
			cleanup(free_string) char *plain = NULL;

			assert_ok(decompress(data, length, formats[f], LIMIT, &plain, &plain_length,
					     &error),
				  &error);
			assert_int_equal(plain_length, wanted);
			assert_memory_equal(plain, expected, wanted);
		}
	}
}

static void the_file_is_replaced_with_its_mode_and_the_suffix(void **state)
{
	FOR_EACH_FORMAT(f)
	{
		cleanup(free_string) char *path = scratch_file(state, "mode.ko", "content", 7);
		cleanup(free_string) char *expected = text_format("%s%s", path,
								  compression_suffix(formats[f]));
		cleanup(free_string) char *result = NULL;
		struct error error = {0};

		assert_int_equal(chmod(path, 0640), 0);
		assert_ok(compress_file(path, formats[f], NULL, &result, &error), &error);
		assert_string_equal(result, expected);
		assert_int_equal(mode_of(result), 0640);
		assert_false(file_exists(path));
	}
}

static void no_compression_leaves_the_file_alone(void **state)
{
	cleanup(free_string) char *path = scratch_file(state, "plain.ko", "content", 7);
	cleanup(free_string) char *result = NULL;
	cleanup(free_string) char *copy = NULL;
	struct error error = {0};
	size_t length;

	assert_ok(compress_file(path, COMPRESSION_NONE, "--nonsense", &result, &error), &error);
	assert_string_equal(result, path);
	assert_true(file_exists(path));
	assert_ok(decompress("abc", 3, COMPRESSION_NONE, 3, &copy, &length, &error), &error);
	assert_string_equal(copy, "abc");
	decompress("abc", 3, COMPRESSION_NONE, 2, &result, &length, &error);
	assert_failure(&error, -EFBIG, "more than 2 bytes");
}

static void the_same_module_gives_the_same_bytes(void **state)
{
	FOR_EACH_FORMAT(f)
	{
		size_t first_length, second_length;
		cleanup(free_string) char *path = compressed(state, 50000, formats[f], NULL);
		cleanup(free_string) char *first = scratch_read(path, &first_length);

		run("touch -d @0 '%s'", path);
		cleanup(free_string) char *again = compressed(state, 50000, formats[f], NULL);
		cleanup(free_string) char *second = scratch_read(again, &second_length);

		assert_int_equal(first_length, second_length);
		assert_memory_equal(first, second, first_length);
	}
}

static void gzip_holds_no_name_and_no_time(void **state)
{
	cleanup(free_string) char *path = compressed(state, 100, COMPRESSION_GZIP, NULL);
	cleanup(free_string) char *data = scratch_read(path, NULL);

	assert_memory_equal(data, "\x1f\x8b\x08\x00\x00\x00\x00\x00", 8); /* flags, time: 0 */
}

static void zstd_says_how_much_there_is(void **state)
{
	size_t length;
	cleanup(free_string) char *path = compressed(state, 123456, COMPRESSION_ZSTD, NULL);
	cleanup(free_string) char *data = scratch_read(path, &length);

	assert_true(ZSTD_getFrameContentSize(data, length) == 123456);
}

/* The dictionary size and the check as the file's own headers have them. */
static void read_xz_headers(const char *path, uint32_t *dictionary, lzma_check *check)
{
	cleanup(free_string) char *data = scratch_read(path, NULL);
	const uint8_t *bytes = (const uint8_t *)data;
	lzma_filter filters[LZMA_FILTERS_MAX + 1];
	lzma_stream_flags flags;
	lzma_block block = {.filters = filters};

	assert_int_equal(lzma_stream_header_decode(&flags, bytes), LZMA_OK);
	*check = flags.check;
	block.check = flags.check;
	block.header_size = lzma_block_header_size_decode(bytes[LZMA_STREAM_HEADER_SIZE]);
	assert_int_equal(lzma_block_header_decode(&block, NULL, bytes + LZMA_STREAM_HEADER_SIZE),
			 LZMA_OK);
	assert_true(filters[0].id == LZMA_FILTER_LZMA2);
	assert_true(filters[1].id == LZMA_VLI_UNKNOWN);
	*dictionary = ((lzma_options_lzma *)filters[0].options)->dict_size;
	lzma_filters_free(filters, NULL);
}

static void xz_has_crc32_and_a_small_dictionary_at_every_level(void **state)
{
	static const char *const options[] = {NULL, "-0", "-9", "-9e", "--lzma2=dict=1024KiB"};
	uint32_t dictionary;
	lzma_check check;

	for (size_t i = 0; i < sizeof(options) / sizeof(*options); i++) {
		cleanup(free_string) char *path = compressed(state, 2500000, COMPRESSION_XZ,
							     options[i]);

		read_xz_headers(path, &dictionary, &check);
		assert_int_equal(dictionary, 1 << 20);
		assert_int_equal(check, LZMA_CHECK_CRC32);
	}
	cleanup(free_string) char *small = compressed(state, 100, COMPRESSION_XZ,
						      "--lzma2=dict=65536 --check=none");

	read_xz_headers(small, &dictionary, &check);
	assert_int_equal(dictionary, 65536);
	assert_int_equal(check, LZMA_CHECK_NONE);
}

static void the_usual_programs_read_it(void **state)
{
	FOR_EACH_FORMAT(f)
	{
		skip_without(programs[f]);
		cleanup(free_string) char *path = compressed(state, 300000, formats[f], NULL);

		run("%s -t '%s'", programs[f], path);
		if (formats[f] == COMPRESSION_XZ)
			run("xz --robot --list '%s' | grep -q 'CRC32'", path);
	}
}

UNIT_MAIN(scratch_test(options_that_make_unreadable_modules_are_refused),
	  scratch_test(a_file_that_is_not_there_is_named),
	  scratch_test(data_cut_short_anywhere_is_damaged), scratch_test(altered_data_is_damaged),
	  scratch_test(something_else_after_the_data_is_an_error),
	  scratch_test(more_than_the_limit_is_too_much), scratch_test(what_goes_in_comes_out),
	  scratch_test(the_file_is_replaced_with_its_mode_and_the_suffix),
	  scratch_test(no_compression_leaves_the_file_alone),
	  scratch_test(the_same_module_gives_the_same_bytes),
	  scratch_test(gzip_holds_no_name_and_no_time), scratch_test(zstd_says_how_much_there_is),
	  scratch_test(xz_has_crc32_and_a_small_dictionary_at_every_level),
	  scratch_test(the_usual_programs_read_it))
