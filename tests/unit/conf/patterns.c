/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include "base/memory.h"
#include "conf/patterns.h"
#include "scratch.h"

static void answers_come_back(void **state)
{
	cleanup(patterns_free) struct pattern_questions questions = {.owner = "foo"};
	struct error error = {0};

	(void)state;
	patterns_add(&questions, "A", "^6[.]", "6.1.0");
	patterns_add(&questions, "B", "^5[.]", "6.1.0");
	patterns_add(&questions, "C", "(", "6.1.0");
	patterns_add(&questions, "D", "", "6.1.0");
	patterns_add(&questions, "E", NULL, "6.1.0");
	assert_int_equal(questions.count, 3);
	assert_int_equal(patterns_answer(&questions, &error), 0);
	assert_true(patterns_find(&questions, "A", "^6[.]")->matches);
	assert_false(patterns_find(&questions, "B", "^5[.]")->matches);
	assert_non_null(patterns_find(&questions, "C", "(")->malformed);
	assert_null(patterns_find(&questions, "A", "^5[.]"));
}

/* Each of them crashes or never ends where it is compiled or matched. */
static void hostile_patterns_are_an_error(void **state)
{
	enum { DEPTH = 200000 };
	cleanup(free_string) char *deep = xcalloc(DEPTH + 1, 1);
	const char *const hostile[] = {
		memset(deep, '(', DEPTH),
		"((((((((((x{1,255}){1,255}){1,255}){1,255}){1,255}){1,255}){1,255}))))",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(hostile) / sizeof(*hostile); i++) {
		cleanup(patterns_free) struct pattern_questions questions = {.owner = "foo"};
		struct error error = {0};

		patterns_add(&questions, "A", hostile[i], "6.1.0");
		if (patterns_answer(&questions, &error) == 0)
			assert_non_null(patterns_find(&questions, "A", hostile[i])->malformed);
		else
			assert_error(&error, EXIT_BAD_CONF, "matching the patterns of foo");
	}
}

static void nothing_to_ask_is_no_worker(void **state)
{
	struct pattern_questions questions = {.owner = "foo"};
	struct error error = {0};

	(void)state;
	assert_int_equal(patterns_answer(&questions, &error), 0);
}

UNIT_MAIN(cmocka_unit_test(answers_come_back), cmocka_unit_test(hostile_patterns_are_an_error),
	  cmocka_unit_test(nothing_to_ask_is_no_worker))
