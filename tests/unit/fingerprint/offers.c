/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "reuse/fixture.h"

#include "fingerprint/offers.h"

static void note(struct strmap *read, const char *name)
{
	free(strmap_set(read, name, xstrdup("digest")));
}

static void assert_found(void **state, const struct strmap *read, const char *expected)
{
	WITH_HEADERS(state);
	cleanup(free_string) char *found = shadow_find(headers, read);

	if (!expected)
		assert_null(found);
	else if (!found || strcmp(found, expected) != 0)
		fail_msg("\"%s\", not \"%s\"", found ? found : "(nothing)", expected);
}

/* In the order of LINUXINCLUDE: each of the places before the one that was read from. */
static void each_place_before_it_counts(void **state)
{
	static const struct {
		const char *file, *name;
	} earlier[] = {
		{"common/arch/x86/include/uapi/linux/a.h",
		 "srctree/arch/x86/include/uapi/linux/a.h"},
		{BUILD "arch/x86/include/generated/uapi/linux/a.h",
		 "objtree/arch/x86/include/generated/uapi/linux/a.h"},
		{"common/include/linux/a.h", "srctree/include/linux/a.h"},
		{BUILD "include/linux/a.h", "objtree/include/linux/a.h"},
		{"common/arch/x86/include/linux/a.h", "srctree/arch/x86/include/linux/a.h"},
	};
	struct strmap read = {0};

	make_headers(state);
	scratch_write(*state, "common/include/uapi/linux/a.h", "read");
	note(&read, "srctree/include/uapi/linux/a.h");
	note(&read, "srctree/arch/x86/include/asm/page.h");
	assert_found(state, &read, NULL);
	for (size_t i = 0; i < sizeof(earlier) / sizeof(*earlier); i++) {
		cleanup(free_string) char *expected = text_format(
			"%s would be found before srctree/include/uapi/linux/a.h", earlier[i].name);

		scratch_write(*state, earlier[i].file, "new");
		assert_found(state, &read, expected);
		run("rm '%s/%s'", (char *)*state, earlier[i].file);
	}
	assert_found(state, &read, NULL);
	strmap_free(&read, free);
}

static void what_comes_after_it_does_not(void **state)
{
	struct strmap read = {0};

	make_headers(state);
	note(&read, "srctree/include/linux/module.h");
	note(&read, "srctree/arch/x86/include/asm/page.h");
	scratch_write(*state, "common/include/uapi/linux/module.h", "new");
	scratch_write(*state, BUILD "include/linux/module.h", "new");
	/* Another architecture's. */
	scratch_write(*state, "common/arch/arm/include/linux/module.h", "new");
	assert_found(state, &read, NULL);
	/* Nor does what is read from elsewhere. */
	note(&read, "/usr/lib/gcc/include/stdarg.h");
	assert_found(state, &read, NULL);
	strmap_free(&read, free);
}

/* The source reached past it then, and will do so again. */
static void what_was_passed_over_then_is_noted(void **state)
{
	struct strmap read = {0};

	make_headers(state);
	note(&read, "srctree/include/linux/module.h");
	note(&read, "srctree/arch/x86/include/asm/page.h");
	scratch_write(*state, "common/arch/x86/include/linux/module.h", "#include_next");
	{
		WITH_HEADERS(state);
		shadow_note(headers, &read);
	}
	assert_string_equal(strmap_get(&read, "srctree/arch/x86/include/linux/module.h"),
			    SHADOW_PASSED_OVER);
	assert_found(state, &read, NULL);
	strmap_free(&read, free);
}

UNIT_MAIN(scratch_test(each_place_before_it_counts), scratch_test(what_comes_after_it_does_not),
	  scratch_test(what_was_passed_over_then_is_noted))
