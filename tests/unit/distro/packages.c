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

static void assert_headers_command(struct world *world, const char *fixture, const char *release,
				   const char *expected)
{
	const struct distro *distro = world_become(world, fixture);
	cleanup(free_string) char *command = distro_headers_command(&world->settings, distro,
								    release);

	if (expected) {
		assert_non_null(command);
		assert_string_equal(command, expected);
	} else {
		assert_null(command);
	}
}

static void nothing_is_said_where_nothing_is_known(void **state)
{
	struct world *world = *state;

	assert_headers_command(world, "gentoo", "6.1.0-gentoo", NULL);
	assert_headers_command(world, "alpine-3.20", "6.12.31", NULL);
	assert_headers_command(world, "alpine-3.20", "6.12.31-", NULL);
	assert_headers_command(world, "void", "x6.12", NULL);
	assert_headers_command(world, "void", "6", NULL);
	assert_headers_command(world, "void", "6.x", NULL);
	assert_headers_command(world, "arch", "6.15.2-arch1-1", NULL);
	scratch_write(world->scratch, "lib/modules/6.15.2-arch1-1/pkgbase", "../x\n");
	assert_headers_command(world, "arch", "6.15.2-arch1-1", NULL);
}

static void each_family_has_its_command(void **state)
{
	struct world *world = *state;

	assert_headers_command(world, "debian-12", "6.1.0-56-amd64",
			       "apt-get install linux-headers-6.1.0-56-amd64");
	assert_headers_command(world, "linuxmint-22", "6.8.0-41-generic",
			       "apt-get install linux-headers-6.8.0-41-generic");
	assert_headers_command(world, "fedora-42", "6.14.0-63.fc42.x86_64",
			       "dnf install kernel-devel-6.14.0-63.fc42.x86_64");
	assert_headers_command(world, "rocky-9", "5.14.0-570.el9.x86_64",
			       "dnf install kernel-devel-5.14.0-570.el9.x86_64");
	assert_headers_command(world, "sles-15", "6.4.0-150700.51-default",
			       "zypper install kernel-default-devel");
	assert_headers_command(world, "alpine-3.20", "6.12.31-0-lts", "apk add linux-lts-dev");
	assert_headers_command(world, "void", "6.12.31_1", "xbps-install linux6.12-headers");
	scratch_write(world->scratch, "lib/modules/6.12.33-1-lts/pkgbase", "linux-lts\n");
	assert_headers_command(world, "arch", "6.12.33-1-lts", "pacman -S linux-lts-headers");
}

UNIT_MAIN(IN_WORLD(what_is_not_known_is_not_guessed), IN_WORLD(names_differ_by_family),
	  IN_WORLD(the_machine_answers_where_rpm_does_not), IN_WORLD(rpm_is_not_asked_elsewhere),
	  IN_WORLD(rpm_is_asked_for_the_owner_of_the_directory),
	  IN_WORLD(ownership_is_rpms_exit_status), IN_WORLD(nothing_is_said_where_nothing_is_known),
	  IN_WORLD(each_family_has_its_command))
