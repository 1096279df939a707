/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../unit.h"

#include <sys/stat.h>

#include "../scratch.h"
#include "base/digest.h"

static void what_is_no_file_has_none(void **state)
{
	(void)state;
	cleanup(scratch_remove) char *scratch = scratch_make();
	cleanup(free_string) char *fifo = path_join(scratch, "fifo", NULL);
	cleanup(free_string) char *missing = path_join(scratch, "missing", NULL);
	const char *const paths[] = {scratch, fifo, missing};
	char *digest = NULL;

	assert_int_equal(mkfifo(fifo, 0600), 0);
	for (size_t i = 0; i < 3; i++) {
		struct error error = {0};

		assert_true(digest_of_file(paths[i], &digest, &error) < 0);
		assert_null(digest);
		assert_error(&error, 0, paths[i]);
	}
}

/* The examples of FIPS 180-2, appendix B. */
static void it_is_sha_256(void **state)
{
	(void)state;
	cleanup(scratch_remove) char *scratch = scratch_make();
	cleanup(free_string) char *path = path_join(scratch, "file", NULL);
	cleanup(free_string) char *abc = digest_of("abc", 3);
	struct error error = {0};

	assert_string_equal(abc,
			    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	scratch_write(scratch, "file", "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq");
	cleanup(free_string) char *digest = NULL;

	assert_int_equal(digest_of_file(path, &digest, &error), 0);
	assert_string_equal(digest,
			    "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

static char *of_texts(const char *const *texts, size_t count)
{
	struct digest *digest = digest_new();

	for (size_t i = 0; i < count; i++)
		digest_add_text(digest, texts[i]);
	return digest_finish(digest);
}

static void texts_do_not_run_together(void **state)
{
	(void)state;
	const char *const sequences[][2] = {{"ab", "c"}, {"a", "bc"}, {"abc", ""}, {"abc", NULL}};

	for (size_t i = 0; i < 4; i++)
		for (size_t k = 0; k < 4; k++) {
			cleanup(free_string) char *one = of_texts(sequences[i], 2);
			cleanup(free_string) char *other = of_texts(sequences[k], 2);

			assert_int_equal(text_equal(one, other), i == k);
		}
}

UNIT_MAIN(cmocka_unit_test(what_is_no_file_has_none), cmocka_unit_test(it_is_sha_256),
	  cmocka_unit_test(texts_do_not_run_together))
