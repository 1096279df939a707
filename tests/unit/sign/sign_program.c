/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sign/pair.h"

#include <errno.h>

#include "sign/signer.h"

static const char *const info[] = {"version=1", NULL};
static const char code[] = "int answer(void) { return 42; }";

/* A program of this shell text; $1 is the hash, $2 the key, $3 the certificate, $4 the module. */
static char *make_program(void **state, const char *text)
{
	cleanup(free_string) char *script = text_format("#!/bin/sh\n%s\n", text);
	char *path = scratch_file(state, "program", script, strlen(script));

	assert_int_equal(chmod(path, 0755), 0);
	return path;
}

static void a_program_that_fails_leaves_the_module_alone(void **state)
{
	static const struct {
		const char *text;
		int status;
		const char *message;
	} cases[] = {
		{"echo no token >&2; echo sorry; exit 3", -EIO,
		 "program failed with exit status 3.\nno token\nsorry"},
		{"printf xx >> $4; kill -9 $$", -EIO, "exit status 137"},
		{"exit 0", -EBADMSG, "ended well, but appended no signature"},
		{"rm $4", -ENOENT, "Cannot read"},
		{"echo trash > $4", -EBADMSG, "altered the module itself"},
		{"printf x >> $4", -EBADMSG, "altered the module itself"},
		{"printf '~Module signature appended~\\n' > $4", -EBADMSG,
		 "signature is cut short"},
		{"head -c 2M /dev/zero >> $4", -EFBIG, "Cannot read"},
	};
	cleanup(free_string) char *module = make_module(state, "m.ko", info, code);
	cleanup(free_string) char *before = copy_of(state, module, "before.ko");
	struct error error = {0};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		cleanup(free_string) char *program = make_program(state, cases[i].text);

		sign_with_program(program, "sha256", "key", "certificate", module, &error);
		assert_non_null(error.message);
		assert_non_null(strstr(error.message, module));
		assert_failure(&error, cases[i].status, cases[i].message);
		assert_same_content(module, before);
	}
	run("test -z \"$(find '%s' -mindepth 1 -name '.dkms*')\"", (char *)*state);
}

static void what_cannot_be_signed_is_not_given_to_the_program(void **state)
{
	cleanup(free_string) char *text = scratch_file(state, "text.ko", "text", 4);
	cleanup(free_string) char *missing = path_join(*state, "missing", NULL);
	cleanup(free_string) char *module = make_module(state, "m.ko", info, code);
	struct error error = {0};

	sign_with_program(missing, "sha256", "key", "certificate", text, &error);
	assert_failure(&error, -ENOEXEC, text);
	sign_with_program(missing, "sha256", "key", "certificate", module, &error);
	assert_failure(&error, -ENOENT, missing);
}

static void arguments_come_in_the_documented_order(void **state)
{
	cleanup(free_string) char *module = make_module(state, "m.ko", info, code);
	cleanup(free_string) char *program = make_program(
		state, "echo \"$# $1 $2 $3 ${4##*/}\" > \"${0%/*}/arguments\"\n"
		       "printf 'S\\0\\0\\2\\0\\0\\0\\0\\0\\0\\0\\0\\1~Module signature "
		       "appended~\\n' >> \"$4\"");
	cleanup(free_string) char *arguments = path_join(*state, "arguments", NULL);
	struct error error = {0};

	assert_int_equal(chmod(module, 0600), 0);
	assert_ok(sign_with_program(program, "sha512", "pkcs11:object=a b", "/c d", module, &error),
		  &error);
	cleanup(free_string) char *line = scratch_read(arguments, NULL);

	assert_string_equal(line, "4 sha512 pkcs11:object=a b /c d m.ko\n");
	assert_int_equal(mode_of(module), 0600);
	run("tail -c 28 '%s' | grep -q '^~Module signature appended~$'", module);
}

static void the_kernel_s_program_signs_as_we_do_also_anew(void **state)
{
	cleanup(pair_free) struct pair pair = make_pair(state, "pair");
	cleanup(pair_free) struct pair other = make_pair(state, "other");
	cleanup(free_string) char *module = make_module(state, "m.ko", info, code);
	cleanup(free_string) char *ours = copy_of(state, module, "ours.ko");
	cleanup(signer_free_handler) struct signer *signer = NULL;
	cleanup(strv_free) struct strv programs = {0};
	struct error error = {0};
	const char *program;

	find_sign_files(&programs);
	if (programs.count == 0) {
		print_message("# skipped: no kernel headers with scripts/sign-file\n");
		skip();
	}
	assert_ok(signer_open(pair.key, pair.certificate, &signer, &error), &error);
	assert_ok(signer_sign(signer, "sha256", ours, &error), &error);
	STRV_FOREACH (program, &programs) {
		assert_ok(sign_with_program(program, "sha512", other.key, other.certificate, module,
					    &error),
			  &error);
		assert_ok(sign_with_program(program, "sha256", pair.key, pair.certificate, module,
					    &error),
			  &error);
		assert_same_content(module, ours);
	}
}

UNIT_MAIN(scratch_test(a_program_that_fails_leaves_the_module_alone),
	  scratch_test(what_cannot_be_signed_is_not_given_to_the_program),
	  scratch_test(arguments_come_in_the_documented_order),
	  scratch_test(the_kernel_s_program_signs_as_we_do_also_anew))
