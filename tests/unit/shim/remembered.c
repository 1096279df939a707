/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"
#include "scratch.h"

#include "shim/remembered.h"

static struct memory_key key_of(const char *text)
{
	struct memory_key key = memory_key_start();

	memory_key_add(&key, text, strlen(text));
	return key;
}

/* The published values of FNV-1a with 128 bits. */
static void keys_are_fnv(void **state)
{
	const struct memory_key empty = key_of(""), a = key_of("a"), foobar = key_of("foobar");
	memory_record record;

	(void)state;
	assert_int_equal(memory_format(&empty, "0", record), MEMORY_KEY_LENGTH + 3);
	assert_string_equal(record, "6c62272e07bb014262b821756295c58d 0\n");
	(void)memory_format(&a, "1", record);
	assert_string_equal(record, "d228cb696f1a8caf78912b704e4a8964 1\n");
	(void)memory_format(&foobar, "--flag -x", record);
	assert_string_equal(record, "343e1662793c64bf6f0d3597ba446f18 --flag -x\n");
}

static void texts_do_not_run_into_each_other(void **state)
{
	struct memory_key one = memory_key_start(), other = memory_key_start();

	(void)state;
	memory_key_add_text(&one, "ab");
	memory_key_add_text(&one, "c");
	memory_key_add_text(&other, "a");
	memory_key_add_text(&other, "bc");
	assert_true(one.low != other.low);
}

static void an_answer_is_one_line(void **state)
{
	const struct memory_key empty = key_of("");
	char longest[MEMORY_LONGEST_ANSWER + 2];
	memory_record record;

	(void)state;
	memset(longest, 'x', sizeof(longest));
	longest[MEMORY_LONGEST_ANSWER + 1] = '\0';
	assert_int_equal(memory_format(&empty, longest, record), 0);
	assert_int_equal(memory_format(&empty, "", record), 0);
	assert_int_equal(memory_format(&empty, "a\nb", record), 0);
	assert_int_equal(memory_format(&empty, longest + 1, record), MEMORY_LONGEST_RECORD);
}

static void what_is_no_record_is_passed_over(void **state)
{
	static const char *const bad[] = {"",
					  "6c62272e07bb014262b821756295c58d 0",
					  "6c62272e07bb014262b821756295c58d \n",
					  "6c62272e07bb014262b821756295c58d \t\n",
					  "6C62272e07bb014262b821756295c58d 0\n",
					  "6c62272e07bb014262b821756295c58d00\n  ",
					  "x6c62272e07bb014262b821756295c58d 0\n"};
	static const char among_others[] = "x6c62272e07bb014262b821756295c58d 0\n"
					   "6c62272e07bb014262b821756295c58d yes\n";
	cleanup(scratch_remove) char *scratch = scratch_make();
	cleanup(free_string) char *path = path_join(scratch, "memory", NULL);
	const struct memory_key empty = key_of("");
	memory_answer answer = "before";

	(void)state;
	assert_false(memory_find(path, &empty, answer));
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		scratch_write(scratch, "memory", bad[i]);
		assert_false(memory_find(path, &empty, answer));
		assert_int_equal(memory_record_length(bad[i], strlen(bad[i])), 0);
	}
	assert_string_equal(answer, "before");
	scratch_write(scratch, "memory", among_others);
	assert_true(memory_find(path, &empty, answer));
	assert_string_equal(answer, "yes");
}

static void what_was_added_is_found(void **state)
{
	enum { MANY = 2000 };
	cleanup(scratch_remove) char *scratch = scratch_make();
	cleanup(free_string) char *path = path_join(scratch, "memory", NULL);
	struct memory_key key;
	memory_answer answer;

	(void)state;
	key = key_of("0");
	memory_add(path, &key, "1");
	assert_false(file_exists(path)); /* it does not make files */
	scratch_write(scratch, "memory", "");
	for (int i = 0; i < MANY; i++) {
		cleanup(free_string) char *text = text_format("%d", i);

		key = key_of(text);
		memory_add(path, &key, text);
	}
	key = key_of("0");
	assert_true(memory_find(path, &key, answer));
	assert_string_equal(answer, "0");
	key = key_of("1999");
	assert_true(memory_find(path, &key, answer));
	assert_string_equal(answer, "1999");
	key = key_of("2000");
	assert_false(memory_find(path, &key, answer));
}

UNIT_MAIN(cmocka_unit_test(keys_are_fnv), cmocka_unit_test(texts_do_not_run_into_each_other),
	  cmocka_unit_test(an_answer_is_one_line),
	  cmocka_unit_test(what_is_no_record_is_passed_over),
	  cmocka_unit_test(what_was_added_is_found))
