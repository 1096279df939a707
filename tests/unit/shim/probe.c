/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include "base/cleanup.h"
#include "base/strv.h"
#include "base/text.h"
#include "shim/probe.h"

#define SETUP   "set -e; TMP=/m/.tmp_$$/tmp; trap \"rm -rf /m/.tmp_$$\" EXIT; mkdir -p /m/.tmp_$$; "
#define COMMAND "gcc-12 -Werror -D__KERNEL__ -mfentry -c -x c /dev/null -o \"$TMP\""
#define END     ") >/dev/null 2>&1; then echo \"-mfentry\"; else echo \"\"; fi"

static bool recognise(const char *line, struct probe *probe)
{
	cleanup(strv_free) struct strv words = {0};

	strv_split(&words, line, " ");
	bool is_probe = probe_recognise(strv_argv(&words), probe);

	probe->output = NULL; /* it pointed into the words */
	return is_probe;
}

static void other_command_lines_are_no_probes(void **state)
{
	static const char *const lines[] = {
		"gcc",
		"gcc --version",
		"gcc -c -x c /dev/null",
		"gcc -x c /dev/null -o t",
		"gcc -c /dev/null -o t",
		"gcc -c -x c a.c -o t",
		"gcc -c -x c - -o t",
		"gcc -c -x c /dev/null /dev/null -o t",
		"gcc -c -x c++ /dev/null -o t",
		"gcc -c -x c /dev/null -o t -o u",
		"gcc -c -x c /dev/null -o t @file",
		"gcc -c -x c /dev/null -o t -fplugin=evil.so",
		"gcc -c -x c /dev/null -o t -fno-plugin=evil",
		"gcc -c -x c /dev/null -o t -fprofile-use=x",
		"gcc -c -x c /dev/null -o t -fdump-tree-all",
		"gcc -c -x c /dev/null -o t -fsanitize-ignorelist=x",
		"gcc -c -x c /dev/null -o t -fopt-info-all=/etc/x",
		"gcc -c -x c /dev/null -o t -specs=evil",
		"gcc -c -x c /dev/null -o t -B/evil",
		"gcc -c -x c /dev/null -o t -wrapper evil",
		"gcc -c -x c /dev/null -o t -include evil.h",
		"gcc -c -x c /dev/null -o t -I/evil",
		"gcc -c -x c /dev/null -o t -Wp,-MD,x",
		"gcc -c -x c /dev/null -o t -Wa,@x",
		"gcc -c -x c /dev/null -o t -MD",
		"gcc -c -x c /dev/null -o t -gsplit-dwarf",
		"gcc -c -x c /dev/null -o t --sysroot=/evil",
		"gcc -c -x c /dev/null -o t --param=a=/evil",
		"gcc -c -x c /dev/null -o t -save-temps",
	};
	struct probe probe;

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++)
		if (recognise(lines[i], &probe))
			fail_msg("taken for a probe: %s", lines[i]);
}

static void probes_of_kbuild_are_recognised(void **state)
{
	static const char *const lines[] = {
		"gcc -Werror -D__KERNEL__ -std=gnu11 -O2 -m64 -mno-sse -c -x c /dev/null -o t",
		"gcc -fmacro-prefix-map=/usr/src/linux/= -Wframe-address -c -x c /dev/null -o t",
		("gcc -fpatchable-function-entry=16,16 --param=allow-store-data-races=0 -pg -S "
		 "-x c /dev/null -o t"),
		"gcc -E -x assembler-with-cpp /dev/null",
		"clang --target=x86_64-linux-gnu -Qunused-arguments -c -x c /dev/null -o /dev/null",
	};
	struct probe probe;

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++)
		if (!recognise(lines[i], &probe))
			fail_msg("not taken for a probe: %s", lines[i]);
	assert_true(recognise("gcc -c -o t -x c /dev/null", &probe));
	assert_int_equal(probe.output_index, 3);
}

static void other_scripts_may_read_the_output(void **state)
{
	static const char *const scripts[] = {
		"",
		SETUP,
		SETUP "if (" COMMAND,
		SETUP "if (" COMMAND END "; cat $TMP",
		SETUP "if (" COMMAND " && nm \"$TMP\"" END,
		SETUP "if (nm x; " COMMAND END,
		SETUP "if (echo x | " COMMAND END,
		SETUP "if (" COMMAND
		      ") >/dev/null 2>&1; then echo \"$(nm $TMP)\"; else echo \"\"; fi",
		SETUP "if (" COMMAND ") >/dev/null 2>&1; then echo \"\"; else echo \"`nm x`\"; fi",
		SETUP "if (gcc -c -x c /dev/null -o $TMP" END,
		"set -e; TMP=/m/.tmp_$$/tmp; trap \"cp $TMP /x\" EXIT; if (" COMMAND END,
		"set -e; if (" COMMAND END,
		"set -e; TMP=/other/.tmp_$$/tmp; if (" COMMAND END,
	};

	(void)state;
	for (size_t i = 0; i < sizeof(scripts) / sizeof(*scripts); i++)
		if (probe_output_is_discarded("/m/.tmp_77/tmp", scripts[i], 77))
			fail_msg("taken for try-run: %s", scripts[i]);
	assert_false(probe_output_is_discarded("/m/.tmp_78/tmp", SETUP "if (" COMMAND END, 77));
	assert_false(probe_output_is_discarded("/m/x.tmp_77/tmp", SETUP "if (" COMMAND END, 77));
	assert_false(probe_output_is_discarded("", SETUP "if (" COMMAND END, 77));
}

static void try_run_throws_its_output_away(void **state)
{
	(void)state;
	assert_true(probe_output_is_discarded("/m/.tmp_77/tmp", SETUP "if (" COMMAND END, 77));
	/* As older kernels have it, and newer ones with a relative directory. */
	assert_true(probe_output_is_discarded(
		"/m/.tmp_77/tmp",
		"set -e; TMP=/m/.tmp_$$/tmp; TMPO=/m/.tmp_$$/tmp.o; mkdir -p /m/.tmp_$$; trap "
		"\"rm -rf /m/.tmp_$$\" EXIT; if (" COMMAND END,
		77));
	assert_true(probe_output_is_discarded(
		".tmp_77/tmp",
		"set -e; TMP=.tmp_$$/tmp; trap \"rm -rf .tmp_$$\" EXIT; mkdir -p .tmp_$$; "
		"if (" COMMAND END,
		77));
}

#define try_run_END ") >/dev/null 2>&1; then echo \"-a -b\"; else echo \"\"; fi"

static void assert_span(const struct span *span, const char *expected)
{
	assert_int_equal(span->length, strlen(expected));
	assert_memory_equal(span->text, expected, span->length);
}

static void its_parts_are_found(void **state)
{
	struct try_run run;

	(void)state;
	assert_true(try_run_read(SETUP "if ( ld -v" try_run_END "   ", &run));
	assert_span(&run.directory, "/m/.tmp_$$");
	assert_span(&run.command, " ld -v");
	assert_span(&run.success, "-a -b");
	assert_span(&run.failure, "");
	/* As older kernels have it, and newer ones with a relative directory. */
	assert_true(try_run_read("set -e; TMP=.tmp_$$/tmp; TMPO=.tmp_$$/tmp.o; mkdir -p .tmp_$$; "
				 "trap \"rm -rf .tmp_$$\" EXIT; if (x" try_run_END,
				 &run));
	assert_span(&run.directory, ".tmp_$$");
}

static void other_scripts_are_none(void **state)
{
	static const char *const scripts[] = {
		"",
		SETUP,
		"x; " SETUP "if (x" try_run_END,
		SETUP "if (x" try_run_END "; cat $TMP",
		SETUP "touch x; if (x" try_run_END,
		SETUP "if (x) >/dev/null; then echo \"a\"; else echo \"b\"; fi",
		SETUP "if (x) >/dev/null 2>&1; then echo \"$(nm x)\"; else echo \"\"; fi",
		SETUP "if (x) >/dev/null 2>&1; then echo \"a\\n\"; else echo \"\"; fi",
		SETUP "if (x) >/dev/null 2>&1; then echo \"-n\"; else echo \"\"; fi",
		SETUP "if (x) >/dev/null 2>&1; then rm x; else echo \"\"; fi",
		"set -e; TMP=/m/.tmp_$$/tmp; mkdir -p /n/.tmp_$$; if (x" try_run_END,
		"set -e; TMP=/m/tmp; if (x" try_run_END,
		"set -e; mkdir -p /m/.tmp_$$; if (x" try_run_END,
	};
	struct try_run run;

	(void)state;
	for (size_t i = 0; i < sizeof(scripts) / sizeof(*scripts); i++)
		if (try_run_read(scripts[i], &run))
			fail_msg("taken for try-run: %s", scripts[i]);
}

UNIT_MAIN(cmocka_unit_test(other_command_lines_are_no_probes),
	  cmocka_unit_test(probes_of_kbuild_are_recognised),
	  cmocka_unit_test(other_scripts_may_read_the_output),
	  cmocka_unit_test(try_run_throws_its_output_away), cmocka_unit_test(its_parts_are_found),
	  cmocka_unit_test(other_scripts_are_none))
