/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include "conf/setting_words.h"
#include "model/policy.h"

static void words_change_what_they_name(void **state)
{
	struct build_limits limits = {0};

	(void)state;
	assert_true(read_limits("memory=50% processes=100", &limits));
	assert_true(read_limits(" tmp=2G\tdisk=10k time=90 processes=no", &limits));
	assert_string_equal(limits.text,
			    "memory=50% processes=no tmp=2147483648 disk=10240 time=90");
	assert_int_equal(limits.limits[OF_MEMORY].kind, LIMIT_PERCENT);
	assert_int_equal(limits.limits[OF_MEMORY].value, 50);
	assert_int_equal(limits.limits[OF_PROCESSES].kind, LIMIT_NONE);
	assert_int_equal(limits.limits[OF_DISK].value, 10240);
	/* What is shown says the same again. */
	struct build_limits again = {0};

	assert_true(read_limits(limits.text, &again));
	assert_string_equal(again.text, limits.text);
	assert_true(read_limits("", &limits));
	assert_string_equal(limits.text, "");
	assert_int_equal(limits.limits[OF_TIME].kind, LIMIT_DEFAULT);
	assert_true(read_limits("no", &limits));
	assert_int_equal(limits.limits[OF_TIME].kind, LIMIT_NONE);
}

static void nonsense_changes_nothing(void **state)
{
	static const char *const texts[] = {
		"memory",
		"memory=",
		"memory=lots",
		"memory=-1",
		"memory=101%",
		"disk=5%",
		"processes=1K",
		"time=1.5",
		"memory=1GG",
		"memory=99999999T",
		"disk=99999999999999999999",
		"colour=5",
		"memory=1G swap=2",
		"time=99999999999",
		"yes",
	};
	struct build_limits limits = {0};

	(void)state;
	assert_true(read_limits("time=5", &limits));
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		if (read_limits(texts[i], &limits))
			fail_msg("\"%s\" is taken", texts[i]);
		assert_string_equal(limits.text, "time=5");
	}
}

UNIT_MAIN(cmocka_unit_test(words_change_what_they_name), cmocka_unit_test(nonsense_changes_nothing))
