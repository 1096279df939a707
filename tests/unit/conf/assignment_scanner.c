/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include "base/cleanup.h"
#include "base/text.h"
#include "conf/assignment_scanner.h"

/* "LINE NAME[ one-command][ blank]; …" */
static char *describe(const char *text)
{
	struct assignment_scanner scanner = assignment_scanner_start(text);
	struct found_assignment found;
	struct buffer described = {0};

	while (assignment_scanner_next(&scanner, &found))
		buffer_add_format(&described, "%ld %.*s%s%s; ", found.line, (int)found.name_length,
				  found.name, found.for_one_command ? " one-command" : "",
				  found.blank_before_equals ? " blank" : "");
	return buffer_take(&described);
}

static void assignments_and_only_those_are_found(void **state)
{
	static const struct {
		const char *text, *found;
	} cases[] = {
		/* Unfinished and odd text must not run over its end. */
		{"", ""},
		{"A='", "1 A; "},
		{"A=\"x\\", "1 A; "},
		{"A=$(", "1 A; "},
		{"A=${x", "1 A; "},
		{"A=(", "1 A; "},
		{"A[", ""},
		{"\\", ""},
		{"=x\n[1]=x\n1A=x\n", ""},
		/* What looks like an assignment elsewhere is none. */
		{"echo A=x\n# B=x\nC=x # D=x\n", "3 C; "},
		{"A='\nB=x\n'\nC=1", "1 A; 4 C; "},
		{"A=\"\nB=x\\\"\nD=\"\nC=1", "1 A; 4 C; "},
		{"A=$(B=x;\nC=y)\nD=`E=x`", "1 A; 3 D; "},
		{"A=( a\nB=c )\nC=", "1 A; 3 C; "},
		{"test x = y\n", ""},
		/* What bash takes as one. */
		{"A=x\nB[0]=y\nC+=z;D[$i]+=\n", "1 A; 2 B; 3 C; 3 D; "},
		{"if x; then A=1; else\nB=2; fi", "1 A; 2 B; "},
		{"for i in A=x; do C=$i; done", "1 C; "},
		{"a && A=x || { B=y; }", "1 A; 1 B; "},
		{"export A=x\nlocal B=y\n", "1 A; 2 B; "},
		{"A='\\'\nB=\"\\\"\"\nC=1", "1 A; 2 B; 3 C; "},
		{"A=x B=y\n", "1 A; 1 B; "},
		{"A=x\\\n B=y\nC=z", "1 A; 2 B; 3 C; "},
		{"f() { A=x; }", "1 A; "},
		{"A=x\r\nB=y\r\n", "1 A; 2 B; "},
		/* Slips of the pen. */
		{"MAKE=make all\n", "1 MAKE one-command; "},
		{"A=x B=y make\n", "1 A one-command; 1 B one-command; "},
		{"MAKE = make\n", "1 MAKE blank; "},
		{"MAKE  =x\n", "1 MAKE blank; "},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		cleanup(free_string) char *described = describe(cases[i].text);

		assert_string_equal(described, cases[i].found);
	}
}

UNIT_MAIN(cmocka_unit_test(assignments_and_only_those_are_found))
