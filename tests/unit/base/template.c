/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include "base/cleanup.h"
#include "base/memory.h"
#include "base/template.h"
#include "base/text.h"

/* A field's value is its own name in angle brackets; nobody knows "unknown". */
static char *value_of(const void *context, const char *field)
{
	const char *brackets = context;

	return text_equal(field, "unknown")
		       ? NULL
		       : text_format("%c%s%c", brackets[0], field, brackets[1]);
}

static void assert_filled(const char *text, const char *expected)
{
	cleanup(free_string) char *filled = template_fill(text, value_of, "<>");

	assert_string_equal(filled ? filled : "unknown", expected);
}

static void what_is_no_field_is_text(void **state)
{
	(void)state;
	assert_filled("", "");
	assert_filled("plain", "plain");
	assert_filled("{", "{");
	assert_filled("{}", "{}");
	assert_filled("a{b", "a{b");
	assert_filled("{Not a field} {", "{Not a field} {");
	assert_filled("${x-1}", "${x-1}");
	assert_filled("{{a}}", "{<a>}");
}

static void one_unknown_field_spoils_it_all(void **state)
{
	(void)state;
	assert_null(template_fill("{a} {unknown} {b}", value_of, "<>"));
}

static void fields_are_replaced(void **state)
{
	(void)state;
	assert_filled("{a}", "<a>");
	assert_filled("to {a}{b_c}, not {a}.", "to <a><b_c>, not <a>.");
}

UNIT_MAIN(cmocka_unit_test(what_is_no_field_is_text),
	  cmocka_unit_test(one_unknown_field_spoils_it_all), cmocka_unit_test(fields_are_replaced))
