/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "fingerprint/source_digest.h"

static void assert_probing(const char *text, const char *expected)
{
	cleanup(free_string) char *found = makefile_probing(text, "Makefile");

	if (!found || strcmp(found, expected) != 0)
		fail_msg("%s: \"%s\", not \"%s\"", text, found ? found : "(nothing)", expected);
}

static void assert_harmless(const char *text)
{
	cleanup(free_string) char *found = makefile_probing(text, "Makefile");

	if (found)
		fail_msg("%s: %s", text, found);
}

static void questions_to_the_kernel_are_seen(void **state)
{
	(void)state;
	assert_probing("A := $(shell grep -q x $(srctree)/y && echo 1)\n",
		       "Makefile has $(shell grep -q x $(srctree)/y && echo 1)");
	assert_probing("A = ${shell ls ${KDIR}}", "Makefile has $(shell ls ${KDIR})");
	assert_probing("A := $(shell\\\n cat x)", "Makefile has $(shell \\");
	assert_probing("A != cat x\n", "Makefile has !=");
	assert_probing("x := $(call try-run,$(CC) -c)", "Makefile has try-run");
	assert_probing("$(file <$(KDIR)/.config)", "Makefile has $(file)");
	assert_probing("ifneq ($(wildcard $(KDIR)/include/x.h),)\n",
		       "Makefile has $(wildcard $(KDIR)/include/x.h)");
	assert_probing("$(wildcard /usr/src/x)", "Makefile has $(wildcard /usr/src/x)");
	assert_probing("$(wildcard ../x)", "Makefile has $(wildcard ../x)");
	/* A harmless one does not hide another behind it. */
	assert_probing("P := $(shell pwd)\nA := $(shell date)\n", "Makefile has $(shell date)");
	/* Not even within it. */
	assert_probing("P := $(shell $(shell date))", "Makefile has $(shell $(shell date))");
}

static void what_asks_nothing_of_the_kernel_is_harmless(void **state)
{
	(void)state;
	assert_harmless("");
	assert_harmless("obj-m := m.o\nccflags-y += -I$(src)/include\n");
	assert_harmless("P := $(shell pwd)\nK ?= $(shell uname -r)\n");
	assert_harmless("s := $(patsubst $(src)/%.c,%.o,$(wildcard $(src)/*.c))");
	assert_harmless("all:\n\ttest a != b\n");
	assert_harmless("# a != b\n");
	assert_harmless("$(shellfish a)$(files b)$(filter c,$(wildcards))");
}

static void a_command_is_a_single_call_of_make_or_probes(void **state)
{
	static const char *const calls[] = {"make", "make -C /x M=/y modules", "'make' -j4 all"};
	static const char *const others[] = {
		"./configure && make", "make; cp a b", "cp a.ko b.ko", "make $(cat x)",
		"make\ncp a b",        "makefile",     "make `date`",  ""};

	(void)state;
	for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++)
		assert_null(makefile_command_probing(calls[i]));
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++) {
		cleanup(free_string) char *found = makefile_command_probing(others[i]);

		if (!found || !strstr(found, "more than a call of make"))
			fail_msg("%s: %s", others[i], found ? found : "(nothing)");
	}
}

static void words_that_could_be_variables_are_collected(void **state)
{
	struct strmap words = {0};

	(void)state;
	makefile_add_words("ccflags-y += $(EXTRA_1) -DX=${Y2} 9lives a", &words);
	assert_non_null(strmap_get(&words, "ccflags"));
	assert_non_null(strmap_get(&words, "EXTRA_1"));
	assert_non_null(strmap_get(&words, "DX"));
	assert_non_null(strmap_get(&words, "Y2"));
	assert_null(strmap_get(&words, "9lives"));
	assert_null(strmap_get(&words, "a"));
	strmap_free(&words, NULL);
}

UNIT_MAIN(cmocka_unit_test(questions_to_the_kernel_are_seen),
	  cmocka_unit_test(what_asks_nothing_of_the_kernel_is_harmless),
	  cmocka_unit_test(a_command_is_a_single_call_of_make_or_probes),
	  cmocka_unit_test(words_that_could_be_variables_are_collected))
