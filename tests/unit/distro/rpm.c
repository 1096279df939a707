/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include <sys/utsname.h>

#include "fixture.h"

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

UNIT_MAIN(IN_WORLD(the_machine_answers_where_rpm_does_not), IN_WORLD(rpm_is_not_asked_elsewhere),
	  IN_WORLD(rpm_is_asked_for_the_owner_of_the_directory),
	  IN_WORLD(ownership_is_rpms_exit_status))
