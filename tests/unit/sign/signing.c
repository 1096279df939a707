/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include "notebook.h"
#include "scratch.h"
#include "sign/pair.h"
#include "sign/signing.h"

static const char *const info[] = {"version=1", NULL};
static const char code[] = "int answer(void) { return 42; }";
static const char release[] = "6.1.0-1-test";

/* A system below the test's directory, with one kernel, and everything that was reported. */
struct system {
	struct settings settings;
	struct distro *distro;
	struct kernel *kernel;
	struct notebook notebook;
};

static struct system *system_new(void **state, const char *os_release, const char *configuration)
{
	const struct kernel_id id = {(char *)release, (char *)"x86_64"};
	struct system *system = NEW(struct system);
	struct error error = {0};
	const char *root = *state;

	scratch_write(root, "etc/os-release", os_release);
	scratch_directory(root, "var/lib/dkms");
	scratch_write(root, "lib/modules/6.1.0-1-test/build/include/config/auto.conf",
		      configuration);
	settings_init(&system->settings, root);
	assert_ok(distro_detect(&system->settings, &system->distro, &error), &error);
	assert_ok(kernel_open(&system->settings, &id, &system->kernel, &error), &error);
	system->notebook = notebook_new();
	return system;
}

static struct system *debian(void **state)
{
	return system_new(state, "ID=debian\n", "CONFIG_MODULE_SIG_HASH=sha256\n");
}

static void system_free(struct system *system)
{
	settings_free(&system->settings);
	distro_free(system->distro);
	kernel_free(system->kernel);
	notebook_free(&system->notebook);
	free(system);
}
DEFINE_CLEANUP(struct system *, system_free)

static struct signing *prepare(struct system *system)
{
	struct error error = {0};
	struct signing *signing = signing_choose(&system->settings, system->distro, system->kernel,
						 &system->notebook.reporter);

	assert_ok(signing_open(signing, &system->notebook.reporter, &error), &error);
	return signing;
}

static void assert_reported(const struct system *system, const char *text)
{
	const char *reported = notebook_text(&system->notebook);

	if (!strstr(reported, text))
		fail_msg("\"%s\" is not in \"%s\"", text, reported);
}

/* Preparing comes to unsigned modules and reports text; what was reported before is dropped. */
static void assert_unsigned(struct system *system, const char *text)
{
	notebook_free(&system->notebook);
	cleanup(signing_free_handler) struct signing *signing = prepare(system);

	assert_null(signing->hash);
	assert_reported(system, text);
}

static void without_a_wish_nothing_is_made_or_shown(void **state)
{
	cleanup(system_free_handler) struct system *system = debian(state);

	system->settings.try_sign_modules = SIGN_NEVER;
	assert_unsigned(system, "N Modules are not signed, because of try_sign_modules=\"false\"");
	assert_null(strstr(notebook_text(&system->notebook), "L "));
	system->settings.try_sign_modules = SIGN_NOT_IN_CHROOT;
	assert_int_equal(setenv("FAKECHROOT", "true", 1), 0);
	assert_unsigned(system, "N Modules are not signed in a chroot");
	assert_null(strstr(notebook_text(&system->notebook), "L "));
	assert_null(strstr(notebook_text(&system->notebook), "W "));
	run("test -z \"$(ls '%s')\"", system->settings.dkms_tree);

	system->settings.try_sign_modules = SIGN_ALWAYS;
	cleanup(signing_free_handler) struct signing *signing = prepare(system);

	assert_int_equal(unsetenv("FAKECHROOT"), 0);
	assert_string_equal(signing->hash, "sha256");
}

static void a_kernel_without_signatures_gets_none(void **state)
{
	cleanup(system_free_handler) struct system *system = system_new(state, "ID=debian\n",
									"CONFIG_MODULES=y\n");

	system->settings.try_sign_modules = SIGN_ALWAYS;
	assert_unsigned(system, "N The kernel 6.1.0-1-test is built without module signatures");
	assert_null(strstr(notebook_text(&system->notebook), "L "));
}

static void keys_that_the_user_names_are_not_made(void **state)
{
	cleanup(system_free_handler) struct system *system = debian(state);
	cleanup(pair_free) struct pair pair = make_pair(state, "pair");
	struct settings *settings = &system->settings;
	cleanup(free_string) char *missing = path_join(*state, "missing-6.1.0-1-test", NULL);

	text_assign(&settings->mok_certificate, pair.certificate);
	settings->mok_signing_key = path_join(*state, "missing-$kernelver", NULL);
	assert_unsigned(system, missing);
	assert_reported(system, "W Modules for kernel 6.1.0-1-test are left unsigned. The signing "
				"key ");
	assert_reported(system, " does not exist.\nCorrect mok_signing_key in "
				"/etc/dkms/framework.conf, or");
	text_assign(&settings->mok_signing_key, pair.key);
	text_assign(&settings->mok_certificate, missing);
	assert_unsigned(system, " does not exist.\nCorrect mok_certificate in");
	assert_false(file_exists(missing));
	run("test -z \"$(ls '%s')\"", settings->dkms_tree);
}

static void a_key_that_does_not_open_is_a_warning(void **state)
{
	cleanup(system_free_handler) struct system *system = debian(state);
	cleanup(pair_free) struct pair pair = make_pair(state, "pair");
	cleanup(pair_free) struct pair other = make_pair(state, "other");

	text_assign(&system->settings.mok_signing_key, pair.key);
	text_assign(&system->settings.mok_certificate, other.certificate);
	assert_unsigned(system, "do not belong together.");
	assert_reported(system, "L Sign command: dkms (built in)\nL Signing key: ");
	assert_reported(system, "W Modules for kernel 6.1.0-1-test are left unsigned.");
}

static void a_program_that_cannot_run_is_a_warning(void **state)
{
	cleanup(system_free_handler) struct system *system = debian(state);

	system->settings.sign_file = path_join(*state, "sign-file-${kernelver}", NULL);
	assert_unsigned(system, "sign-file-6.1.0-1-test that sign_file names does not exist.\n"
				"Correct sign_file in /etc/dkms/framework.conf");
	scratch_write(*state, "sign-file-6.1.0-1-test", "#!/bin/sh\n");
	assert_unsigned(system, "cannot be executed.");
}

static void keys_that_cannot_be_made_are_a_warning(void **state)
{
	cleanup(system_free_handler) struct system *system = debian(state);

	scratch_write(*state, "var/lib/dkms/mok.pub", "the certificate of a key that is lost");
	assert_unsigned(system, "mok.key is missing, but its certificate");
	run("test \"$(ls '%s')\" = mok.pub", system->settings.dkms_tree);
}

/* What cannot be written is no module to leave unsigned. */
static void a_disk_that_fails_is_an_error(void **state)
{
	cleanup(system_free_handler) struct system *system = debian(state);
	cleanup(signing_free_handler) struct signing *signing = prepare(system);
	struct error error = {0};

	assert_int_equal(signing_sign(signing, "/proc/self/mem", "shown/m.ko",
				      &system->notebook.reporter, &error),
			 -EIO);
	assert_error(&error, 0, "/proc/self/mem");
}

static void a_module_that_cannot_be_signed_is_a_warning(void **state)
{
	cleanup(system_free_handler) struct system *system = debian(state);
	cleanup(signing_free_handler) struct signing *signing = prepare(system);
	cleanup(free_string) char *path = scratch_file(state, "text.ko", "text", 4);
	struct error error = {0};

	assert_int_equal(
		signing_sign(signing, path, "shown/text.ko", &system->notebook.reporter, &error),
		0);
	assert_reported(system, "L Signing module shown/text.ko\n"
				"W The module shown/text.ko stays unsigned. Cannot sign ");
	run("grep -q '^text$' '%s'", path);
	text_assign(&signing->hash, "sha0");
	assert_int_equal(
		signing_sign(signing, path, "shown/text.ko", &system->notebook.reporter, &error),
		0);
	assert_reported(system, "does not know the hash \"sha0\"");
}

static void dkms_makes_its_own_pair_once_and_signs(void **state)
{
	cleanup(system_free_handler) struct system *system = debian(state);
	cleanup(free_string) char *module = make_module(state, "m.ko", info, code);
	cleanup(free_string) char *expected = text_format(
		"L Sign command: dkms (built in)\n"
		"L Signing key: %s/mok.key\n"
		"L Public certificate (MOK): %s/mok.pub\n",
		system->settings.dkms_tree, system->settings.dkms_tree);
	cleanup(signing_free_handler) struct signing *first = prepare(system);
	struct error error = {0};
	size_t length;

	assert_string_equal(notebook_text(&system->notebook), expected);
	assert_int_equal(mode_of(first->key), 0600);
	cleanup(free_string) char *key = copy_of(state, first->key, "key");
	cleanup(signing_free_handler) struct signing *second = prepare(system);

	assert_same_content(second->key, key);
	assert_int_equal(
		signing_sign(second, module, "build/m.ko", &system->notebook.reporter, &error), 0);
	assert_reported(system, "L Signing module build/m.ko\n");
	assert_null(strstr(notebook_text(&system->notebook), "W "));
	cleanup(free_string) char *data = scratch_read(module, &length);

	assert_non_null(memmem(data, length, "DKMS module signing key", 23));
}

static void an_expired_certificate_is_told_and_used(void **state)
{
	cleanup(system_free_handler) struct system *system = debian(state);
	cleanup(pair_free) struct pair pair = make_dated_pair(state, "old", EVP_RSA_gen(2048U), -9,
							      -2);

	text_assign(&system->settings.mok_signing_key, pair.key);
	text_assign(&system->settings.mok_certificate, pair.certificate);
	cleanup(signing_free_handler) struct signing *signing = prepare(system);

	assert_string_equal(signing->hash, "sha256");
	assert_reported(system, "W The certificate ");
	assert_reported(system, " has expired on ");
}

static void a_program_signs_and_no_pin_is_shown(void **state)
{
	cleanup(system_free_handler) struct system *system = debian(state);
	cleanup(pair_free) struct pair pair = make_pair(state, "pair");
	cleanup(free_string) char *module = make_module(state, "m.ko", info, code);
	cleanup(free_string) char *program = path_join(*state, "sign", NULL);
	static const char script[] = "#!/bin/sh\n"
				     "test \"$1 $2\" = 'sha256 pkcs11:object=k?pin-value=1234' && "
				     "printf 'S\\0\\0\\2\\0\\0\\0\\0\\0\\0\\0\\0\\1~Module "
				     "signature appended~\\n' >> \"$4\"\n";
	struct error error = {0};

	scratch_write_bytes(*state, "sign", script, sizeof(script) - 1, 0755);
	text_assign(&system->settings.sign_file, program);
	text_assign(&system->settings.mok_signing_key, "pkcs11:object=k?pin-value=1234");
	text_assign(&system->settings.mok_certificate, pair.certificate);
	cleanup(signing_free_handler) struct signing *signing = prepare(system);
	cleanup(free_string) char *line = text_format("L Sign command: %s\n", program);

	assert_reported(system, line);
	assert_reported(system, "L Signing key: pkcs11:object=k?pin-value=…\n");
	assert_int_equal(signing_sign(signing, module, "m.ko", &system->notebook.reporter, &error),
			 0);
	assert_null(strstr(notebook_text(&system->notebook), "1234"));
	assert_null(strstr(notebook_text(&system->notebook), "W "));
	run("tail -c 28 '%s' | grep -q '^~Module signature appended~$'", module);
	scratch_write_bytes(*state, "sign", "#!/bin/sh\nexit 7\n", 17, 0755);
	assert_int_equal(signing_sign(signing, module, "m.ko", &system->notebook.reporter, &error),
			 0);
	assert_reported(system, "W The module m.ko stays unsigned. ");
	assert_reported(system, "exit status 7");
}

static void the_distribution_s_own_pair_is_used_but_not_invented(void **state)
{
	cleanup(pair_free) struct pair pair = make_pair(state, "pair");
	cleanup(system_free_handler) struct system *system = system_new(
		state, "ID=gentoo\n", "CONFIG_MODULE_SIG_HASH=sha512\n");
	cleanup(free_string) char *missing = path_join(*state, "missing", NULL);

	assert_int_equal(setenv("MODULES_SIGN_KEY", missing, 1), 0);
	assert_int_equal(setenv("MODULES_SIGN_CERT", pair.certificate, 1), 0);
	assert_unsigned(system, "The signing key ");
	assert_false(file_exists(missing));
	assert_int_equal(setenv("MODULES_SIGN_KEY", pair.key, 1), 0);
	cleanup(signing_free_handler) struct signing *signing = prepare(system);

	assert_string_equal(signing->hash, "sha512");
	assert_string_equal(signing->key, pair.key);
	assert_int_equal(unsetenv("MODULES_SIGN_KEY"), 0);
	assert_int_equal(unsetenv("MODULES_SIGN_CERT"), 0);
	run("test -z \"$(ls '%s')\"", system->settings.dkms_tree);
}

static void ubuntu_makes_its_pair_itself(void **state)
{
	cleanup(system_free_handler) struct system *system = system_new(
		state, "ID=ubuntu\n", "CONFIG_MODULE_SIG_HASH=sha512\n");
	cleanup(free_string) char *search = xstrdup(getenv("PATH"));

	assert_int_equal(setenv("PATH", *state, 1), 0);
	assert_unsigned(system, "no update-secureboot-policy to make one");
	assert_int_equal(setenv("PATH", search, 1), 0);
	run("test ! -e '%s/var/lib/shim-signed'", (char *)*state);
}

static void keys_are_made_on_demand_wherever_the_user_wants_them(void **state)
{
	cleanup(system_free_handler) struct system *system = debian(state);
	struct settings *settings = &system->settings;
	cleanup(free_string) char *key = path_join(*state, "etc/keys/6.1.0-1-test.key", NULL);
	cleanup(free_string) char *place = NULL;
	cleanup(free_string) char *certificate = NULL;
	struct error error = {0};
	bool made;

	settings->mok_signing_key = path_join(*state, "etc/keys/$kernelver.key", NULL);
	assert_ok(signing_make_keys(settings, system->distro, system->kernel, &made, &error),
		  &error);
	assert_true(made);
	assert_int_equal(mode_of(key), 0600);
	signing_key_places(settings, system->distro, system->kernel, &place, &certificate);
	assert_string_equal(place, key);
	assert_true(text_ends_with(certificate, "/var/lib/dkms/mok.pub"));
	assert_ok(signing_make_keys(settings, system->distro, system->kernel, &made, &error),
		  &error);
	assert_false(made);
	run("rm '%s'", key);
	signing_make_keys(settings, system->distro, system->kernel, &made, &error);
	assert_failure(&error, -ENOENT, "is missing, but its certificate");
}

static const char mounts[] = "25 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n";
static const char other_mounts[] = "99 80 8:1 / / rw,relatime - ext4 /dev/sda1 rw\n";

/* A procfs in which process 1 and this one have these root directories and mounts. */
static void make_proc(const char *scratch, const char *own_root, const char *own_mounts)
{
	scratch_directory(scratch, "system");
	scratch_directory(scratch, "jail");
	scratch_symlink(scratch, "1/root", "../system");
	scratch_symlink(scratch, "self/root", own_root);
	scratch_write(scratch, "1/mountinfo", mounts);
	scratch_write(scratch, "self/mountinfo", own_mounts);
}

static void another_root_is_a_chroot(void **state)
{
	cleanup(scratch_remove) char *scratch = scratch_make();

	(void)state;
	make_proc(scratch, "../jail", mounts);
	assert_true(in_chroot(scratch));
}

static void other_mounts_are_a_chroot(void **state)
{
	cleanup(scratch_remove) char *scratch = scratch_make();

	(void)state;
	make_proc(scratch, "../system", other_mounts);
	assert_true(in_chroot(scratch));
}

static void fakechroot_is_a_chroot(void **state)
{
	cleanup(scratch_remove) char *scratch = scratch_make();

	(void)state;
	make_proc(scratch, "../system", mounts);
	assert_int_equal(setenv("FAKECHROOT", "true", 1), 0);
	assert_true(in_chroot(scratch));
	assert_int_equal(setenv("FAKECHROOT", "", 1), 0);
	assert_false(in_chroot(scratch));
	assert_int_equal(unsetenv("FAKECHROOT"), 0);
}

static void the_system_itself_is_none(void **state)
{
	cleanup(scratch_remove) char *scratch = scratch_make();

	(void)state;
	make_proc(scratch, "../system/../system", mounts);
	assert_false(in_chroot(scratch));
}

static void without_a_view_of_process_1_there_is_none(void **state)
{
	cleanup(scratch_remove) char *scratch = scratch_make();
	cleanup(free_string) char *first = path_join(scratch, "1", NULL);
	struct error error = {0};

	(void)state;
	assert_false(in_chroot(scratch));
	make_proc(scratch, "../jail", other_mounts);
	assert_int_equal(directory_remove(first, &error), 0);
	assert_false(in_chroot(scratch));
}

UNIT_MAIN(scratch_test(without_a_wish_nothing_is_made_or_shown),
	  scratch_test(a_kernel_without_signatures_gets_none),
	  scratch_test(keys_that_the_user_names_are_not_made),
	  scratch_test(a_key_that_does_not_open_is_a_warning),
	  scratch_test(a_program_that_cannot_run_is_a_warning),
	  scratch_test(keys_that_cannot_be_made_are_a_warning),
	  scratch_test(a_module_that_cannot_be_signed_is_a_warning),
	  scratch_test(a_disk_that_fails_is_an_error),
	  scratch_test(dkms_makes_its_own_pair_once_and_signs),
	  scratch_test(an_expired_certificate_is_told_and_used),
	  scratch_test(a_program_signs_and_no_pin_is_shown),
	  scratch_test(the_distribution_s_own_pair_is_used_but_not_invented),
	  scratch_test(ubuntu_makes_its_pair_itself),
	  scratch_test(keys_are_made_on_demand_wherever_the_user_wants_them),
	  cmocka_unit_test(another_root_is_a_chroot), cmocka_unit_test(other_mounts_are_a_chroot),
	  cmocka_unit_test(fakechroot_is_a_chroot), cmocka_unit_test(the_system_itself_is_none),
	  cmocka_unit_test(without_a_view_of_process_1_there_is_none))
