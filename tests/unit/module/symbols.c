/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Modules as modpost leaves them, written in C and assembler and not linked into anything. */
#include "module/files.h"

#include <errno.h>

#include "module/compress.h"
#include "module/symbols.h"

static const char *const info[] = {"license=Dual BSD/GPL",
				   "license=GPL",
				   "import_ns=USB_STORAGE",
				   "vermagic=6.1.0 SMP mod_unload ",
				   "depends=usbcore,scsi_mod",
				   "import_ns=CRYPTO_INTERNAL",
				   "name=taker",
				   NULL};
static const char *const no_info[] = {NULL};

/* struct modversion_info of a 64-bit kernel. */
#define VERSIONS                                                                      \
	"struct version { unsigned long crc; char name[64 - sizeof(long)]; };\n"      \
	"static const struct version versions[] __attribute__((used, "                \
	"section(\"__versions\"))) = {{0x4c9d28b0, \"module_layout\"}, {0xfffffffe, " \
	"\"taken\"}, {0, \"zero\"}};\n"
#define IMPORTS                                        \
	"extern int taken, zero, unversioned;\n"       \
	"extern int optional __attribute__((weak));\n" \
	"int use(void) { return taken + zero + unversioned + (&optional ? optional : 0); }\n"
#define EXTENDED                                                                     \
	"asm(\".section __version_ext_crcs, \\\"a\\\"\\n.long 1, 2, 3\\n\"\n"        \
	"\".section __version_ext_names, \\\"a\\\"\\n.asciz \\\"module_layout\\\", " \
	"\\\"taken\\\"\\n.previous\");\n"

static void read_module(const char *path, struct module_symbols *symbols)
{
	struct error error = {0};

	assert_ok(module_symbols_read(path, symbols, &error), &error);
}

static const struct module_import *import_of(const struct module_symbols *symbols, const char *name)
{
	for (size_t i = 0; i < symbols->import_count; i++)
		if (strcmp(symbols->imports[i].name, name) == 0)
			return &symbols->imports[i];
	fail_msg("%s is no import", name);
	return NULL;
}

static const struct module_export *export_of(const struct module_symbols *symbols, const char *name)
{
	for (size_t i = 0; i < symbols->export_count; i++)
		if (strcmp(symbols->exports[i].name, name) == 0)
			return &symbols->exports[i];
	fail_msg("%s is no export", name);
	return NULL;
}

static void what_is_no_module_is_named(void **state)
{
	cleanup(free_string) char *text = scratch_file(state, "text.ko", "text", 4);
	cleanup(free_string) char *damaged = scratch_file(state, "text.ko.xz", "text", 4);
	cleanup(free_string) char *missing = path_join(*state, "missing.ko", NULL);
	struct module_symbols symbols = {.name = "untouched"};
	struct error error = {0};

	module_symbols_read(missing, &symbols, &error);
	assert_failure(&error, -ENOENT, missing);
	module_symbols_read(text, &symbols, &error);
	assert_non_null(strstr(error.message, text));
	assert_failure(&error, -ENOEXEC, "not an ELF file");
	module_symbols_read(damaged, &symbols, &error);
	assert_failure(&error, -EBADMSG, damaged);
	assert_string_equal(symbols.name, "untouched");
}

/* Every byte of the headers, the symbol table and the sections read, one after the other. */
static void damaged_modules_are_survived(void **state)
{
	cleanup(free_string) char *path = make_module(state, "m.ko", info,
						      VERSIONS IMPORTS EXTENDED);
	size_t length, survived = 0;

	run("strip -g '%s'", path);
	cleanup(free_string) char *data = scratch_read(path, &length);

	for (size_t i = 0; i < length; i++) {
		struct module_symbols symbols = {0};
		struct error error = {0};
		char old = data[i];

		data[i] = (char)(old ^ 0x55);
		if (module_symbols_parse(data, length, &symbols, &error) == 0)
			survived++;
		else if (error.code != -ENOEXEC)
			fail_msg("%s", error.message);
		error_clear(&error);
		module_symbols_free(&symbols);
		data[i] = old;
	}
	assert_true(survived > 0 && survived < length);
}

static void imports_have_the_crcs_they_were_built_with(void **state)
{
	for (int format = COMPRESSION_NONE; format <= COMPRESSION_ZSTD; format++) {
		cleanup(module_symbols_free) struct module_symbols symbols = {0};
		cleanup(free_string) char *plain = make_module(state, "m.ko", info,
							       VERSIONS IMPORTS);
		cleanup(free_string) char *path = NULL;
		struct error error = {0};

		assert_ok(compress_file(plain, (enum compression)format, NULL, &path, &error),
			  &error);
		read_module(path, &symbols);
		assert_true(symbols.has_versions);
		assert_true(symbols.has_layout_crc);
		assert_int_equal(symbols.layout_crc, 0x4c9d28b0);
		assert_true(import_of(&symbols, "taken")->has_crc);
		assert_int_equal(import_of(&symbols, "taken")->crc, 0xfffffffe);
		assert_false(import_of(&symbols, "taken")->weak);
		assert_true(import_of(&symbols, "zero")->has_crc);
		assert_int_equal(import_of(&symbols, "zero")->crc, 0);
		assert_false(import_of(&symbols, "unversioned")->has_crc);
		assert_true(import_of(&symbols, "optional")->weak);
		assert_int_equal(symbols.export_count, 0);
	}
}

static void what_the_module_says_of_itself_is_read(void **state)
{
	cleanup(free_string) char *path = make_module(state, "m.ko", info, IMPORTS);
	cleanup(free_string) char *silent = make_module(state, "s.ko", no_info, IMPORTS);
	cleanup(module_symbols_free) struct module_symbols symbols = {0};
	cleanup(module_symbols_free) struct module_symbols nothing = {0};

	read_module(path, &symbols);
	assert_string_equal(symbols.name, "taker");
	assert_string_equal(symbols.license, "Dual BSD/GPL");
	assert_string_equal(symbols.vermagic, "6.1.0 SMP mod_unload ");
	assert_string_equal(symbols.depends, "usbcore,scsi_mod");
	assert_int_equal(symbols.namespace_count, 2);
	assert_string_equal(symbols.namespaces[0], "USB_STORAGE");
	assert_string_equal(symbols.namespaces[1], "CRYPTO_INTERNAL");
	assert_false(symbols.has_versions);
	assert_false(symbols.has_layout_crc);
	read_module(silent, &nothing);
	assert_false(nothing.is_module);
	assert_null(nothing.name);
	assert_null(nothing.license);
	assert_int_equal(nothing.namespace_count, 0);
}

/* One CRC has no name: it is passed over. */
static void extended_versions_win(void **state)
{
	cleanup(free_string) char *path = make_module(state, "m.ko", info,
						      VERSIONS IMPORTS EXTENDED);
	cleanup(free_string) char *alone = make_module(state, "a.ko", info, IMPORTS EXTENDED);
	cleanup(module_symbols_free) struct module_symbols both = {0};
	cleanup(module_symbols_free) struct module_symbols extended = {0};

	read_module(path, &both);
	assert_int_equal(both.layout_crc, 1);
	assert_int_equal(import_of(&both, "taken")->crc, 2);
	read_module(alone, &extended);
	assert_true(extended.has_versions);
	assert_int_equal(extended.layout_crc, 1);
	assert_int_equal(import_of(&extended, "taken")->crc, 2);
	assert_false(import_of(&extended, "zero")->has_crc);
}

/* As the kernel's export.h and export-internal.h lay it out, and with an absolute CRC as of old. */
static void exports_are_found_in_every_layout(void **state)
{
	static const char code[] =
		"int given, given_gpl, given_old;\n"
		"asm(\".section __ksymtab_strings, \\\"aMS\\\", %progbits, 1\\n\"\n"
		"\"__kstrtab_given: .asciz \\\"given\\\"\\n__kstrtabns_given: .asciz \\\"\\\"\\n\"\n"
		"\"__kstrtabns_given_gpl: .asciz \\\"SPACE\\\"\\n\"\n"
		"\".section ___ksymtab+given, \\\"a\\\"\\n__ksymtab_given: .long 0\\n\"\n"
		"\".section __ksymtab_gpl, \\\"a\\\"\\n__ksymtab_given_gpl: .long 0\\n\"\n"
		"\".section __ksymtab, \\\"a\\\"\\n__ksymtab_given_old: .long 0\\n\"\n"
		"\".section __kcrctab_gpl, \\\"a\\\"\\n.long 0\\n__crc_given_gpl: .long "
		"0x87654321\\n\"\n"
		"\".set __crc_given_old, 0x12345678\\n.previous\");\n";
	cleanup(free_string) char *path = make_module(state, "m.ko", info, code);
	cleanup(module_symbols_free) struct module_symbols symbols = {0};

	read_module(path, &symbols);
	assert_int_equal(symbols.export_count, 3);
	assert_false(export_of(&symbols, "given")->gpl_only);
	assert_false(export_of(&symbols, "given")->has_crc);
	assert_string_equal(export_of(&symbols, "given")->namespace, "");
	assert_true(export_of(&symbols, "given_gpl")->gpl_only);
	assert_int_equal(export_of(&symbols, "given_gpl")->crc, 0x87654321);
	assert_string_equal(export_of(&symbols, "given_gpl")->namespace, "SPACE");
	assert_true(export_of(&symbols, "given_old")->has_crc);
	assert_int_equal(export_of(&symbols, "given_old")->crc, 0x12345678);
}

static void the_name_is_in_the_module_itself_too(void **state)
{
	static const char code[] =
		"struct module { int state; void *next, *previous; char name[56]; };\n"
		"struct module this_module __attribute__((section(\".gnu.linkonce.this_module\")))"
		" = {.name = \"old_taker\"};\n";
	cleanup(free_string) char *path = make_module(state, "m.ko", no_info, code);
	cleanup(module_symbols_free) struct module_symbols symbols = {0};

	read_module(path, &symbols);
	assert_string_equal(symbols.name, "old_taker");
	assert_true(symbols.is_module);
	assert_false(symbols.in_tree);
}

/* Each name is the end of one long one, so that the texts by themselves are far more. */
static void texts_that_share_bytes_are_read(void **state)
{
	enum { LENGTH = 1000 };
	cleanup(buffer_free) struct buffer code = {0};
	char name[LENGTH + 1] = {0};

	memset(name, 'x', LENGTH);
	for (size_t i = 0; i < LENGTH; i += 2)
		buffer_add_format(&code, "asm(\".long %s\");\n", name + i);
	cleanup(free_string) char *path = make_module(state, "m.ko", info, code.data);
	cleanup(module_symbols_free) struct module_symbols symbols = {0};

	read_module(path, &symbols);
	assert_int_equal(symbols.import_count, LENGTH / 2);
	assert_int_equal(strlen(import_of(&symbols, name)->name), LENGTH);
}

/* Each file of many has its own symbols, or its own error. */
static void many_files_are_read_at_once(void **state)
{
	enum { MANY = 70 };
	cleanup(free_string) char *good = make_module(state, "many.ko", info, IMPORTS);
	cleanup(free_string) char *text = path_join(*state, "text.ko", NULL);
	cleanup(strv_free) struct strv paths = {0};
	struct module_symbols symbols[MANY] = {0};
	struct error errors[MANY] = {0};

	scratch_write(*state, "text.ko", "no module");
	for (size_t i = 0; i < MANY; i++)
		strv_add(&paths, i % 7 == 3 ? text : i % 7 == 5 ? "/nowhere/x.ko" : good);
	module_symbols_read_all(&paths, symbols, errors);
	for (size_t i = 0; i < MANY; i++) {
		assert_int_equal(errors[i].code, i % 7 == 3 ? -ENOEXEC : i % 7 == 5 ? -ENOENT : 0);
		if (!errors[i].code)
			assert_string_equal(symbols[i].license, "Dual BSD/GPL");
		else
			assert_non_null(strstr(errors[i].message, paths.items[i]));
		module_symbols_free(&symbols[i]);
		error_clear(&errors[i]);
	}
}

UNIT_MAIN(scratch_test(what_is_no_module_is_named), scratch_test(many_files_are_read_at_once),
	  scratch_test(damaged_modules_are_survived),
	  scratch_test(imports_have_the_crcs_they_were_built_with),
	  scratch_test(what_the_module_says_of_itself_is_read), scratch_test(extended_versions_win),
	  scratch_test(exports_are_found_in_every_layout),
	  scratch_test(the_name_is_in_the_module_itself_too),
	  scratch_test(texts_that_share_bytes_are_read))
