/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include "base/text.h"
#include "shim/try_run.h"

#define SETUP "set -e; TMP=/m/.tmp_$$/tmp; trap \"rm -rf /m/.tmp_$$\" EXIT; mkdir -p /m/.tmp_$$; "
#define END   ") >/dev/null 2>&1; then echo \"-a -b\"; else echo \"\"; fi"

static void assert_span(const struct span *span, const char *expected)
{
	assert_int_equal(span->length, strlen(expected));
	assert_memory_equal(span->text, expected, span->length);
}

static void its_parts_are_found(void **state)
{
	struct try_run run;

	(void)state;
	assert_true(try_run_read(SETUP "if ( ld -v" END "   ", &run));
	assert_span(&run.directory, "/m/.tmp_$$");
	assert_span(&run.command, " ld -v");
	assert_span(&run.success, "-a -b");
	assert_span(&run.failure, "");
	/* As older kernels have it, and newer ones with a relative directory. */
	assert_true(try_run_read("set -e; TMP=.tmp_$$/tmp; TMPO=.tmp_$$/tmp.o; mkdir -p .tmp_$$; "
				 "trap \"rm -rf .tmp_$$\" EXIT; if (x" END,
				 &run));
	assert_span(&run.directory, ".tmp_$$");
}

static void other_scripts_are_none(void **state)
{
	static const char *const scripts[] = {
		"",
		SETUP,
		"x; " SETUP "if (x" END,
		SETUP "if (x" END "; cat $TMP",
		SETUP "touch x; if (x" END,
		SETUP "if (x) >/dev/null; then echo \"a\"; else echo \"b\"; fi",
		SETUP "if (x) >/dev/null 2>&1; then echo \"$(nm x)\"; else echo \"\"; fi",
		SETUP "if (x) >/dev/null 2>&1; then echo \"a\\n\"; else echo \"\"; fi",
		SETUP "if (x) >/dev/null 2>&1; then echo \"-n\"; else echo \"\"; fi",
		SETUP "if (x) >/dev/null 2>&1; then rm x; else echo \"\"; fi",
		"set -e; TMP=/m/.tmp_$$/tmp; mkdir -p /n/.tmp_$$; if (x" END,
		"set -e; TMP=/m/tmp; if (x" END,
		"set -e; mkdir -p /m/.tmp_$$; if (x" END,
	};
	struct try_run run;

	(void)state;
	for (size_t i = 0; i < sizeof(scripts) / sizeof(*scripts); i++)
		if (try_run_read(scripts[i], &run))
			fail_msg("taken for try-run: %s", scripts[i]);
}

UNIT_MAIN(cmocka_unit_test(its_parts_are_found), cmocka_unit_test(other_scripts_are_none))
