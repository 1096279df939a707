/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include "fixture.h"

static const struct distro_kernel_signing keyless = {.source_directory = "/src/linux"};
static const struct distro_kernel_signing kernel = {.source_directory = "/src/linux",
						    .key = "certs/signing_key.pem"};

static int set_up(void **state)
{
	return unsetenv("MODULES_SIGN_KEY") || unsetenv("MODULES_SIGN_CERT") || world_set_up(state);
}

#undef IN_WORLD
#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, set_up, world_tear_down)

static void assert_pair(const struct world *world, const struct distro_kernel_signing *signing,
			const char *expected_key, const char *expected_certificate)
{
	cleanup(free_string) char *key = NULL;
	cleanup(free_string) char *certificate = NULL;
	bool found = distro_find_signing_key(&world->settings, world->distro, signing, &key,
					     &certificate);

	assert_int_equal(found, expected_key != NULL);
	if (found) {
		assert_string_equal(key, expected_key);
		assert_string_equal(certificate, expected_certificate);
	} else {
		assert_null(key);
		assert_null(certificate);
	}
}

static void most_distributions_have_no_key(void **state)
{
	struct world *world = *state;
	struct error error = {0};
	bool made = true;

	world_become(world, "debian-12");
	assert_pair(world, &kernel, NULL, NULL);
	assert_int_equal(distro_make_signing_key(world->distro, &made, &error), 0);
	assert_false(made);
	world_become(world, "fedora-42");
	assert_pair(world, &kernel, NULL, NULL);
}

static void ubuntu_without_its_tool_says_what_to_do(void **state)
{
	struct world *world = *state;
	struct error error = {0};
	bool made = false;

	world_become(world, "ubuntu-24.04");
	assert_int_equal(setenv("PATH", world->scratch, 1), 0);
	assert_int_equal(distro_make_signing_key(world->distro, &made, &error), -ENOENT);
	assert_false(made);
	assert_non_null(strstr(error.message, "no update-secureboot-policy to make one"));
	assert_error(&error, 0, "shim-signed");
}

static void a_failing_tool_is_an_error(void **state)
{
	struct world *world = *state;
	struct error error = {0};
	bool made = false;

	world_become(world, "ubuntu-24.04");
	world_add_program(world, "update-secureboot-policy", "exit 3");
	assert_int_equal(distro_make_signing_key(world->distro, &made, &error), -EPROTO);
	assert_false(made);
	assert_error(&error, 0, "update-secureboot-policy --new-key failed with exit status 3");
}

static void ubuntu_makes_and_enrols_its_key(void **state)
{
	struct world *world = *state;
	cleanup(free_string) char *key = path_join(world->scratch,
						   "var/lib/shim-signed/mok/MOK.priv", NULL);
	cleanup(free_string) char *certificate = path_join(world->scratch,
							   "var/lib/shim-signed/mok/MOK.der", NULL);
	cleanup(free_string) char *log = path_join(world->scratch, "log", NULL);
	cleanup(free_string) char *script = text_format(
		"echo \"$SHIM_NOTRIGGER:$*\" >>%s; [ $1 = --new-key ]", log);
	cleanup(free_string) char *text = NULL;
	struct error error = {0};
	bool made = false;

	world_become(world, "pop-22.04");
	assert_pair(world, &kernel, key, certificate);
	world_add_program(world, "update-secureboot-policy", script);
	assert_int_equal(distro_make_signing_key(world->distro, &made, &error), 0);
	assert_true(made);
	assert_int_equal(file_read(log, 4096, &text, NULL, &error), 0);
	assert_string_equal(text, "y:--new-key\n:--enroll-key\n");
}

static void gentoo_without_any_key_has_none(void **state)
{
	static const struct distro_kernel_signing empty = {.source_directory = "/src", .key = ""};
	struct world *world = *state;

	world_become(world, "gentoo");
	assert_pair(world, &keyless, NULL, NULL);
	assert_pair(world, &empty, NULL, NULL);
	scratch_write(world->scratch, "etc/portage/make.conf",
		      "MODULES_SIGN_CERT=/c\nMODULES_SIGN_KEY=\"$HOME/k\"\n");
	assert_pair(world, &keyless, NULL, NULL);
}

static void gentoo_takes_the_kernels_key_otherwise(void **state)
{
	static const struct distro_kernel_signing token = {.source_directory = "/src/linux",
							   .key = "pkcs11:object=k"};
	struct world *world = *state;

	world_become(world, "gentoo");
	assert_pair(world, &kernel, "/src/linux/certs/signing_key.pem",
		    "/src/linux/certs/signing_key.pem");
	assert_pair(world, &token, "pkcs11:object=k", "/src/linux/certs/signing_key.x509");
}

static void gentoo_asks_portage_first(void **state)
{
	struct world *world = *state;

	world_become(world, "gentoo");
	scratch_write(world->scratch, "etc/portage/make.conf",
		      "USE=\"a\nb\"\nMODULES_SIGN_KEY=\"/k.pem\"\n");
	assert_pair(world, &kernel, "/k.pem", "/k.pem");
	scratch_write(world->scratch, "etc/portage/make.conf",
		      "MODULES_SIGN_KEY=k.pem\nMODULES_SIGN_CERT=/c.der\n");
	assert_pair(world, &kernel, "/src/linux/k.pem", "/c.der");
	assert_int_equal(setenv("MODULES_SIGN_KEY", "pkcs11:id=1", 1), 0);
	assert_pair(world, &kernel, "pkcs11:id=1", "/c.der");
	assert_int_equal(setenv("MODULES_SIGN_CERT", "/env.der", 1), 0);
	assert_pair(world, &kernel, "pkcs11:id=1", "/env.der");
}

static void make_conf_may_be_a_directory(void **state)
{
	struct world *world = *state;

	world_become(world, "gentoo");
	scratch_write(world->scratch, "etc/portage/make.conf/10-first", "MODULES_SIGN_KEY=/1\n");
	scratch_write(world->scratch, "etc/portage/make.conf/20/second", "MODULES_SIGN_KEY=/2\n");
	scratch_write(world->scratch, "etc/portage/make.conf/30-third", "USE=x\n");
	scratch_symlink(world->scratch, "etc/portage/make.conf/40-loop", ".");
	scratch_write(world->scratch, "elsewhere/file", "MODULES_SIGN_KEY=/3\n");
	scratch_symlink(world->scratch, "etc/portage/make.conf/50-link", "../../../elsewhere");
	assert_pair(world, &kernel, "/2", "/2");
}

UNIT_MAIN(IN_WORLD(most_distributions_have_no_key),
	  IN_WORLD(ubuntu_without_its_tool_says_what_to_do), IN_WORLD(a_failing_tool_is_an_error),
	  IN_WORLD(ubuntu_makes_and_enrols_its_key), IN_WORLD(gentoo_without_any_key_has_none),
	  IN_WORLD(gentoo_takes_the_kernels_key_otherwise), IN_WORLD(gentoo_asks_portage_first),
	  IN_WORLD(make_conf_may_be_a_directory))
