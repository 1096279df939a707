/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What every unit test begins with: cmocka with the headers it wants before it, and a main. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

/* UNIT_MAIN(cmocka_unit_test(a), cmocka_unit_test(b)) */
#define UNIT_MAIN(...)                                            \
	int main(void)                                            \
	{                                                         \
		const struct CMUnitTest tests[] = {__VA_ARGS__};  \
                                                                  \
		return cmocka_run_group_tests(tests, NULL, NULL); \
	}
