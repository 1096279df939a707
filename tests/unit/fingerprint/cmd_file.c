/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "module/files.h"

#include "fingerprint/cmd_file.h"

#define COMPILED                                                                 \
	"savedcmd_/b/m.o := gcc -Wp,-MMD,/b/.m.o.d -I./include  -c -o m.o m.c\n" \
	"\n"                                                                     \
	"source_/b/m.o := /b/m.c\n"                                              \
	"\n"                                                                     \
	"deps_/b/m.o := \\\n"                                                    \
	"    $(wildcard include/config/MODVERSIONS) \\\n"                        \
	"  /usr/src/common/include/linux/module.h \\\n"                          \
	"  arch/x86/include/generated/asm/local64.h \\\n"                        \
	"\n"                                                                     \
	"/b/m.o: $(deps_/b/m.o)\n"                                               \
	"\n"                                                                     \
	"$(deps_/b/m.o):\n"
#define LINKED "cmd_/b/m.ko := ld -r -o /b/m.ko /b/m.o;  true\n"

static int read_text(void **state, const char *text, struct cmd_file *file, struct error *error)
{
	cleanup(free_string) char *path = path_join(*state, ".m.o.cmd", NULL);

	scratch_write(*state, ".m.o.cmd", text);
	return cmd_file_read(path, file, error);
}

static void what_was_compiled_lists_what_was_read(void **state)
{
	cleanup(cmd_file_free) struct cmd_file file = {0};
	struct error error = {0};

	assert_int_equal(read_text(state, COMPILED, &file, &error), 0);
	assert_string_equal(file.target, "/b/m.o");
	assert_string_equal(file.command, "gcc -Wp,-MMD,/b/.m.o.d -I./include  -c -o m.o m.c");
	assert_true(file.compiled);
	cleanup(free_string) char *read = strv_join(&file.dependencies, "|");

	assert_string_equal(read, "/b/m.c|/usr/src/common/include/linux/module.h|"
				  "arch/x86/include/generated/asm/local64.h");
}

static void what_was_linked_lists_nothing(void **state)
{
	cleanup(cmd_file_free) struct cmd_file file = {0};
	struct error error = {0};

	assert_int_equal(read_text(state, LINKED, &file, &error), 0);
	assert_string_equal(file.target, "/b/m.ko");
	assert_string_equal(file.command, "ld -r -o /b/m.ko /b/m.o;  true");
	assert_false(file.compiled);
	assert_int_equal(file.dependencies.count, 0);
}

/* Wherever it is cut: only what is lost behind the last line that counts does no harm. */
static void a_file_that_is_cut_short_never_lists_less(void **state)
{
	static const char compiled[] = COMPILED;
	size_t passed = 0;

	for (size_t length = 1; length < sizeof(compiled); length++) {
		cleanup(free_string) char *text = xstrndup(compiled, length);
		struct cmd_file file = {0};
		struct error error = {0};

		if (read_text(state, text, &file, &error) == 0) {
			assert_true(file.compiled);
			assert_int_equal(file.dependencies.count, 3);
			passed++;
		} else {
			assert_error(&error, 0, "is damaged or cut short");
		}
		cmd_file_free(&file);
	}
	assert_int_equal(passed, 1);
}

static void what_is_no_such_file_is_damaged(void **state)
{
	static const char *const texts[] = {"", "\n", "m.o: m.c\n\tgcc m.c\n", "cmd_x = y\n",
					    "cmd_a.o := cc -c a.c\n\nsource_a.o := a.c\n"};
	struct cmd_file file = {.compiled = true};
	struct error error = {0};

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		assert_int_equal(read_text(state, texts[i], &file, &error), -EBADMSG);
		assert_error(&error, 0, ".m.o.cmd is damaged");
	}
	scratch_write_bytes(*state, ".m.o.cmd", "cmd_a := b\n\0\n", 13, 0644);
	cleanup(free_string) char *path = path_join(*state, ".m.o.cmd", NULL);

	assert_int_equal(cmd_file_read(path, &file, &error), -EBADMSG);
	assert_error(&error, 0, "is damaged");
	assert_int_equal(cmd_file_read("/nowhere/.m.o.cmd", &file, &error), -ENOENT);
	assert_error(&error, 0, "/nowhere/.m.o.cmd");
	assert_true(file.compiled);
}

UNIT_MAIN(scratch_test(what_was_compiled_lists_what_was_read),
	  scratch_test(what_was_linked_lists_nothing),
	  scratch_test(a_file_that_is_cut_short_never_lists_less),
	  scratch_test(what_is_no_such_file_is_damaged))
