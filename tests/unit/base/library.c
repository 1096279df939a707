/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include <string.h>

#include "base/library.h"

struct functions {
	double (*cosine)(double);
};

static const char *load(const char *const *names, const char *symbol, struct functions *functions)
{
	const struct library_symbol symbols[] = {{symbol, offsetof(struct functions, cosine)}};

	return library_load(names, symbols, 1, functions);
}

static void the_first_that_there_is_gets_loaded(void **state)
{
	static const char *const names[] = {"libnowhere.so.9", "libm.so.6", NULL};
	struct functions functions = {0};

	(void)state;
	assert_null(load(names, "cos", &functions));
	assert_true(functions.cosine(0) == 1);
}

static void what_is_missing_is_named(void **state)
{
	static const char *const nowhere[] = {"libnowhere.so.9", NULL};
	static const char *const here[] = {"libm.so.6", NULL};
	struct functions functions = {0};

	(void)state;
	assert_non_null(strstr(load(nowhere, "cos", &functions), "libnowhere.so.9"));
	assert_non_null(strstr(load(here, "no_such_function", &functions), "no_such_function"));
	assert_null(functions.cosine);
}

UNIT_MAIN(cmocka_unit_test(the_first_that_there_is_gets_loaded),
	  cmocka_unit_test(what_is_missing_is_named))
