/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include "fixture.h"

static void assert_command(struct world *world, const char *fixture, const char *missing,
			   const char *expected)
{
	const struct distro *distro = world_become(world, fixture);
	cleanup(free_string) char *command = distro_install_command(distro, missing);

	if (expected)
		assert_string_equal(command ? command : "nothing", expected);
	else
		assert_null(command);
}

static void what_is_not_known_is_not_guessed(void **state)
{
	struct world *world = *state;

	assert_command(world, "debian-12", "", NULL);
	assert_command(world, "debian-12", "frobnicate", NULL);
	assert_command(world, "debian-12", "mak", NULL);
	assert_command(world, "debian-12", "maker", NULL);
	assert_command(world, "debian-12", "bc flex", NULL);
	assert_command(world, "debian-12", "gcc", "apt-get install gcc");
	assert_command(world, "nobara-40", "gcc", "dnf install gcc");
	scratch_write(world->scratch, "etc/os-release", "ID=nonesuch\n");
	distro_free(world->distro);
	struct error error = {0};

	assert_int_equal(distro_detect(&world->settings, &world->distro, &error), 0);
	assert_null(distro_install_command(world->distro, "gcc"));
}

static void names_differ_by_family(void **state)
{
	static const char *const cases[][3] = {
		{"debian-12", "gcc-12", "apt-get install gcc-12"},
		{"ubuntu-24.04", "libelf.h", "apt-get install libelf-dev"},
		{"fedora-42", "gcc-12", "dnf install gcc"},
		{"rhel-9", "libelf.h", "dnf install elfutils-libelf-devel"},
		{"opensuse-tumbleweed", "pahole", "zypper install dwarves"},
		{"arch", "python3", "pacman -S python"},
		{"alpine-3.20", "openssl/opensslv.h", "apk add openssl-dev"},
		{"void", "llvm-strip", "xbps-install llvm"},
		{"gentoo", "bison", "emerge bison"},
		{"debian-12", "bison", "apt-get install bison"},
		{"debian-12", "yacc", "apt-get install bison"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_command(*state, cases[i][0], cases[i][1], cases[i][2]);
}

UNIT_MAIN(IN_WORLD(what_is_not_known_is_not_guessed), IN_WORLD(names_differ_by_family))
