/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sign/pair.h"

#include "inspect/trust.h"
#include "kernel/fixture.h"
#include "inspect/signature_list.h"
#include "sign/signer.h"

#define ENFORCE "sys/module/module/parameters/sig_enforce"
#define DB      "sys/firmware/efi/efivars/db-d719b2cb-3d3a-4596-a3bc-dad00e67656f"
#define MOK_NEW "sys/firmware/efi/efivars/MokNew-605dab50-e046-4300-abb6-3dd810dd8b23"

static const char *const info[] = {"version=1", NULL};

static void read_trust(void **state, const char *certificate, struct signing_trust *trust)
{
	cleanup(settings_free) struct settings settings;
	cleanup(kernel_free_handler) struct kernel *kernel = open_kernel(*state);

	settings_init(&settings, *state);
	signing_trust_read(&settings, kernel, certificate, NULL, trust);
}

static void sign(const char *path, const struct pair *pair)
{
	cleanup(signer_free_handler) struct signer *signer = NULL;
	struct error error = {0};

	assert_ok(signer_open(pair->key, pair->certificate, &signer, &error), &error);
	assert_ok(signer_sign(signer, "sha256", path, &error), &error);
}

static void enrol(void **state, const char *variable, const struct signing_trust *trust)
{
	struct buffer lists = {0};

	buffer_add(&lists, "\6\0\0\0", 4);
	signature_list_add(&lists, X509_LIST, trust->certificate.der, trust->certificate.length);
	scratch_write_bytes(*state, variable, lists.data, lists.length, 0644);
	buffer_free(&lists);
}

/* The kernel's own keyring, and no other place. */
static void enrol_in_kernel(void **state, const struct signing_trust *trust)
{
	cleanup(free_string) char *keys = text_format(
		"16b3ef9c I------     1 perm 1f030000     0     0 asymmetri ours: %s: "
		"X509.rsa %s []\n",
		trust->certificate.key_id, trust->certificate.key_id);

	run("rm '%s/%s'", (char *)*state, DB);
	scratch_write(*state, "proc/keys", keys);
}

/* A byte of the ELF header that nobody minds. */
static void alter(const char *path)
{
	run("printf X | dd of='%s' bs=1 seek=15 conv=notrunc status=none", path);
}

static void assert_file(void **state, const struct pair *pair, const char *path,
			enum signature_verdict verdict)
{
	cleanup(signing_trust_free) struct signing_trust trust = {0};

	read_trust(state, pair->certificate, &trust);
	assert_int_equal(signature_verdict_of_file(&trust, path), verdict);
}

static void where_nothing_enforces_signatures_do_not_matter(void **state)
{
	cleanup(signing_trust_free) struct signing_trust trust = {0};
	cleanup(strv_free) struct strv names = {0};

	read_trust(state, "/nowhere/mok.pub", &trust);
	assert_null(trust.certificate.name);
	assert_false(signing_trust_enforces(&trust));
	assert_int_equal(signature_verdict_of_file(&trust, "/nowhere/m.ko"),
			 SIGNATURE_NOT_ENFORCED);
	assert_int_equal(signature_verdict_of(&trust, "/nowhere", &names), SIGNATURE_NOT_ENFORCED);
	assert_int_equal(names.count, 0);
}

static void a_kernel_may_insist_by_its_configuration(void **state)
{
	cleanup(signing_trust_free) struct signing_trust trust = {0};

	scratch_write(*state, MODULES "build/.config", "CONFIG_MODULE_SIG_FORCE=y\n");
	read_trust(state, "/nowhere/mok.pub", &trust);
	cleanup(free_string) char *reasons = signing_trust_reasons(&trust);

	assert_true(signing_trust_enforces(&trust));
	assert_string_equal(reasons, "CONFIG_MODULE_SIG_FORCE");
}

static void each_file_gets_its_verdict(void **state)
{
	cleanup(pair_free) struct pair ours = make_pair(state, "ours");
	cleanup(free_string) char *path = make_module(state, "m.ko", info, "int answer;");
	cleanup(signing_trust_free) struct signing_trust trust = {0};

	scratch_write(*state, ENFORCE, "Y\n");
	assert_file(state, &ours, "/nowhere/m.ko", SIGNATURE_MISSING);
	assert_file(state, &ours, path, SIGNATURE_MISSING);
	sign(path, &ours);
	assert_file(state, &ours, path, SIGNATURE_NOT_ENROLLED);
	read_trust(state, ours.certificate, &trust);
	enrol(state, MOK_NEW, &trust);
	assert_file(state, &ours, path, SIGNATURE_REQUESTED);
	enrol(state, DB, &trust);
	assert_file(state, &ours, path, SIGNATURE_TRUSTED);
	alter(path);
	assert_file(state, &ours, path, SIGNATURE_BROKEN);
}

/* Of those that firmware and shim trust, too, a certificate tells. */
static void the_key_of_another_certificate(void **state)
{
	cleanup(pair_free) struct pair ours = make_pair(state, "ours");
	cleanup(pair_free) struct pair theirs = make_pair(state, "theirs");
	cleanup(free_string) char *path = make_module(state, "m.ko", info, "int answer;");
	cleanup(signing_trust_free) struct signing_trust trust = {0};

	scratch_write(*state, ENFORCE, "Y\n");
	sign(path, &theirs);
	assert_file(state, &ours, path, SIGNATURE_OTHER_KEY);
	read_trust(state, theirs.certificate, &trust);
	enrol(state, DB, &trust);
	assert_file(state, &ours, path, SIGNATURE_TRUSTED);
	alter(path);
	assert_file(state, &ours, path, SIGNATURE_BROKEN);
	scratch_write(*state, ENFORCE, "N\n");
	assert_file(state, &ours, path, SIGNATURE_UNCERTAIN);
}

/* What nobody insists on is verified all the same if the kernel has the key. */
static void an_altered_module_where_nothing_enforces(void **state)
{
	cleanup(pair_free) struct pair ours = make_pair(state, "ours");
	cleanup(pair_free) struct pair theirs = make_pair(state, "theirs");
	cleanup(free_string) char *path = make_module(state, "m.ko", info, "int answer;");
	cleanup(signing_trust_free) struct signing_trust trust = {0};

	sign(path, &ours);
	assert_file(state, &ours, path, SIGNATURE_NOT_ENFORCED);
	assert_file(state, &theirs, path, SIGNATURE_UNCERTAIN);
	alter(path);
	assert_file(state, &ours, path, SIGNATURE_NOT_ENFORCED);
	read_trust(state, ours.certificate, &trust);
	enrol(state, DB, &trust);
	assert_file(state, &ours, path, SIGNATURE_UNCERTAIN);
	enrol_in_kernel(state, &trust);
	assert_file(state, &ours, path, SIGNATURE_BROKEN);
}

static void what_is_no_signature_is_refused_by_every_kernel_that_looks(void **state)
{
	cleanup(pair_free) struct pair ours = make_pair(state, "ours");
	cleanup(free_string) char *path = make_module(state, "m.ko", info, "int answer;");

	run("printf 'no CMS\\0\\0\\2\\0\\0\\0\\0\\0\\0\\0\\0\\6~Module signature appended~\\n' >>'%s'",
	    path);
	assert_file(state, &ours, path, SIGNATURE_SENSELESS);
	scratch_write(*state, ENFORCE, "Y\n");
	assert_file(state, &ours, path, SIGNATURE_SENSELESS);
	scratch_write(*state, MODULES "build/.config", "CONFIG_MODULES=y\n");
	assert_file(state, &ours, path, SIGNATURE_NOT_ENFORCED);
}

static void of_a_directory_the_worst_counts(void **state)
{
	cleanup(pair_free) struct pair ours = make_pair(state, "ours");
	cleanup(free_string) char *signed_module = make_module(state, "a.ko", info, "int a;");
	cleanup(free_string) char *bare = make_module(state, "b.ko", info, "int b;");
	cleanup(signing_trust_free) struct signing_trust trust = {0};
	cleanup(strv_free) struct strv names = {0};

	scratch_write(*state, ENFORCE, "Y\n");
	run("mkdir '%s/module' && mv '%s' '%s' '%s/module'", (char *)*state, signed_module, bare,
	    (char *)*state);
	cleanup(free_string) char *directory = path_join(*state, "module", NULL);
	cleanup(free_string) char *moved = path_join(directory, "a.ko", NULL);

	sign(moved, &ours);
	read_trust(state, ours.certificate, &trust);
	assert_int_equal(signature_verdict_of(&trust, directory, &names), SIGNATURE_MISSING);
	assert_int_equal(names.count, 1);
	assert_string_equal(names.items[0], "b.ko");
}

UNIT_MAIN(scratch_test(where_nothing_enforces_signatures_do_not_matter),
	  scratch_test(a_kernel_may_insist_by_its_configuration),
	  scratch_test(each_file_gets_its_verdict), scratch_test(the_key_of_another_certificate),
	  scratch_test(an_altered_module_where_nothing_enforces),
	  scratch_test(what_is_no_signature_is_refused_by_every_kernel_that_looks),
	  scratch_test(of_a_directory_the_worst_counts))
