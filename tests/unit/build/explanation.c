/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The cause that counts, for the logs of real failed builds and for facts that change it. */
#include "unit.h"

#include <stdio.h>
#include <sys/stat.h>

#include "base/memory.h"
#include "build/failure.h"
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
	assert_line(world, "cat: x: Permission denied", "-", "");
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

	cause_findings_look_at(&findings, "cat: x: Permission denied");
	cause_findings_look_at(&findings, "a.c: error: implicit declaration of function 'strlcpy'");
	cause_findings_look_at(&findings, "a.c: error: unused [-Werror=unused]");
	explain_causes(&findings, &world->facts, &explanation);
	assert_int_equal(explanation.texts.count, 2);
	assert_explained(&explanation, "both", "interface-changed", "it has no function strlcpy.");
}

/* The first lines of what gcc, clang and make say about slips of the pen. */
static void slips_of_the_pen_are_not_blamed_on_the_kernel(void **state)
{
	static const char *const lines[] = {
		"a.c:4:12: error: expected '=', ',', ';', 'asm' or '__attribute__' before 'f'\n"
		"a.c:9:9: error: implicit declaration of function 'strlcpy'",
		"a.c:4:2: error: implicit declaration of function 'prntk'; did you mean 'printk'? "
		"[-Werror=implicit-function-declaration]",
		"a.c:4:2: error: 'my_counter' undeclared (first use in this function)",
		"a.c:4:2: error: unknown type name 'foo_t'",
		"a.c:4:2: error: 'struct foo' has no member named 'nmae'; did you mean 'name'?",
		"a.c:4:2: error: too few arguments to function 'my_helper'\n"
		"a.c:1:12: note: declared here",
		"a.c:4:2: error: too few arguments to function 'kmalloc'",
		"a.c:4:2: error: redefinition of 'f'\n"
		"/t/m/1/build/a.c:3:12: note: previous definition of 'f' with type 'int(void)'",
		"a.c:4:2: error: conflicting types for 'f'; have 'int(int)'\n"
		"a.c:3:12: note: previous declaration of 'f' with type 'int(void)'",
		"a.c:4:2: error: initialization of 'int *' from incompatible pointer type 'char *' "
		"[-Werror=incompatible-pointer-types]",
		"a.c:4:2: error: initialization of 'int (*)(int)' from incompatible pointer type "
		"'int (*)(void)' [-Werror=incompatible-pointer-types]",
		"a.c:4:2: error: redefinition of 'init_module'\n"
		"./include/linux/module.h:131:13: note: previous definition of 'init_module'",
		"a.c:4:2: error: redefinition of '__inittest'\n"
		"./include/linux/module.h:129:42: note: previous definition of '__inittest'",
		"a.c:4:2: error: expected ';' before 'return'",
		"a.c:4:2: error: expected '}' at end of input",
		"a.c:4:2: error: void value not ignored as it ought to be",
		"a.c:4:2: error: lvalue required as left operand of assignment",
		"a.c:4:2: error: invalid operands to binary + (have 'struct foo' and 'int')",
		"a.c:4:2: error: control reaches end of non-void function [-Werror=return-type]",
		"a.c:4:2: error: assignment of read-only variable 'limit'",
		"a.c:4:2: error: storage size of 's' isn't known",
		"a.c:4:2: error: duplicate case value",
		"a.c:4:2: error: stray '\\' in program",
		"a.c:4:2: error: 'x' redeclared as different kind of symbol",
		"a.c:4:2: error: call to undeclared function 'my_fn'; ISO C99 and later do not "
		"support implicit function declarations",
	};

	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		cleanup(cause_findings_free) struct cause_findings findings = {0};
		cleanup(explanation_free) struct explanation explanation = {0};
		const struct world *world = *state;
		cleanup(strv_free) struct strv split = {0};
		const char *line;

		strv_split(&split, lines[i], "\n");
		STRV_FOREACH (line, &split)
			cause_findings_look_at(&findings, line);
		explain_causes(&findings, &world->facts, &explanation);
		assert_explained(&explanation, lines[i], "-", "");
	}
}

static void changes_of_the_interface_are_known(void **state)
{
	static const char *const lines[][2] = {
		{"a.c:1:2: error: implicit declaration of function 'from_timer'", "from_timer"},
		{"a.c:1:2: error: implicit declaration of function 'del_timer_sync'; did you mean",
		 "del_timer_sync"},
		{"a.c:1:2: error: implicit declaration of function 'PDE_DATA'", "PDE_DATA"},
		{"a.c:1:2: error: call to undeclared function 'ioremap_nocache'; ISO C99",
		 "ioremap_nocache"},
		{"a.c:1:2: error: implicit declaration of function 'get_fs'", "get_fs"},
		{"a.c:1:2: error: 'mm_segment_t' undeclared", "mm_segment_t"},
		{"a.c:1:2: error: unknown type name 'mm_segment_t'", "mm_segment_t"},
		{"a.c:1:2: error: storage size\n", ""},
		{"a.c:1:2: error: implicit declaration of function 'do_gettimeofday'",
		 "do_gettimeofday"},
		{"a.c:1:2: error: macro \"access_ok\" passed 3 arguments, but takes just 2",
		 "access_ok"},
		{"a.c:1:2: error: too many arguments to function 'netif_napi_add'",
		 "netif_napi_add"},
		{"a.c:1:2: error: 'struct net_device' has no member named 'trans_start'",
		 "trans_start"},
		{"a.c:1:2: error: 'struct mm_struct' has no member named 'mmap_sem'", "mmap_sem"},
		{"a.c:1:2: error: assignment of read-only member 'vm_flags'",
		 "vm_flags must not be written"},
		{"a.c:1:10: fatal error: drm/drmP.h: No such file or directory", "drm/drmP.h"},
		{"a.c:1:10: fatal error: 'linux/genhd.h' file not found", "linux/genhd.h"},
		{"a.c:1:2: error: initialization of 'void (*)(struct platform_device *)' from "
		 "incompatible pointer type 'int (*)(struct platform_device *)'",
		 "struct platform_device"},
		{"a.c:1:2: error: incompatible function pointer types initializing 'void "
		 "(*)(struct platform_device *)' with an expression of type",
		 "struct platform_device"},
		{"a.c:1:2: error: static declaration of 'strscpy_pad' follows non-static "
		 "declaration\n./include/linux/string.h:5:9: note: previous declaration of "
		 "'strscpy_pad' with type",
		 "it has a strscpy_pad of its own"},
	};

	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		cleanup(cause_findings_free) struct cause_findings findings = {0};
		cleanup(explanation_free) struct explanation explanation = {0};
		const struct world *world = *state;
		cleanup(strv_free) struct strv split = {0};
		const char *line;

		strv_split(&split, lines[i][0], "\n");
		STRV_FOREACH (line, &split)
			cause_findings_look_at(&findings, line);
		explain_causes(&findings, &world->facts, &explanation);
		assert_explained(&explanation, lines[i][0],
				 *lines[i][1] ? "interface-changed" : "-", lines[i][1]);
	}
}

/* What the headers of the older kernel have, and those of this one have not. */
static void headers_of_another_kernel_tell(void **state)
{
	struct world *world = *state;
	static const char new[] = "lib/modules/6.12.0-test/build/include/linux/one.h";
	static const char old[] = "lib/modules/6.1.0-test/build/include/linux/one.h";

	scratch_write(world->scratch, new, "int still_here(void);\n");
	scratch_write(world->scratch, old, "int was_here(void); int still_here(void);\n");
	assert_line(world, "a.c:1:2: error: implicit declaration of function 'was_here'",
		    "interface-changed", "it has no function was_here.");
	assert_line(world, "a.c:1:2: error: implicit declaration of function 'still_here'", "-",
		    "");
	assert_line(world, "a.c:1:2: error: implicit declaration of function 'was_her'", "-", "");
	assert_line(world, "a.c:1:2: error: unknown type name 'int'", "-", "");
}

static void what_hides_is_told_where_nothing_is_missing(void **state)
{
	struct world *world = *state;
	cleanup(free_string) char *closed = path_join(world->scratch, "closed", NULL);
	cleanup(free_string) char *program = path_join(closed, "frobnicate", NULL);
	cleanup(free_string) char *line = text_format("/bin/sh: 1: %s: not found", program);

	text_assign(&world->settings.temporary, "/nonexistent");
	scratch_write(world->scratch, "closed/frobnicate", "#!/bin/sh\n");
	assert_int_equal(chmod(program, 0755), 0);
	assert_int_equal(chmod(closed, 0700), 0);
	assert_line(world, line, "hidden", "frobnicate is there, but a build");
	assert_line(world, line, "hidden", "build_sandbox=\"no\" in");
	world->facts.caged = false;
	assert_line(world, line, "tool-missing", "frobnicate is missing");
}

/* Root's rights do not look where a log says. */
static void what_only_root_sees_is_not_looked_for(void **state)
{
	struct world *world = *state;

	if (geteuid() != 0)
		skip();
	assert_line(world, "/bin/sh: 1: /proc/1/root/etc/passwd: not found", "hidden",
		    "/proc/1/root/etc/passwd may be there, but is out of reach");
	assert_line(world, "/bin/sh: 1: /proc/1/root/etc/nothing: not found", "hidden",
		    "/proc/1/root/etc/nothing may be there, but is out of reach");
}

static void other_kernels_and_empty_files(void **state)
{
	struct world *world = *state;
	cleanup(free_string) char *build = path_join(world->scratch, "build", NULL);
	static const char license[] = "ERROR: modpost: missing MODULE_LICENSE() in /t/build/foo.o";

	assert_line(world,
		    "make: *** /lib/modules/6.1.0-x/build: No such file or directory.  Stop.",
		    "other-kernel", "They are not those of kernel 6.12.0-test");
	assert_line(world, "make: *** /lib/modules//build: No such file or directory.  Stop.",
		    "other-kernel", "/lib/modules//build");
	assert_line(world,
		    "make: *** /lib/modules/6.12.0-test/build: No such file or directory.  Stop.",
		    "headers-incomplete", "");
	world->facts.build = build;
	assert_line(world, license, "license-missing", "");
	scratch_write(world->scratch, "build/foo.c", "");
	assert_line(world, license, "source-empty", "foo.o is empty");
}

/* Whatever a log says, no command that somebody may copy holds it. */
static void forged_names_are_in_no_command(void **state)
{
	assert_line(*state, "c: fatal error: cannot execute 'gcc-9;reboot': execvp: No such file",
		    "compiler-missing", "gcc-9;reboot is not installed.\nInstall it.");
}

static void a_silent_tool_is_named(void **state)
{
	struct world *world = *state;
	cleanup(explanation_free) struct explanation explanation = {0};
	struct cause_findings none = {0};

	world->facts.command = "./get.sh\ncd src && curl -s https://x | tar x; make";
	explain_causes(&none, &world->facts, &explanation);
	assert_explained(&explanation, "curl", "network-refused", "this one calls curl");
	explanation_free(&explanation);
	world->facts.network = true;
	explain_causes(&none, &world->facts, &explanation);
	assert_explained(&explanation, "network", "-", "");
	world->facts.network = false;
	world->facts.command = "make curling; git status";
	explain_causes(&none, &world->facts, &explanation);
	assert_explained(&explanation, "git status", "-", "");
}

#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

UNIT_MAIN(IN_WORLD(real_logs_have_the_cause_that_they_are_known_for), IN_WORLD(nothing_is_made_up),
	  IN_WORLD(facts_decide), IN_WORLD(slips_of_the_pen_are_not_blamed_on_the_kernel),
	  IN_WORLD(changes_of_the_interface_are_known), IN_WORLD(headers_of_another_kernel_tell),
	  IN_WORLD(what_hides_is_told_where_nothing_is_missing),
	  IN_WORLD(what_only_root_sees_is_not_looked_for), IN_WORLD(other_kernels_and_empty_files),
	  IN_WORLD(forged_names_are_in_no_command), IN_WORLD(a_silent_tool_is_named),
	  IN_WORLD(a_refusal_of_the_cage_is_told_besides))
