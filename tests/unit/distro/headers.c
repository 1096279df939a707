/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include "fixture.h"

static void assert_command(struct world *world, const char *fixture, const char *release,
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

	assert_command(world, "gentoo", "6.1.0-gentoo", NULL);
	assert_command(world, "alpine-3.20", "6.12.31", NULL);
	assert_command(world, "alpine-3.20", "6.12.31-", NULL);
	assert_command(world, "void", "x6.12", NULL);
	assert_command(world, "void", "6", NULL);
	assert_command(world, "void", "6.x", NULL);
	assert_command(world, "arch", "6.15.2-arch1-1", NULL);
	scratch_write(world->scratch, "lib/modules/6.15.2-arch1-1/pkgbase", "../x\n");
	assert_command(world, "arch", "6.15.2-arch1-1", NULL);
}

static void each_family_has_its_command(void **state)
{
	struct world *world = *state;

	assert_command(world, "debian-12", "6.1.0-56-amd64",
		       "apt-get install linux-headers-6.1.0-56-amd64");
	assert_command(world, "linuxmint-22", "6.8.0-41-generic",
		       "apt-get install linux-headers-6.8.0-41-generic");
	assert_command(world, "fedora-42", "6.14.0-63.fc42.x86_64",
		       "dnf install kernel-devel-6.14.0-63.fc42.x86_64");
	assert_command(world, "rocky-9", "5.14.0-570.el9.x86_64",
		       "dnf install kernel-devel-5.14.0-570.el9.x86_64");
	assert_command(world, "sles-15", "6.4.0-150700.51-default",
		       "zypper install kernel-default-devel");
	assert_command(world, "alpine-3.20", "6.12.31-0-lts", "apk add linux-lts-dev");
	assert_command(world, "void", "6.12.31_1", "xbps-install linux6.12-headers");
	scratch_write(world->scratch, "lib/modules/6.12.33-1-lts/pkgbase", "linux-lts\n");
	assert_command(world, "arch", "6.12.33-1-lts", "pacman -S linux-lts-headers");
}

UNIT_MAIN(IN_WORLD(nothing_is_said_where_nothing_is_known), IN_WORLD(each_family_has_its_command))
