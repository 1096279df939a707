/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Verdicts on modules made of C in a kernel's directory made of text. What the kernel really does
 * with such modules is tests/boot/verdict.test's.
 */
#include "module/files.h"

#include "kernel/fixture.h"
#include "inspect/verdict.h"
#include "module/ko.h"

#define MAGIC   RELEASE " SMP mod_unload modversions "
#define UPDATES MODULES "updates/m.ko"
#define SYMVERS "0x00000001\tmodule_layout\tvmlinux\tEXPORT_SYMBOL\t\n"
#define STRUCTURE                                         \
	"struct module { char before[24], name[56]; };\n" \
	"struct module module __attribute__((section(\".gnu.linkonce.this_module\")));\n"

static const char *const sound[] = {"vermagic=" MAGIC, "license=GPL", NULL};

static void install(void **state, const char *name, const char *const *info, const char *code)
{
	cleanup(free_string) char *made = make_module(state, "made.ko", info, code);
	cleanup(free_string) char *path = path_join(*state, name, NULL);
	cleanup(free_string) char *parent = path_parent(path);
	struct error error = {0};

	assert_ok(file_make_directories(parent, &error), &error);
	assert_ok(file_rename(made, path, &error), &error);
}

/* A kernel with a module of its own, headers, and updates/m.ko, which is listed. */
static void furnish(void **state, const char *const *info, const char *code)
{
	static const char *const own[] = {"vermagic=" MAGIC, "intree=Y", NULL};

	install(state, MODULES "kernel/own.ko", own, STRUCTURE);
	install(state, UPDATES, info, code);
	scratch_write(*state, MODULES "modules.dep", "kernel/own.ko:\nupdates/m.ko:\n");
	scratch_write(*state, MODULES "build/Module.symvers", SYMVERS);
	scratch_write(*state, MODULES "build/include/config/auto.conf",
		      "CONFIG_MODULES=y\nCONFIG_MODVERSIONS=y\nCONFIG_MODULE_FORCE_LOAD=y\n"
		      "CONFIG_MODULE_SIG=y\n");
}

static void assert_verdict_of(void **state, const char *name, enum verdict_answer answer,
			      const char *cause, const char *reason)
{
	cleanup(settings_free) struct settings settings;
	cleanup(kernel_free_handler) struct kernel *kernel = open_kernel(*state);
	cleanup(free_string) char *path = path_join(*state, name, NULL);

	settings_init(&settings, *state);
	cleanup(verdict_kernel_free_handler) struct verdict_kernel *facts = verdict_kernel_open(
		&settings, kernel, "/nowhere/mok.pub", NULL);
	const struct verdict *verdict = verdict_judge(facts, path);

	if (cause && (!verdict->cause || strcmp(verdict->cause, cause) != 0))
		fail_msg("the cause is %s: %s", verdict->cause, verdict->reason);
	assert_int_equal(verdict->answer, answer);
	if (reason && !strstr(verdict->reason, reason))
		fail_msg("\"%s\" is not in \"%s\"", reason, verdict->reason);
	assert_ptr_equal(verdict_judge(facts, path), verdict);
}

static void assert_verdict(void **state, enum verdict_answer answer, const char *cause,
			   const char *reason)
{
	assert_verdict_of(state, UPDATES, answer, cause, reason);
}

static void what_is_missing_damaged_or_no_module_is_refused(void **state)
{
	furnish(state, sound, "int nothing;");
	assert_verdict(state, VERDICT_REFUSED, "damaged", ".gnu.linkonce.this_module");
	scratch_write(*state, UPDATES, "text");
	assert_verdict(state, VERDICT_REFUSED, "damaged", "not an ELF file");
	run("rm '%s/" UPDATES "'", (char *)*state);
	assert_verdict(state, VERDICT_REFUSED, "missing", "updates/m.ko");
}

static void without_modules_dep_nothing_can_be_told(void **state)
{
	furnish(state, sound, STRUCTURE);
	run("rm '%s/" MODULES "modules.dep'", (char *)*state);
	assert_verdict(state, VERDICT_UNKNOWN, "no-modules-dep", "depmod has never run");
}

static void without_symvers_imports_cannot_be_told(void **state)
{
	furnish(state, sound, STRUCTURE "extern int taken; int use(void) { return taken; }");
	assert_verdict(state, VERDICT_REFUSED, "missing-symbol", "the symbol taken");
	run("rm '%s/" MODULES "build/Module.symvers'", (char *)*state);
	assert_verdict(state, VERDICT_UNKNOWN, "no-symvers", "Module.symvers");
	scratch_write(*state, MODULES "build/Module.symvers", "malformed\n");
	assert_verdict(state, VERDICT_UNKNOWN, "no-symvers", "line 1, is malformed");
}

static void without_a_module_of_its_own_the_vermagic_cannot_be_told(void **state)
{
	furnish(state, sound, STRUCTURE);
	assert_verdict(state, VERDICT_LOADS, NULL, NULL);
	scratch_write(*state, MODULES "modules.dep", "updates/m.ko:\n");
	assert_verdict(state, VERDICT_UNKNOWN, "vermagic", "no module of its own");
}

/* depmod of kmod 34 leaves out what it cannot read; that of kmod 30 lists it. */
static void depmod_is_no_advice_for_what_it_cannot_read(void **state)
{
	const char *cause = ko_kmod_reads(COMPRESSION_GZIP) ? "not-listed" : "compression";

	furnish(state, sound, STRUCTURE);
	run("gzip '%s/" UPDATES "'", (char *)*state);
	scratch_write(*state, MODULES "modules.dep", "kernel/own.ko:\n");
	scratch_write(*state, MODULES "build/include/config/auto.conf",
		      "CONFIG_MODULES=y\nCONFIG_MODULE_DECOMPRESS=y\n");
	assert_verdict_of(state, UPDATES ".gz", VERDICT_REFUSED, cause,
			  "modules.dep does not list it");
}

static void what_modprobe_does_not_find_is_refused(void **state)
{
	furnish(state, sound, STRUCTURE);
	scratch_write(*state, MODULES "modules.dep", "kernel/own.ko:\n");
	assert_verdict(state, VERDICT_REFUSED, "not-listed", "modules.dep");
	scratch_write(*state, MODULES "modules.dep", "kernel/own.ko:\nextra/m.ko:\n");
	assert_verdict(state, VERDICT_REFUSED, "not-listed", "extra/m.ko instead, which is gone");
	scratch_write(*state, MODULES "extra/m.ko", "");
	assert_verdict(state, VERDICT_REFUSED, "shadowed", MODULES "extra/m.ko");
	scratch_write(*state, MODULES "modules.dep", "kernel/own.ko:\nupdates/m.ko:\n");
	scratch_write(*state, MODULES "modules.builtin", "kernel/drivers/m.ko\n");
	assert_verdict(state, VERDICT_REFUSED, "builtin", "built in");
}

static void a_symbol_of_a_module_that_is_not_there_is_refused(void **state)
{
	furnish(state, sound, STRUCTURE "extern int taken; int use(void) { return taken; }");
	scratch_write(*state, MODULES "build/Module.symvers",
		      SYMVERS "0x00000002\ttaken\tdrivers/a/other\tEXPORT_SYMBOL\t\n");
	assert_verdict(state, VERDICT_REFUSED, "missing-module", "other, which is not installed");
}

static void an_unsigned_module_is_refused_where_signatures_are_enforced(void **state)
{
	furnish(state, sound, STRUCTURE);
	scratch_write(*state, "sys/module/module/parameters/sig_enforce", "Y\n");
	assert_verdict(state, VERDICT_REFUSED, "signature", "it is not signed");
	scratch_write(*state, "sys/module/module/parameters/sig_enforce", "N\n");
	assert_verdict(state, VERDICT_LOADS, NULL, NULL);
	scratch_write(*state, MODULES "build/include/config/auto.conf",
		      "CONFIG_MODULES=y\nCONFIG_MODULE_FORCE_LOAD=y\n"
		      "CONFIG_MODULE_SIG=y\nCONFIG_MODULE_SIG_FORCE=y\n");
	assert_verdict(state, VERDICT_REFUSED, "signature", "it is not signed");
}

static void what_must_be_forced_is_refused_unless_the_kernel_allows_it(void **state)
{
	static const char *const silent[] = {"license=GPL", NULL};

	furnish(state, silent, STRUCTURE);
	assert_verdict(state, VERDICT_LOADS, NULL, NULL);
	scratch_write(*state, MODULES "build/include/config/auto.conf", "CONFIG_MODULES=y\n");
	assert_verdict(state, VERDICT_REFUSED, "vermagic", "it has no vermagic");
	scratch_write(*state, MODULES "build/include/config/auto.conf", "");
	assert_verdict(state, VERDICT_UNKNOWN, "no-configuration", "configuration");
}

static void what_depends_on_itself_comes_to_an_end(void **state)
{
	furnish(state, sound, STRUCTURE);
	scratch_write(*state, MODULES "modules.dep",
		      "kernel/own.ko:\nupdates/m.ko: updates/m.ko\n");
	assert_verdict(state, VERDICT_LOADS, NULL, NULL);
}

UNIT_MAIN(scratch_test(what_is_missing_damaged_or_no_module_is_refused),
	  scratch_test(without_modules_dep_nothing_can_be_told),
	  scratch_test(without_symvers_imports_cannot_be_told),
	  scratch_test(without_a_module_of_its_own_the_vermagic_cannot_be_told),
	  scratch_test(what_modprobe_does_not_find_is_refused),
	  scratch_test(depmod_is_no_advice_for_what_it_cannot_read),
	  scratch_test(a_symbol_of_a_module_that_is_not_there_is_refused),
	  scratch_test(an_unsigned_module_is_refused_where_signatures_are_enforced),
	  scratch_test(what_must_be_forced_is_refused_unless_the_kernel_allows_it),
	  scratch_test(what_depends_on_itself_comes_to_an_end))
