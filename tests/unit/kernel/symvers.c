/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include <glob.h>

#include "scratch.h"
#include "kernel/symvers.h"

static void assert_malformed(const char *text, size_t length, const char *what)
{
	cleanup(symvers_free) struct symvers symvers = {0};
	struct error error = {0};

	assert_int_equal(symvers_parse(&symvers, "K/Module.symvers", text, length, &error),
			 -EBADMSG);
	assert_non_null(strstr(error.message, "K/Module.symvers"));
	assert_error(&error, 0, what);
	assert_int_equal(symvers.count, 0);
	assert_null(symvers_find(&symvers, "sound"));
}

#define SOUND "0x00000001\tsound\tvmlinux\tEXPORT_SYMBOL\t\n"
#define MALFORMED(line, what) \
	assert_malformed(SOUND line, sizeof(SOUND line) - 1, "line 2, is malformed: " what)

static void malformed_lines_are_named(void **state)
{
	(void)state;
	MALFORMED("\n", "it has not the columns");
	MALFORMED("0x1 f vmlinux EXPORT_SYMBOL\n", "it has not the columns");
	MALFORMED("0x1\tf\tvmlinux\n", "it has not the columns");
	MALFORMED("0x1\tf\tvmlinux\tEXPORT_SYMBOL\tA\tB\n", "it has not the columns");
	MALFORMED("\tf\tvmlinux\tEXPORT_SYMBOL\t\n", "it does not begin with a CRC");
	MALFORMED("0x\tf\tvmlinux\tEXPORT_SYMBOL\t\n", "it does not begin with a CRC");
	MALFORMED("12345678\tf\tvmlinux\tEXPORT_SYMBOL\t\n", "it does not begin with a CRC");
	MALFORMED("0x123456789\tf\tvmlinux\tEXPORT_SYMBOL\t\n", "it does not begin with a CRC");
	MALFORMED("0x1g\tf\tvmlinux\tEXPORT_SYMBOL\t\n", "it does not begin with a CRC");
	MALFORMED("0x1\t\tvmlinux\tEXPORT_SYMBOL\t\n", "it names no symbol");
	MALFORMED("0x1\tf\t\tEXPORT_SYMBOL\t\n", "it names no module");
	MALFORMED("0x1\tf\tvmlinux\tIMPORT_SYMBOL\t\n", "it has no EXPORT_SYMBOL");
	assert_malformed("a\0b\n", 4, "no text");
}

static void what_cannot_be_read_is_named(void **state)
{
	(void)state;
	cleanup(scratch_remove) char *scratch = scratch_make();
	cleanup(free_string) char *missing = path_join(scratch, "Module.symvers", NULL);
	struct symvers symvers = {0};
	struct error error = {0};

	assert_int_equal(symvers_read(&symvers, missing, &error), -ENOENT);
	assert_error(&error, 0, missing);
	assert_int_equal(symvers.count, 0);
}

static void parse(struct symvers *symvers, const char *text)
{
	struct error error = {0};

	if (symvers_parse(symvers, "Module.symvers", text, strlen(text), &error) < 0)
		fail_msg("%s", error.message);
}

static void assert_symbol(const struct symvers *symvers, const char *name, uint32_t crc,
			  const char *module, bool gpl_only, const char *namespace)
{
	const struct symvers_symbol *symbol = symvers_find(symvers, name);

	assert_non_null(symbol);
	assert_int_equal(symbol->crc, crc);
	assert_string_equal(symbol->module, module);
	assert_int_equal(symbol->gpl_only, gpl_only);
	assert_string_equal(symbol->namespace, namespace);
}

static void every_form_is_read(void **state)
{
	(void)state;
	cleanup(symvers_free) struct symvers symvers = {0};

	parse(&symvers, "");
	assert_int_equal(symvers.count, 0);
	parse(&symvers, "0xfffffffe\told\tdrivers/a/b\tEXPORT_SYMBOL_GPL\n"
			"0x00000000\tearly\tSPACE\tfs/c\tEXPORT_SYMBOL\n"
			"0x4C9d28b0\tbare\tvmlinux\tEXPORT_SYMBOL\t\n"
			"0x1\tlast\tvmlinux\tEXPORT_SYMBOL_GPL\tUSB_STORAGE");
	assert_int_equal(symvers.count, 4);
	assert_true(symvers.has_crcs);
	assert_symbol(&symvers, "old", 0xfffffffe, "drivers/a/b", true, "");
	assert_symbol(&symvers, "early", 0, "fs/c", false, "SPACE");
	assert_symbol(&symvers, "bare", 0x4c9d28b0, "vmlinux", false, "");
	assert_symbol(&symvers, "last", 1, "vmlinux", true, "USB_STORAGE");
	assert_null(symvers_find(&symvers, "nobody"));
}

static void a_kernel_without_crcs_is_known(void **state)
{
	(void)state;
	cleanup(symvers_free) struct symvers symvers = {0};

	parse(&symvers, "0x00000000\tf\tvmlinux\tEXPORT_SYMBOL\t\n"
			"0x00000000\tg\tvmlinux\tEXPORT_SYMBOL\t\n");
	assert_int_equal(symvers.count, 2);
	assert_false(symvers.has_crcs);
}

static void a_later_file_wins(void **state)
{
	(void)state;
	cleanup(symvers_free) struct symvers symvers = {0};

	parse(&symvers, SOUND "0x00000002\tother\tvmlinux\tEXPORT_SYMBOL\t\n");
	parse(&symvers, "0x00000003\tsound\tupdates/dkms/mine\tEXPORT_SYMBOL_GPL\t\n");
	assert_symbol(&symvers, "sound", 3, "updates/dkms/mine", true, "");
	assert_symbol(&symvers, "other", 2, "vmlinux", false, "");
}

static void real_kernels_are_read_whole(void **state)
{
	glob_t found;

	(void)state;
	if (glob("/usr/src/linux-headers-*/Module.symvers", 0, NULL, &found) != 0) {
		print_message("# skipped: no kernel headers are installed\n");
		skip();
	}
	for (size_t i = 0; i < found.gl_pathc; i++) {
		cleanup(symvers_free) struct symvers symvers = {0};
		struct error error = {0};

		if (symvers_read(&symvers, found.gl_pathv[i], &error) < 0)
			fail_msg("%s", error.message);
		assert_true(symvers.count > 1000);
		assert_non_null(symvers_find(&symvers, "kobject_put"));
		assert_string_equal(symvers_find(&symvers, "kobject_put")->module, "vmlinux");
	}
	globfree(&found);
}

UNIT_MAIN(cmocka_unit_test(malformed_lines_are_named),
	  cmocka_unit_test(what_cannot_be_read_is_named), cmocka_unit_test(every_form_is_read),
	  cmocka_unit_test(a_kernel_without_crcs_is_known), cmocka_unit_test(a_later_file_wins),
	  cmocka_unit_test(real_kernels_are_read_whole))
