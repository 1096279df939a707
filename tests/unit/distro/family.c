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

static void without_os_release_the_status_is_its_own(void **state)
{
	struct world *world = *state;
	struct error error = {0};

	assert_int_equal(distro_detect(&world->settings, &world->distro, &error), -ENOENT);
	assert_null(world->distro);
	assert_non_null(strstr(error.message, "The distribution is not known"));
	assert_error(&error, EXIT_BROKEN, "/etc/os-release");
}

static void a_monstrous_os_release_is_refused(void **state)
{
	struct world *world = *state;
	struct error error = {0};

	scratch_write(world->scratch, "etc/os-release", "ID=debian\n");
	cleanup(free_string) char *path = settings_path(&world->settings, "/etc/os-release");

	assert_int_equal(truncate(path, 1 << 20), 0);
	assert_int_equal(distro_detect(&world->settings, &world->distro, &error), -EFBIG);
	assert_error(&error, EXIT_BROKEN, "The distribution is not known");
}

static void detect(struct world *world, const char *place, const char *text)
{
	struct error error = {0};

	scratch_write(world->scratch, place, text);
	distro_free(world->distro);
	assert_int_equal(distro_detect(&world->settings, &world->distro, &error), 0);
}

static void an_os_release_without_names_is_some_linux(void **state)
{
	struct world *world = *state;

	detect(world, "etc/os-release", "");
	assert_string_equal(world->distro->id, "linux");
	assert_string_equal(world->distro->family->name, "");
	detect(world, "etc/os-release", "ID=\"\"\nID_LIKE=\"\"\n");
	assert_string_equal(world->distro->id, "linux");
}

static void the_first_place_wins_over_the_second(void **state)
{
	struct world *world = *state;

	detect(world, "usr/lib/os-release", "ID=arch\n");
	assert_string_equal(world->distro->id, "arch");
	detect(world, "etc/os-release", "ID=debian\n");
	assert_string_equal(world->distro->id, "debian");
}

static void only_the_first_word_of_id_like_counts(void **state)
{
	struct world *world = *state;

	detect(world, "etc/os-release", "ID=nobody\nID_LIKE=' unknown debian'\n");
	assert_string_equal(world->distro->family->name, "");
	detect(world, "etc/os-release", "ID=debian\nID_LIKE='arch debian'\n");
	assert_string_equal(world->distro->family->name, "arch");
	detect(world, "etc/os-release", "ID=ubuntu\nID_LIKE=arch\n");
	assert_string_equal(world->distro->family->name, "ubuntu");
}

static const struct {
	const char *fixture;
	const char *id;
	const char *family;
	const char *destination; /* NULL: as the conf says */
	bool rpm;
	enum weak_modules_kind weak_modules;
	bool own_key;
} rows[] = {
	{"debian-12", "debian", "debian", "/updates/dkms", false, WEAK_MODULES_NONE, false},
	{"debian-13", "debian", "debian", "/updates/dkms", false, WEAK_MODULES_NONE, false},
	{"ubuntu-24.04", "ubuntu", "ubuntu", "/updates/dkms", false, WEAK_MODULES_NONE, true},
	{"linuxmint-22", "linuxmint", "ubuntu", "/updates/dkms", false, WEAK_MODULES_NONE, true},
	{"pop-22.04", "pop", "ubuntu", "/updates/dkms", false, WEAK_MODULES_NONE, true},
	{"fedora-42", "fedora", "fedora", "/extra", true, WEAK_MODULES_NONE, false},
	{"nobara-40", "nobara", "rhel", "/extra", true, WEAK_MODULES_NONE, false},
	{"rhel-7", "rhel", "fedora", "/extra", true, WEAK_MODULES_RHEL, false},
	{"rhel-9", "rhel", "fedora", "/extra", true, WEAK_MODULES_RHEL, false},
	{"rocky-9", "rocky", "rhel", "/extra", true, WEAK_MODULES_RHEL, false},
	{"almalinux-9", "almalinux", "rhel", "/extra", true, WEAK_MODULES_RHEL, false},
	{"centos-stream-9", "centos", "rhel", "/extra", true, WEAK_MODULES_RHEL, false},
	{"oracle-9", "ol", "fedora", "/extra", true, WEAK_MODULES_RHEL, false},
	{"opensuse-leap-15.6", "opensuse-leap", "suse", "/updates", true, WEAK_MODULES_SUSE, false},
	{"opensuse-tumbleweed", "opensuse-tumbleweed", "opensuse", "/updates", true,
	 WEAK_MODULES_SUSE, false},
	{"sles-15", "sles", "suse", "/updates", true, WEAK_MODULES_SUSE, false},
	{"arch", "arch", "arch", "/updates/dkms", false, WEAK_MODULES_NONE, false},
	{"manjaro", "manjaro", "arch", "/updates/dkms", false, WEAK_MODULES_NONE, false},
	{"endeavouros", "endeavouros", "arch", "/updates/dkms", false, WEAK_MODULES_NONE, false},
	{"gentoo", "gentoo", "gentoo", NULL, false, WEAK_MODULES_NONE, true},
	{"alpine-3.20", "alpine", "alpine", NULL, false, WEAK_MODULES_NONE, false},
	{"void", "void", "void", NULL, false, WEAK_MODULES_NONE, false},
};

static void every_distribution_gets_its_row(void **state)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const struct distro *distro = world_become(*state, rows[i].fixture);

		print_message("# %s\n", rows[i].fixture);
		assert_string_equal(distro->id, rows[i].id);
		assert_string_equal(distro->family->name, rows[i].family);
		if (rows[i].destination)
			assert_string_equal(distro->family->destination, rows[i].destination);
		else
			assert_null(distro->family->destination);
		assert_int_equal(distro->family->rpm, rows[i].rpm);
		assert_int_equal(distro->weak_modules, rows[i].weak_modules);
		assert_int_equal(distro->family->find_signing_key != NULL, rows[i].own_key);
	}
}

static void every_fixture_has_its_row_here(void **state)
{
	cleanup(strv_free) struct strv names = {0};
	struct error error = {0};

	(void)state;
	assert_int_equal(directory_list("tests/fixtures/os-release", &names, &error), 0);
	assert_int_equal(names.count, sizeof(rows) / sizeof(*rows));
}

UNIT_MAIN(IN_WORLD(a_directory_outside_is_not_followed),
	  IN_WORLD(the_family_decides_or_leaves_it_to_the_conf),
	  IN_WORLD(the_administrator_wins_over_the_family),
	  IN_WORLD(without_os_release_the_status_is_its_own),
	  IN_WORLD(a_monstrous_os_release_is_refused),
	  IN_WORLD(an_os_release_without_names_is_some_linux),
	  IN_WORLD(the_first_place_wins_over_the_second),
	  IN_WORLD(only_the_first_word_of_id_like_counts),
	  IN_WORLD(every_distribution_gets_its_row), IN_WORLD(every_fixture_has_its_row_here))
