/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include "fixture.h"

static void deprecated_directives_are_named_with_their_file(void **state)
{
	static const struct {
		const char *lines, *said;
	} cases[] = {
		{"OBSOLETE_BY=7.0\n", "D OBSOLETE_BY (/src/dkms.conf): use "
				      "BUILD_EXCLUSIVE_KERNEL_MAX.\n"},
		{"CLEAN=make clean\n", "D CLEAN (/src/dkms.conf): every build starts from a fresh "
				       "copy, take it out.\n"},
		{"CLEAN=./true\n", "D CLEAN (/src/dkms.conf): every build starts from a fresh "
				   "copy, take it out.\n"},
		{"REMAKE_INITRD=no\n", "D REMAKE_INITRD (/src/dkms.conf): the system's own hooks "
				       "do that, take it out.\n"},
		{"MODULES_CONF_OBSOLETES[3]=x\n", "D MODULES_CONF_OBSOLETES (/src/dkms.conf): it "
						  "has no effect, take it out.\n"},
		{"MODULES_CONF_ALIAS_TYPE=x\n", "D MODULES_CONF_ALIAS_TYPE (/src/dkms.conf): it "
						"has no effect, take it out.\n"},
		{"MODULES_CONF_OBSOLETE_ONLY=x\n", "D MODULES_CONF_OBSOLETE_ONLY "
						   "(/src/dkms.conf): it has no effect, take it "
						   "out.\n"},
		{"CLEAN=\n", ""},
		{"CLEAN=true\n", ""},
		{"CLEAN=/bin/true\n", ""},
		{"CLEAN=/usr/bin/true\n", ""},
		{"OBSOLETE_BY=\n", ""},
		{"MAKE=make\n", ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		cleanup(free_string) char *lines = text_format(GOOD_CONF "%s", cases[i].lines);

		package_free(assert_accepted(lines, cases[i].said));
	}
}

static void modules_conf_works_although_deprecated(void **state)
{
	(void)state;
	cleanup(package_free_handler) struct package *package = assert_accepted(
		GOOD_CONF "MODULES_CONF[0]=options foo a=1\nMODULES_CONF[1]=\n"
			  "MODULES_CONF[5]=alias x foo\n",
		"D MODULES_CONF (/src/dkms.conf): ship a file for /etc/modprobe.d with the "
		"package.\n");
	cleanup(free_string) char *lines = strv_join(&package->modules_conf, "\n");

	assert_string_equal(lines, "options foo a=1\nalias x foo");
}

UNIT_MAIN(cmocka_unit_test(deprecated_directives_are_named_with_their_file),
	  cmocka_unit_test(modules_conf_works_although_deprecated))
