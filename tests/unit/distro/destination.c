/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include "fixture.h"

static void assert_destination(const struct world *world, const char *expected)
{
	cleanup(free_string) char *place = distro_destination(&world->settings, world->distro,
							      "/kernel/drivers/net");

	assert_string_equal(place, expected);
}

static void a_directory_outside_is_not_followed(void **state)
{
	static const char *const bad[] = {"..", "../../etc", "/", ".", "updates/..", "a/../../b"};
	struct world *world = *state;

	world_become(world, "fedora-42");
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		assert_int_equal(setenv("ADDON_MODULES_DIR", bad[i], 1), 0);
		assert_destination(world, "/extra");
	}
}

static void the_family_decides_or_leaves_it_to_the_conf(void **state)
{
	struct world *world = *state;

	world_become(world, "debian-12");
	assert_destination(world, "/updates/dkms");
	world_become(world, "fedora-42");
	assert_destination(world, "/extra");
	world_become(world, "sles-15");
	assert_destination(world, "/updates");
	world_become(world, "void");
	assert_destination(world, "/kernel/drivers/net");
}

static void the_administrator_wins_over_the_family(void **state)
{
	struct world *world = *state;

	world_become(world, "fedora-42");
	scratch_write(world->scratch, "etc/sysconfig/module-init-tools",
		      "# for kernel modules\nADDON_MODULES_DIR=\"updates\"\n");
	assert_destination(world, "/updates");
	assert_int_equal(setenv("ADDON_MODULES_DIR", "", 1), 0);
	assert_destination(world, "/updates");
	assert_int_equal(setenv("ADDON_MODULES_DIR", "/weak//./here/", 1), 0);
	assert_destination(world, "/weak/here");
}

UNIT_MAIN(IN_WORLD(a_directory_outside_is_not_followed),
	  IN_WORLD(the_family_decides_or_leaves_it_to_the_conf),
	  IN_WORLD(the_administrator_wins_over_the_family))
