/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include <errno.h>

#include "conf/lint.h"
#include "place.h"

/* "LINE KIND TEXT\n" for each finding. */
static char *describe(const struct lint_findings *findings)
{
	struct buffer described = {0};

	for (size_t i = 0; i < findings->count; i++)
		buffer_add_format(&described, "%ld %s %s\n", findings->items[i].line,
				  lint_kind_name(findings->items[i].kind), findings->items[i].text);
	return buffer_take(&described);
}

/* Lints text as the conf_file, with values (lines for values_from_lines()) that it gave. */
static char *lint_of(struct place *place, const char *text, const char *values,
		     const char *first_pass)
{
	cleanup(conf_evaluation_free) struct conf_evaluation evaluation = {0};
	cleanup(conf_values_free) struct conf_values before = {0};
	cleanup(lint_findings_free) struct lint_findings findings = {0};

	place_write(place, "src/dkms.conf", text);
	strv_add(&evaluation.files, place->conf_file);
	values_from_lines(&evaluation.values, values);
	if (first_pass)
		values_from_lines(&before, first_pass);
	assert_int_equal(
		conf_lint(&evaluation, first_pass ? &before : NULL, &findings, &place->error), 0);
	return describe(&findings);
}

static void a_file_that_went_away_is_an_error(void **state)
{
	struct place *place = *state;
	cleanup(conf_evaluation_free) struct conf_evaluation evaluation = {0};
	struct lint_findings findings = {0};

	strv_add(&evaluation.files, place->conf_file);
	assert_int_equal(conf_lint(&evaluation, NULL, &findings, &place->error), -ENOENT);
	assert_non_null(strstr(place->error.message, place->conf_file));
	assert_int_equal(findings.count, 0);
}

static void what_the_text_shows(void **state)
{
	static const struct {
		const char *text, *findings;
	} cases[] = {
		{"BUILD_MODULE_NAME=x\n", "1 unknown-directive \"BUILD_MODULE_NAME\" is no "
					  "directive and is ignored; is \"BUILT_MODULE_NAME\" "
					  "meant?\n"},
		{"\n\nAUTOINSTALl=yes\n", "3 unknown-directive \"AUTOINSTALl\" is no directive and "
					  "is ignored; is \"AUTOINSTALL\" meant?\n"},
		{"DEST_MODULE_LOACTION[0]=/x\nDEST_MODULE_LOACTION[1]=/x\n",
		 "1 unknown-directive \"DEST_MODULE_LOACTION\" is no directive and is ignored; is "
		 "\"DEST_MODULE_LOCATION\" meant?\n"},
		{"MAKES=x\n", "1 unknown-directive \"MAKES\" is no directive and is ignored; is "
			      "\"MAKE\" meant?\n"},
		{"PRE_REMOVE=x\n",
		 "1 unknown-directive \"PRE_REMOVE\" is no directive and is ignored.\n"},
		{"MAKE=make all\n", "1 quotes \"MAKE\" is not set: its value ends at the first "
				    "blank and the rest is run as a command; put quotes around "
				    "the value.\n"},
		{"MAKE = make\n", "1 quotes \"MAKE\" is not set: there must be no blank before the "
				  "\"=\".\n"},
		{"AUTOINSTAL = yes\n", "1 quotes \"AUTOINSTAL\" is not set: there must be no blank "
				       "before the \"=\".\n"},
		{"build_sandbox=no\n",
		 "1 useless \"build_sandbox\" is ignored here: that is for the "
		 "administrator to say, in /etc/dkms/MODULE.conf.\n"},
		/* Nothing to say about these. */
		{"MAKES=x\nMAKE=\"$MAKES\"\n", ""},
		{"MAKES=x\nMAKE=${MAKES}y\n", ""},
		{"NAME=x\nVERSION=1\nJOBS=4\nmake=y\n", "4 unknown-directive \"make\" is no "
							"directive and is ignored; is \"MAKE\" "
							"meant?\n"},
		{"KDIR=x\nMODULES=( a b )\nMAKEFLAGS=-j4\n", ""},
		{"A=b MAKE='make all'\nPATCH[0]=x # y\n", ""},
		{"foo = bar\n", ""},
	};
	struct place *place = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		cleanup(free_string) char *findings = lint_of(place, cases[i].text, "", NULL);

		assert_string_equal(findings, cases[i].findings);
	}
}

static void a_name_of_any_length_is_harmless(void **state)
{
	struct place *place = *state;
	char text[5000];

	memset(text, 'A', sizeof(text));
	memcpy(text + sizeof(text) - 4, "=x\n", 4);
	cleanup(free_string) char *findings = lint_of(place, text, "", NULL);

	assert_string_equal(findings, "");
}

static void what_the_values_show(void **state)
{
	static const struct {
		const char *values, *first_pass, *findings;
	} cases[] = {
		{"MAKE=make A=b", "MAKE=make A=\"b\"",
		 "1 second-pass \"MAKE[0]\" is not what it seems: dkms evaluates every value "
		 "twice, which makes \"make A=b\" of \"make A=\"b\"\".\n"},
		{"", "PATCH[2]=a\" b",
		 "1 second-pass \"PATCH[2]\" is lost: dkms evaluates every value twice, and the "
		 "second time (as \"a\" b\" within double quotes) it is no assignment any more.\n"},
		{"MAKE=make", "MAKE=make", ""},
		{"AUTOINSTALL=yes\nAUTOINSTALL[1]=no", NULL,
		 "1 useless \"AUTOINSTALL[1]\" is ignored: \"AUTOINSTALL\" has one value.\n"},
		{"MAKE=a\nMAKE[1]=b", NULL,
		 "1 useless \"MAKE[1]\" is never used without \"MAKE_MATCH[1]\".\n"},
		{"MAKE_MATCH[1]=b", NULL,
		 "1 useless \"MAKE_MATCH[1]\" does nothing without \"MAKE[1]\".\n"},
		{"PATCH[0]=a\nPATCH_MATCH[1]=b", NULL,
		 "1 useless \"PATCH_MATCH[1]\" does nothing without \"PATCH[1]\".\n"},
		{"REMAKE_INITRD=no", NULL,
		 "1 deprecated \"REMAKE_INITRD\" is deprecated: the system's own hooks do that, "
		 "take it out.\n"},
		{"CLEAN=true\nMAKE=x\nMAKE_MATCH=y\nPATCH[3]=z", NULL, ""},
	};
	struct place *place = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		cleanup(free_string) char *findings = lint_of(place, "", cases[i].values,
							      cases[i].first_pass);

		assert_string_equal(findings, cases[i].findings);
	}
}

static void findings_come_by_file_and_line(void **state)
{
	struct place *place = *state;
	cleanup(conf_evaluation_free) struct conf_evaluation evaluation = {0};
	cleanup(lint_findings_free) struct lint_findings findings = {0};
	cleanup(free_string) char *override = path_join(place->root, "a.conf", NULL);
	cleanup(free_string) char *origin = text_format("%s:2", place->conf_file);

	place_write(place, "src/dkms.conf", "POST_X=1\n\nPOST_Y=1\n");
	place_write(place, "a.conf", "POST_Z=1\nbuild_sandbox=no\n");
	strv_add(&evaluation.files, place->conf_file);
	strv_add(&evaluation.files, override);
	conf_values_set(&evaluation.values, "CLEAN", 0, "make clean", origin);
	assert_int_equal(conf_lint(&evaluation, NULL, &findings, &place->error), 0);

	cleanup(free_string) char *described = describe(&findings);

	assert_string_equal(
		described,
		"1 unknown-directive \"POST_X\" is no directive and is ignored.\n"
		"2 deprecated \"CLEAN\" is deprecated: every build starts from a fresh copy, take "
		"it out.\n"
		"3 unknown-directive \"POST_Y\" is no directive and is ignored.\n"
		"1 unknown-directive \"POST_Z\" is no directive and is ignored.\n");
	assert_string_equal(findings.items[1].file, place->conf_file);
	assert_string_equal(findings.items[3].file, override);
}

UNIT_MAIN(PLACE_TEST(a_file_that_went_away_is_an_error), PLACE_TEST(what_the_text_shows),
	  PLACE_TEST(a_name_of_any_length_is_harmless), PLACE_TEST(what_the_values_show),
	  PLACE_TEST(findings_come_by_file_and_line))
