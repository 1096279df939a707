/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include "base/cleanup.h"
#include "base/text.h"
#include "build/causes.h"

static struct cause_findings look_at(const char *line)
{
	struct cause_findings findings = {0};

	cause_findings_look_at(&findings, line);
	return findings;
}

static void ordinary_lines_show_nothing(void **state)
{
	static const char *const lines[] = {
		"",
		"  CC [M]  /var/lib/dkms/foo/1.0/build/foo.o",
		"make: Entering directory '/usr/src/linux-headers-6.1.0-56-amd64'",
		"make[1]: *** [/usr/src/linux/Makefile:1936: /x/build] Error 2",
		"make: *** Waiting for unfinished jobs....",
		"foo.c:1:2: warning: implicit declaration of function 'f'",
		"foo.c:1:2: warning: passing argument 1 of 'f' from incompatible pointer type",
		"foo.c:5:10: note: in expansion of macro \"X\"",
		"WARNING: modpost: \"x\" [foo.ko] undefined!",
		"Skipping BTF generation for foo.ko due to unavailability of vmlinux",
		"checking for gcc... gcc",
		"the user killed it: Killed",
		"‘’“”",
		"'",
		"error: '",
		"#error",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		cleanup(cause_findings_free) struct cause_findings found = look_at(lines[i]);

		for (int kind = 0; kind < CAUSES; kind++)
			if (found.items[kind].line)
				fail_msg("%s: %s", lines[i], cause_of_kind(kind)->name);
	}
}

static void each_message_has_its_cause_and_subject(void **state)
{
	static const struct {
		enum cause_kind kind;
		const char *subject, *line;
	} cases[] = {
		{CAUSE_PROCESS_LIMIT, "", "bash: fork: retry: Resource temporarily unavailable"},
		{CAUSE_PROCESS_LIMIT, "", "make: vfork: Resource temporarily unavailable"},
		{CAUSE_PROCESS_LIMIT, "", "sh: 0: Cannot fork"},
		{CAUSE_OUT_OF_MEMORY, "", "gcc: fatal error: Killed signal terminated program cc1"},
		{CAUSE_OUT_OF_MEMORY, "", "make[2]: *** [Makefile.build:250: foo.o] Killed"},
		{CAUSE_OUT_OF_MEMORY, "", "cc1: out of memory allocating 65536 bytes"},
		{CAUSE_OUT_OF_MEMORY, "",
		 "bash: line 1: 4711 Killed                  make -j2 all"},
		{CAUSE_DISK_FULL, "", "foo.s: fatal error: /tmp/c.s: No space left on device"},
		{CAUSE_OTHER_KERNEL, "/lib/modules/6.1/build",
		 "make: *** /lib/modules/6.1/build: No such file or directory.  Stop."},
		{CAUSE_HEADERS_INCOMPLETE, "/usr/src/linux-headers-6.1-common/Makefile",
		 "make: *** No rule to make target '/usr/src/linux-headers-6.1-common/Makefile'.  "
		 "Stop."},
		{CAUSE_HEADERS_INCOMPLETE, "./tools/objtool/objtool",
		 "/bin/sh: 1: ./tools/objtool/objtool: not found"},
		{CAUSE_HEADERS_INCOMPLETE, "linux/module.h",
		 "a.c:1:10: fatal error: linux/module.h: No such file or directory"},
		{CAUSE_HEADERS_INCOMPLETE, "include/generated/autoconf.h",
		 "  include/generated/autoconf.h or include/config/auto.conf are missing."},
		{CAUSE_HEADERS_FOREIGN, "scripts/mod/modpost",
		 "scripts/mod/modpost: /lib/libc.so.6: version `GLIBC_2.38' not found (required by "
		 "scripts/mod/modpost)"},
		{CAUSE_COMPILER_MISSING, "gcc-12", "/bin/sh: 1: gcc-12: not found"},
		{CAUSE_COMPILER_MISSING, "clang", "bash: line 1: clang: command not found"},
		{CAUSE_COMPILER_MISSING, "cc1plus",
		 "g++: fatal error: cannot execute 'cc1plus': execvp: No such file or directory"},
		{CAUSE_COMPILER_UNFIT, "-mharden-sls=all",
		 "gcc: error: unrecognized command-line option ‘-mharden-sls=all’"},
		{CAUSE_COMPILER_UNFIT, "-fconserve-stack",
		 "clang: error: unknown argument: '-fconserve-stack'"},
		{CAUSE_COMPILER_UNFIT, "", "cc1: error: incompatible gcc/plugin versions"},
		{CAUSE_TOOL_MISSING, "bison", "/bin/sh: 1: bison: not found"},
		{CAUSE_TOOL_MISSING, "flex", "bash: line 1: flex: command not found"},
		{CAUSE_TOOL_MISSING, "python3",
		 "/usr/bin/env: ‘python3’: No such file or directory"},
		{CAUSE_LIBRARY_MISSING, "libelf.h",
		 "t.c:1:10: fatal error: libelf.h: No such file or directory"},
		{CAUSE_LIBRARY_MISSING, "elf", "/usr/bin/ld: cannot find -lelf"},
		{CAUSE_NETWORK_REFUSED, "", "curl: (6) Could not resolve host: example.org"},
		{CAUSE_WRITE_REFUSED, "", "touch: cannot touch '/etc/x': Read-only file system"},
		{CAUSE_RIGHT_REFUSED, "", "mknod: disk: Operation not permitted"},
		{CAUSE_RIGHT_REFUSED, "", "mount: /mnt: permission denied."},
		{CAUSE_RIGHT_REFUSED, "mem",
		 "dd: failed to open '/dev/mem': No such file or directory"},
		{CAUSE_RIGHT_REFUSED, "mem", "sh: line 1: /dev/mem: No such file or directory"},
		{CAUSE_RIGHT_REFUSED, "mem",
		 "FileNotFoundError: [Errno 2] No such file or directory: '/dev/mem'"},
		{CAUSE_OPTION_MISSING, "KALLSYMS_ALL",
		 "a.c:4:2: error: #error CONFIG_KALLSYMS_ALL"},
		{CAUSE_OPTION_MISSING, "DRM", "Makefile:4: *** CONFIG_DRM not set.  Stop."},
		{CAUSE_SOURCE_REFUSES, "\"too new\"", "a.c:4:2: error: #error \"too new\""},
		{CAUSE_SOURCE_REFUSES, "no kernel", "/x/Makefile:4: *** no kernel.  Stop."},
		{CAUSE_INTERFACE_CHANGED, "strlcpy",
		 "a.c:1:2: error: implicit declaration of function ‘strlcpy’; did you mean"},
		{CAUSE_INTERFACE_CHANGED, "del_timer",
		 "a.c:1:2: error: call to undeclared function 'del_timer'; ISO C99 and later"},
		{CAUSE_INTERFACE_CHANGED, "no_llseek",
		 "a.c:1:2: error: ‘no_llseek’ undeclared here (not in a function); did you mean"},
		{CAUSE_INTERFACE_CHANGED, "xmit",
		 "a.c:1:2: error: ‘struct uart_state’ has no member named ‘xmit’"},
		{CAUSE_INTERFACE_CHANGED, "class_create",
		 "a.c:1:2: error: too many arguments to function ‘class_create’"},
		{CAUSE_INTERFACE_CHANGED, "class_create",
		 "a.c:1:2: error: passing argument 1 of ‘class_create’ from incompatible pointer "
		 "type [-Werror=incompatible-pointer-types]"},
		{CAUSE_INTERFACE_CHANGED, "int (*)(struct timer_list *)",
		 "a.c:1:2: error: initialization of ‘int (*)(struct timer_list *)’ from "
		 "incompatible pointer type"},
		{CAUSE_NETWORK_TOOL, "curl", "curl -sf https://example.org/x"},
		{CAUSE_NETWORK_TOOL, "git", "git submodule update"},
		{CAUSE_NO_TARGET, ".", "make: *** No targets.  Stop."},
		{CAUSE_ACCESS_REFUSED, "", "cat: /etc/shadow: Permission denied"},
		{CAUSE_WRITE_REFUSED, "'/x': Permission denied",
		 "touch: cannot touch '/x': Permission denied"},
		{CAUSE_INTERFACE_CHANGED, "DEFINE_SEMAPHORE",
		 "a.c:1:2: error: macro \"DEFINE_SEMAPHORE\" requires 2 arguments, but only 1"},
		{CAUSE_INTERFACE_CHANGED, "asm/unaligned.h",
		 "a.c:1:2: fatal error: asm/unaligned.h: No such file or directory"},
		{CAUSE_SYMBOL_NOT_EXPORTED, "kallsyms_lookup_name",
		 "ERROR: modpost: \"kallsyms_lookup_name\" [/x/foo.ko] undefined!"},
		{CAUSE_SYMBOL_NOT_EXPORTED, "usb_register",
		 "ERROR: \"usb_register\" [foo.ko] undefined!"},
		{CAUSE_SYMBOL_NAMESPACE, "dma_buf_get",
		 "ERROR: modpost: module foo uses symbol dma_buf_get from namespace DMA_BUF, but"},
		{CAUSE_SYMBOL_GPL, "class_create",
		 "ERROR: modpost: GPL-incompatible module foo.ko uses GPL-only symbol 'class_create'"},
		{CAUSE_WARNING_AS_ERROR, "unused-variable",
		 "a.c:1:2: error: unused variable ‘x’ [-Werror=unused-variable]"},
		{CAUSE_LICENSE_MISSING, "foo.o",
		 "ERROR: modpost: missing MODULE_LICENSE() in foo.o"},
		{CAUSE_FILE_MISSING, "/x/foo.o",
		 "make[3]: *** No rule to make target '/x/foo.o', needed by '/x/'.  Stop."},
		{CAUSE_FILE_MISSING, "own.h",
		 "a.c:1: fatal error: own.h: No such file or directory"},
		{CAUSE_COMPILER_DIFFERS, "gcc (Debian 13.1.0-6) 13.1.0",
		 "  You are using:           gcc (Debian 13.1.0-6) 13.1.0"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		cleanup(cause_findings_free) struct cause_findings found = look_at(cases[i].line);
		const struct cause_finding *finding = &found.items[cases[i].kind];

		if (!finding->line)
			fail_msg("%s: not found in %s", cause_of_kind(cases[i].kind)->name,
				 cases[i].line);
		if (!text_equal(finding->subject, cases[i].subject))
			fail_msg("%s instead of %s in %s", finding->subject, cases[i].subject,
				 cases[i].line);
		for (enum cause_kind kind = 0; kind < cases[i].kind; kind++)
			if (found.items[kind].line && !found.items[kind].doubtful &&
			    kind != CAUSE_OPTION_OF_SYMBOL && kind != CAUSE_SOURCE_EMPTY)
				fail_msg("%s shows in %s", cause_of_kind(kind)->name,
					 cases[i].line);
	}
}

static void the_first_line_counts(void **state)
{
	cleanup(cause_findings_free) struct cause_findings found = {0};

	(void)state;
	cause_findings_look_at(&found, "/bin/sh: 1: flex: not found");
	cause_findings_look_at(&found, "/bin/sh: 1: bison: not found");
	cause_findings_look_at(&found, "/bin/sh: 1: gcc: not found");
	assert_string_equal(found.items[CAUSE_TOOL_MISSING].subject, "flex");
	assert_string_equal(found.items[CAUSE_COMPILER_MISSING].subject, "gcc");
}

/* What make or a shell says of a program is clear only with the status. */
static void the_status_tells_what_was_missing(void **state)
{
	static const struct {
		const char *first, *second;
		enum cause_kind kind;
		const char *subject;
	} cases[] = {
		{"make[1]: gcc: No such file or directory",
		 "make[1]: *** [Makefile:2: x] Error 127", CAUSE_COMPILER_MISSING, "gcc"},
		{"make: x86_64-linux-gnu-gcc: No such file or directory",
		 "make: *** [Makefile:2: x] Error 127", CAUSE_COMPILER_MISSING,
		 "x86_64-linux-gnu-gcc"},
		{"make: pahole: Permission denied", "make: *** [x] Error 127", CAUSE_TOOL_MISSING,
		 "pahole"},
		{"/bin/sh: 1: ./configure: Permission denied", "make: *** [x] Error 126",
		 CAUSE_NOT_EXECUTABLE, "./configure"},
		{"bash: line 1: ./x.sh: Permission denied", "# exit code: 126",
		 CAUSE_NOT_EXECUTABLE, "./x.sh"},
		{"bash: line 1: /etc/shadow: Permission denied", "# exit code: 1",
		 CAUSE_ACCESS_REFUSED, "/etc/shadow"},
		{"bash: line 1: ./gone.sh: No such file or directory", "# exit code: 127",
		 CAUSE_FILE_MISSING, "./gone.sh"},
		{"make: Makefile: No such file or directory",
		 "make: *** No rule to make target 'Makefile'.  Stop.", CAUSE_FILE_MISSING,
		 "Makefile"},
		{"/usr/src/linux-headers-7.2-common/scripts/Makefile.build:37: Makefile: No such "
		 "file or directory",
		 "make[3]: *** No rule to make target 'Makefile'.  Stop.", CAUSE_FILE_MISSING,
		 "Makefile"}, /* kbuild since Linux 6.13 */
		{"Makefile:3: ../common/rules.mk: No such file or directory",
		 "make[2]: *** No rule to make target '../common/rules.mk'.  Stop.",
		 CAUSE_FILE_MISSING, "../common/rules.mk"},
		{"make: all.mk: No such file or directory",
		 "make: *** No rule to make target 'all.mk'.  Stop.", CAUSE_FILE_MISSING, "all.mk"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		cleanup(cause_findings_free) struct cause_findings found = look_at(cases[i].first);

		for (enum cause_kind kind = 0; kind < CAUSES; kind++)
			assert_null(found.items[kind].line);
		cause_findings_look_at(&found, cases[i].second);
		for (enum cause_kind kind = 0; kind < CAUSES; kind++)
			if (!found.items[kind].line != (kind != cases[i].kind))
				fail_msg("%s: %s", cases[i].first, cause_of_kind(kind)->name);
		assert_string_equal(found.items[cases[i].kind].subject, cases[i].subject);
		assert_string_equal(found.items[cases[i].kind].line, cases[i].first);
	}
}

/* GNU make goes on if a rule makes what is included: a failure after that has another cause. */
static void an_included_file_may_be_made(void **state)
{
	static const char *const lines[] = {"Makefile:3: made.mk: No such file or directory",
					    "make: *** [Makefile:9: all] Error 1",
					    "make: *** No rule to make target 'other'.  Stop.",
					    "make: *** [Makefile:9: all] Error 127"};
	cleanup(cause_findings_free) struct cause_findings found = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++)
		cause_findings_look_at(&found, lines[i]);
	for (int kind = 0; kind < CAUSES; kind++)
		assert_null(found.items[kind].line);
}

/* What kbuild includes is the headers' to bring. */
static void an_included_file_of_kbuild(void **state)
{
	cleanup(cause_findings_free) struct cause_findings found = look_at(
		"Makefile:5: scripts/Kbuild.include: No such file or directory");

	(void)state;
	assert_non_null(found.items[CAUSE_HEADERS_INCOMPLETE].line);
}

static void what_is_kept_is_safe_to_show(void **state)
{
	cleanup(cause_findings_free) struct cause_findings found = look_at(
		"a.c: error: #error \033[31m");

	(void)state;
	assert_string_equal(found.items[CAUSE_SOURCE_REFUSES].subject, "?[31m");
	assert_string_equal(found.items[CAUSE_SOURCE_REFUSES].line, "a.c: error: #error ?[31m");
}

UNIT_MAIN(cmocka_unit_test(ordinary_lines_show_nothing),
	  cmocka_unit_test(each_message_has_its_cause_and_subject),
	  cmocka_unit_test(the_first_line_counts),
	  cmocka_unit_test(the_status_tells_what_was_missing),
	  cmocka_unit_test(an_included_file_may_be_made),
	  cmocka_unit_test(an_included_file_of_kbuild),
	  cmocka_unit_test(what_is_kept_is_safe_to_show))
