/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include "conf/second_pass.h"

static void what_the_second_pass_may_change(void **state)
{
	static const char *const texts[] = {" a",  "a ",  "a  b", "a\tb", "a\nb", "a\r",
					    "\"",  "$x",  "`x`",  "\\",   "a*",   "?",
					    "[a]", "@(a", "!(a)", " ",    "+(x)"};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		assert_false(directive_is_stable(texts[i]));
}

static void what_it_leaves_alone(void **state)
{
	static const char *const texts[] = {"", "a", "a b", "make -C /x 'y' && (z)", "a=#b;{}~!"};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		assert_true(directive_is_stable(texts[i]));
}

UNIT_MAIN(cmocka_unit_test(what_the_second_pass_may_change), cmocka_unit_test(what_it_leaves_alone))
