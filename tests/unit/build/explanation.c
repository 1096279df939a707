/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The cause that counts, for the logs of real failed builds and for facts that change it. */
#include "unit.h"

#include <stdio.h>

#include "base/memory.h"
#include "build/diagnosis.h"
#include "build/explanation.h"
#include "scratch.h"

#define LOGS "tests/unit/build/logs"

/* A Debian 12 with a kernel 6.12 that is configured much like Debian's. */
struct world {
	char *scratch;
	struct settings settings;
	struct distro *distro;
	struct module_id id;
	struct kernel *kernel;
	struct explanation_facts facts;
};

static int set_up(void **state)
{
	struct world *world = NEW(struct world);
	const struct kernel_id kernel_id = {(char *)"6.12.0-test", (char *)"x86_64"};
	struct error error = {0};

	world->scratch = scratch_make();
	settings_init(&world->settings, world->scratch);
	scratch_write(world->scratch, "etc/os-release", "ID=debian\n");
	scratch_write(world->scratch, "lib/modules/6.12.0-test/build/include/config/auto.conf",
		      "CONFIG_CC_VERSION_TEXT=\"gcc-12 (Debian 12.2.0-14) 12.2.0\"\n"
		      "CONFIG_USB=m\nCONFIG_PROC_FS=y\n");
	assert_int_equal(distro_detect(&world->settings, &world->distro, &error), 0);
	assert_int_equal(kernel_open(&world->settings, &kernel_id, &world->kernel, &error), 0);
	world->id = module_id_new("foo", "1.0");
	world->facts = (struct explanation_facts){.settings = &world->settings,
						  .distro = world->distro,
						  .id = &world->id,
						  .kernel = world->kernel,
						  .caged = true};
	*state = world;
	return 0;
}

static int tear_down(void **state)
{
	struct world *world = *state;

	kernel_free(world->kernel);
	distro_free(world->distro);
	module_id_free(&world->id);
	settings_free(&world->settings);
	scratch_remove(&world->scratch);
	free(world);
	return 0;
}

static struct explanation explain_log(const struct world *world, const char *path)
{
	cleanup(diagnosis_free) struct diagnosis found = {0};
	struct explanation explanation;
	struct error error = {0};

	if (diagnosis_read(path, &found, &error) < 0)
		fail_msg("%s", error.message);
	assert_true(found.errors.count > 0);
	explain_causes(&found.causes, &world->facts, &explanation);
	return explanation;
}

static struct explanation explain_line(const struct world *world, const char *line)
{
	cleanup(cause_findings_free) struct cause_findings findings = {0};
	struct explanation explanation;

	cause_findings_look_at(&findings, line);
	explain_causes(&findings, &world->facts, &explanation);
	return explanation;
}

static void assert_explained(const struct explanation *explanation, const char *what,
			     const char *cause, const char *part)
{
	cleanup(free_string) char *text = strv_join(&explanation->texts, "\n");

	if (!text_equal(explanation->cause ? explanation->cause : "-", cause) ||
	    !strstr(text, part))
		fail_msg("%s: not %s with \"%s\" but %s:\n%s", what, cause, part,
			 explanation->cause, text);
}

/* The index has a line for each log: its name, the cause, and a part of the explanation. */
static void real_logs_have_the_cause_that_they_are_known_for(void **state)
{
	cleanup(fclose_handler) FILE *index = fopen(LOGS "/index", "re");
	char line[512], name[64], cause[64], part[256];
	int count = 0;

	assert_non_null(index);
	while (fgets(line, sizeof(line), index)) {
		if (*line == '#')
			continue;
		assert_int_equal(sscanf(line, "%63s %63s %255[^\n]", name, cause, part), 3);
		cleanup(free_string) char *path = text_format(LOGS "/%s.log", name);
		cleanup(explanation_free) struct explanation explanation = explain_log(*state,
										       path);

		assert_explained(&explanation, name, cause, part);
		count++;
	}
	assert_true(count >= 20);
}

static void assert_line(const struct world *world, const char *line, const char *cause,
			const char *part)
{
	cleanup(explanation_free) struct explanation explanation = explain_line(world, line);

	assert_explained(&explanation, line, cause, part);
}

static void nothing_is_made_up(void **state)
{
	struct world *world = *state;

	assert_line(world, "make: *** [Makefile:3: all] Error 1", "-", "");
	assert_line(world, "  You are using:  gcc-12 (Debian 12.3.0-1) 12.3.0", "-", "");
	assert_line(world, "a.c: error: #error CONFIG_USB", "source-refuses", "CONFIG_USB");
	assert_line(world, "Makefile:1: CONFIG_USB is not set", "-", "");
	world->facts.caged = false;
	assert_line(world, "x: Permission denied", "-", "");
	assert_line(world, "Network is unreachable", "-", "");
}

static void facts_decide(void **state)
{
	struct world *world = *state;
	static const char video[] = "ERROR: modpost: \"video_devdata\" [/x/foo.ko] undefined!";
	static const char usb[] = "ERROR: modpost: \"usb_foo\" [/x/foo.ko] undefined!";

	assert_line(world, video, "option-missing", "CONFIG_VIDEO_DEV");
	assert_line(world, usb, "symbol-not-exported", "exports usb_foo");
	assert_line(world, "Makefile:1: *** CONFIG_DRM is not set.  Stop.", "option-missing",
		    "needs the option CONFIG_DRM, which kernel 6.12.0-test");
	assert_line(world, "  You are using:  gcc-13 (Debian 13.1.0-1) 13.1.0", "compiler-differs",
		    "apt-get install gcc-12");
	assert_line(world, "  You are using:  Debian clang version 12.0.1", "compiler-differs",
		    "Debian clang version 12.0.1");
	assert_line(world, "/bin/sh: 1: bison: not found", "tool-missing", "apt-get install bison");
	assert_line(world, "/bin/sh: 1: frobnicate: not found", "tool-missing",
		    "The program frobnicate is missing.\nInstall the package that brings it.");
	world->facts.distro = NULL;
	assert_line(world, "/bin/sh: 1: bison: not found", "tool-missing",
		    "Install the package that brings it.");
}

static void a_refusal_of_the_cage_is_told_besides(void **state)
{
	struct world *world = *state;
	cleanup(cause_findings_free) struct cause_findings findings = {0};
	cleanup(explanation_free) struct explanation explanation = {0};

	cause_findings_look_at(&findings, "x: Permission denied");
	cause_findings_look_at(&findings, "a.c: error: implicit declaration of function 'f'");
	cause_findings_look_at(&findings, "a.c: error: unused [-Werror=unused]");
	explain_causes(&findings, &world->facts, &explanation);
	assert_int_equal(explanation.texts.count, 2);
	assert_explained(&explanation, "both", "interface-changed", "it has no function f.");
}

#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

UNIT_MAIN(IN_WORLD(real_logs_have_the_cause_that_they_are_known_for), IN_WORLD(nothing_is_made_up),
	  IN_WORLD(facts_decide), IN_WORLD(a_refusal_of_the_cage_is_told_besides))
