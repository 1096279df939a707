/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Decisions alone: nothing is compiled here, and every input is a line of text. */
#include "reuse/fixture.h"

#include "reuse/reuse.h"
#include "fingerprint/offers.h"

static void note_header(struct manifest *manifest, struct headers *headers, const char *name)
{
	struct error error = {0};
	const char *digest;

	assert_ok(headers_digest(headers, name, &digest, &error), &error);
	free(strmap_set(&manifest->headers, name, xstrdup(digest)));
}

/* Of a build for the headers as they are, which read two headers and imports two symbols. */
static struct manifest *record(void **state)
{
	struct manifest *manifest = make_manifest();
	struct error error = {0};
	const char *digest;

	WITH_HEADERS(state);
	assert_ok(headers_configuration(headers, &digest, &error), &error);
	text_assign(&manifest->configuration, digest);
	assert_ok(headers_machinery(headers, &digest, &error), &error);
	text_assign(&manifest->machinery, digest);
	note_header(manifest, headers, "srctree/include/linux/module.h");
	note_header(manifest, headers, "srctree/include/linux/vermagic.h");
	note_header(manifest, headers, "srctree/arch/x86/include/asm/page.h");
	(void)strmap_set(&manifest->imports, "module_layout", xstrdup("0x00000001 vmlinux all"));
	(void)strmap_set(&manifest->imports, "_printk", xstrdup("0x00000002 vmlinux gpl SPACE"));
	(void)strmap_set(&manifest->imports, "weak", xstrdup(MANIFEST_NO_EXPORT));
	return manifest;
}

/* What is asked: the same package on the kernel as its files are now. */
struct question {
	struct manifest *manifest, *now;
	enum reuse_policy reuse;
	bool to_come;
	const char *depends; /* NULL: on nothing */
};

#define GIVEN "var/lib/dkms/giver/1/" RELEASE "/x86_64/module/Module.symvers"

static struct question question_of(void **state)
{
	make_headers(state);
	return (struct question){record(state), make_manifest(), REUSE_STRICT, false, NULL};
}

static void question_free(struct question *question)
{
	manifest_free(question->manifest);
	manifest_free(question->now);
}

static char *judge(void **state, const struct question *question)
{
	cleanup(settings_free) struct settings settings;
	struct package package = {.policy = {.abi_reuse = question->reuse}};

	if (question->depends)
		strv_add(&package.build_depends, question->depends);
	settings_init(&settings, *state);
	WITH_HEADERS(state);
	const struct judge_request request = {
		.settings = &settings,
		.package = &package,
		.inputs = &question->now->inputs,
		.headers = headers,
		.dependencies_to_come = question->to_come,
	};

	char *reason = judge_manifest(&request, question->manifest);

	strv_free(&package.build_depends);
	return reason;
}

static void assert_same(void **state, const struct question *question)
{
	cleanup(free_string) char *reason = judge(state, question);

	if (reason)
		fail_msg("not the same: %s", reason);
}

static void assert_differs(void **state, const struct question *question, const char *part)
{
	cleanup(free_string) char *reason = judge(state, question);

	if (!reason || !strstr(reason, part))
		fail_msg("\"%s\" is not in \"%s\"", part, reason ? reason : "(the same)");
}

static void the_same_inputs_are_the_same(void **state)
{
	cleanup(question_free) struct question question = question_of(state);

	assert_same(state, &question);
	question.reuse = REUSE_CRC;
	assert_same(state, &question);
	question.reuse = REUSE_NO;
	assert_differs(state, &question, "abi_reuse is \"no\"");
}

static void what_the_package_is_counts(void **state)
{
	cleanup(question_free) struct question question = question_of(state);
	struct manifest *then = question.manifest;
	const struct {
		char **target;
		const char *reason;
	} cases[] = {
		{&then->inputs.source, "the source differs"},
		{&then->inputs.directives, "what dkms.conf says differs"},
		{&then->inputs.compiler, "the compiler differs"},
		{&then->inputs.compiler_wanted, "the kernel was compiled with gcc-12 12.2.0"},
		{&then->kernel.arch, "the architecture differs"},
		{&then->configuration, "configuration differs"},
		{&then->machinery, "kbuild differs"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char *kept = *cases[i].target;

		*cases[i].target = xstrdup("another");
		assert_differs(state, &question, cases[i].reason);
		free(*cases[i].target);
		*cases[i].target = kept;
	}
	then->unfit = xstrdup("it names its kernel");
	assert_differs(state, &question, "it names its kernel");
}

/* Of those that were read; and none may have come before them. */
static void every_header_read_counts(void **state)
{
	cleanup(question_free) struct question question = question_of(state);

	scratch_write(*state, "common/include/linux/other.h", "other");
	assert_same(state, &question);
	scratch_write(*state, "common/include/linux/module.h", "changed");
	assert_differs(state, &question, "srctree/include/linux/module.h differs");
	scratch_write(*state, "common/include/linux/module.h", "module");
	scratch_write(*state, "common/arch/x86/include/linux/module.h", "#include_next");
	assert_differs(state, &question, "would be found before srctree/include/linux/module.h");
	run("rm -r '%s/common/arch/x86/include/linux' '%s/common/include/linux/vermagic.h'",
	    (char *)*state, (char *)*state);
	assert_differs(state, &question, "srctree/include/linux/vermagic.h is missing");
}

/* Root opens of what a record names by a full path only what root alone can have put there. */
static void headers_of_other_users_are_not_opened(void **state)
{
	cleanup(question_free) struct question question = question_of(state);
	cleanup(free_string) char *path = path_join(*state, "closed/x.h", NULL);

	scratch_write(*state, "closed/x.h", "text");
	free(strmap_set(&question.manifest->headers, path, digest_text("text")));
	assert_differs(state, &question, "where other users can write");
}

/* By CRCs alone: only those that vermagic comes from. */
static void by_crcs_headers_do_not_count(void **state)
{
	cleanup(question_free) struct question question = question_of(state);

	question.reuse = REUSE_CRC;
	scratch_write(*state, "common/include/linux/module.h", "changed");
	scratch_write(*state, "common/Makefile", "changed");
	assert_same(state, &question);
	scratch_write(*state, "common/include/linux/vermagic.h", "changed");
	assert_differs(state, &question, "vermagic.h differs");
	scratch_write(*state, "common/include/linux/vermagic.h", "vermagic");
	free(strmap_remove(&question.manifest->headers, "srctree/include/linux/vermagic.h"));
	assert_differs(state, &question, "not known what its vermagic was made from");
}

static void with_symvers(void **state, const char *layout, const char *printk)
{
	cleanup(free_string) char *text = text_format("%s%s", layout, printk);

	scratch_write(*state, BUILD "Module.symvers", text);
}

static void every_imported_symbol_counts(void **state)
{
	static const char layout[] = "0x00000001\tmodule_layout\tvmlinux\tEXPORT_SYMBOL\t\n";
	static const char *const others[] = {
		"0x00000003\t_printk\tvmlinux\tEXPORT_SYMBOL_GPL\tSPACE\n",
		"0x00000002\t_printk\tvmlinux\tEXPORT_SYMBOL\tSPACE\n",
		"0x00000002\t_printk\tkernel/printk\tEXPORT_SYMBOL_GPL\tSPACE\n",
		"0x00000002\t_printk\tvmlinux\tEXPORT_SYMBOL_GPL\t\n",
		"",
	};
	static const char same[] = "0x00000002\t_printk\tvmlinux\tEXPORT_SYMBOL_GPL\tSPACE\n";
	cleanup(question_free) struct question question = question_of(state);

	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++) {
		with_symvers(state, layout, others[i]);
		assert_differs(state, &question, "the kernel's _printk differs");
	}
	with_symvers(state, "0x00000009\tmodule_layout\tvmlinux\tEXPORT_SYMBOL\t\n", same);
	assert_differs(state, &question, "the kernel's module_layout differs");
	with_symvers(state,
		     "0x00000009\tunused\tvmlinux\tEXPORT_SYMBOL\t\n"
		     "0x00000001\tmodule_layout\tvmlinux\tEXPORT_SYMBOL\t\n",
		     same);
	assert_same(state, &question);
	/* What nobody exported then, and somebody does now. */
	with_symvers(state,
		     "0x00000009\tweak\tvmlinux\tEXPORT_SYMBOL\t\n"
		     "0x00000001\tmodule_layout\tvmlinux\tEXPORT_SYMBOL\t\n",
		     same);
	assert_differs(state, &question, "the kernel's weak differs");
}

/* What a dependency will export is not known before it is built. */
static void what_is_to_come_is_not_looked_at(void **state)
{
	cleanup(question_free) struct question question = question_of(state);

	(void)strmap_set(&question.manifest->imports, "given", xstrdup("0x00000007 giver all"));
	assert_differs(state, &question, "the kernel's given differs");
	question.to_come = true;
	assert_same(state, &question);
}

/* What a package that this one depends on has installed; its list is a stranger's. */
static void what_a_dependency_exports_counts(void **state)
{
	cleanup(question_free) struct question question = question_of(state);

	(void)strmap_set(&question.manifest->imports, "given", xstrdup("0x00000007 giver gpl"));
	question.depends = "giver";
	scratch_write(*state, GIVEN, "0x00000007\tgiven\tgiver\tEXPORT_SYMBOL_GPL\t\n");
	run("ln -s 1/" RELEASE "/x86_64 '%s/var/lib/dkms/giver/kernel-" RELEASE "-x86_64'",
	    (char *)*state);
	assert_same(state, &question);
	scratch_write(*state, GIVEN, "0x00000008\tgiven\tgiver\tEXPORT_SYMBOL_GPL\t\n");
	assert_differs(state, &question, "the kernel's given differs");
	scratch_write(*state, GIVEN, "no table");
	assert_differs(state, &question, "malformed");
	run("rm '%s/" GIVEN "'; ln -s /etc/passwd '%s/" GIVEN "'", (char *)*state, (char *)*state);
	assert_differs(state, &question, "Too many levels of symbolic links");
}

static void without_symbol_versions_nothing_is_known(void **state)
{
	cleanup(question_free) struct question question = question_of(state);

	scratch_write(*state, BUILD "Module.symvers",
		      "0x00000000\tmodule_layout\tvmlinux\tEXPORT_SYMBOL\t\n");
	assert_differs(state, &question, "has no symbol versions");
	run("rm '%s/" BUILD "Module.symvers'", (char *)*state);
	assert_differs(state, &question, "Module.symvers");
	scratch_write(*state, BUILD "Module.symvers", "no table");
	assert_differs(state, &question, "Module.symvers");
}

/* Where nobody knows which headers count, all do. */
static void a_build_that_probes_depends_on_all_headers(void **state)
{
	cleanup(question_free) struct question question = question_of(state);
	const char *whole;
	struct error error = {0};

	question.manifest->inputs.probing = xstrdup("Makefile has $(shell x)");
	assert_differs(state, &question, "some header of a kernel");
	{
		WITH_HEADERS(state);
		assert_ok(headers_whole(headers, &whole, &error), &error);
		question.manifest->whole = xstrdup(whole);
	}
	assert_same(state, &question);
	scratch_write(*state, BUILD "include/generated/utsrelease.h", "another name");
	scratch_write(*state, BUILD "Module.symvers",
		      "0x00000001\tmodule_layout\tvmlinux\tEXPORT_SYMBOL\t\n"
		      "0x00000002\t_printk\tvmlinux\tEXPORT_SYMBOL_GPL\tSPACE\n"
		      "0x00000003\tnew\tvmlinux\tEXPORT_SYMBOL\t\n");
	assert_same(state, &question);
	scratch_write(*state, "common/include/linux/other.h", "new");
	assert_differs(state, &question, "some header of a kernel");
}

UNIT_MAIN(scratch_test(the_same_inputs_are_the_same), scratch_test(what_the_package_is_counts),
	  scratch_test(every_header_read_counts), scratch_test(by_crcs_headers_do_not_count),
	  scratch_test(every_header_read_counts),
	  scratch_test(headers_of_other_users_are_not_opened),
	  scratch_test(every_imported_symbol_counts),
	  scratch_test(what_is_to_come_is_not_looked_at),
	  scratch_test(what_a_dependency_exports_counts),
	  scratch_test(without_symbol_versions_nothing_is_known),
	  scratch_test(a_build_that_probes_depends_on_all_headers))
