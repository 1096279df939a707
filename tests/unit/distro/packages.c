/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include <sys/utsname.h>

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

static void assert_arch(const struct world *world, const char *expected)
{
	cleanup(free_string) char *arch = distro_kernel_arch(&world->settings, world->distro,
							     "5.14.0-test");

	assert_string_equal(arch, expected);
}

static void the_machine_answers_where_rpm_does_not(void **state)
{
	static const char *const answers[] = {
		"echo 'file is not owned by any package'; exit 1",
		"exit 0",
		"echo noarch",
		"echo '(none)'",
		"echo ../x",
		"printf '\\n\\n'",
		"yes x86_64",
		"kill -9 $$",
	};
	struct world *world = *state;
	struct utsname names;

	assert_int_equal(uname(&names), 0);
	world_become(world, "fedora-42");
	assert_arch(world, names.machine); /* no rpm here, or none that knows */
	for (size_t i = 0; i < sizeof(answers) / sizeof(*answers); i++) {
		world_add_program(world, "rpm", answers[i]);
		assert_arch(world, names.machine);
	}
}

static void rpm_is_not_asked_elsewhere(void **state)
{
	struct world *world = *state;
	struct utsname names;

	assert_int_equal(uname(&names), 0);
	world_become(world, "debian-12");
	world_add_program(world, "rpm", "echo sparc");
	assert_arch(world, names.machine);
	assert_false(distro_owns_directory(world->distro, "/lib"));
}

static void rpm_is_asked_for_the_owner_of_the_directory(void **state)
{
	struct world *world = *state;

	world_become(world, "rocky-9");
	world_add_program(world, "rpm",
			  "[ \"$1 $2 $3\" = '-qf --queryformat %{ARCH}\\n' ] || exit 1\n"
			  "case $4 in */lib/modules/5.14.0-test) ;; *) exit 1; esac\n"
			  "printf 'noarch\\naarch64\\naarch64\\n'");
	assert_arch(world, "aarch64");
	world_add_program(world, "rpm", "printf sparc");
	assert_arch(world, "sparc");
}

static void ownership_is_rpms_exit_status(void **state)
{
	struct world *world = *state;

	world_become(world, "sles-15");
	assert_false(distro_owns_directory(world->distro, "/owned")); /* no rpm at all */
	world_add_program(world, "rpm", "kill -9 $$");
	assert_false(distro_owns_directory(world->distro, "/owned"));
	world_add_program(world, "rpm", "[ \"$4\" = /owned ]");
	assert_true(distro_owns_directory(world->distro, "/owned"));
	assert_false(distro_owns_directory(world->distro, "/other"));
}

UNIT_MAIN(IN_WORLD(what_is_not_known_is_not_guessed), IN_WORLD(names_differ_by_family),
	  IN_WORLD(the_machine_answers_where_rpm_does_not), IN_WORLD(rpm_is_not_asked_elsewhere),
	  IN_WORLD(rpm_is_asked_for_the_owner_of_the_directory),
	  IN_WORLD(ownership_is_rpms_exit_status))
