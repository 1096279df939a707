/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fixture.h"

#include "tree/registry.h"

#define TREE    "var/lib/dkms/"
#define MODULES "lib/modules/"

static char foo[] = "foo", one[] = "1.0";
static const struct module_id foo_one = {foo, one};

/* The weak links as "KERNEL/ARCH<ORIGIN", joined by blanks, must be these. */
static void expect_weak(const struct fixture *fixture, const char *wanted)
{
	struct weak_link *links = NULL;
	size_t count = 0;
	struct error error = {0};
	cleanup(strv_free) struct strv found = {0};
	cleanup(strv_free) struct strv releases = {0};

	if (registry_list_weak_releases(&fixture->settings, &releases, &error) < 0 ||
	    registry_list_weak(&fixture->settings, &foo_one, &releases, &links, &count, &error) < 0)
		fail_msg("%s", error.message);
	for (size_t i = 0; i < count; i++)
		strv_add_format(&found, "%s/%s<%s", links[i].kernel.release, links[i].kernel.arch,
				links[i].from_release);
	weak_links_free(links, count);
	cleanup(free_string) char *joined = strv_join(&found, " ");

	assert_string_equal(joined, wanted);
}

/* foo/1.0 built and installed for 5.1: two modules, one of them in a subdirectory. */
static void install(const struct fixture *fixture)
{
	scratch_write(fixture->root, TREE "foo/1.0/5.1/x86_64/module/a.ko.xz", "module a");
	scratch_write(fixture->root, TREE "foo/1.0/5.1/x86_64/module/b.ko.xz", "module b");
	scratch_write(fixture->root, TREE "foo/1.0/5.1/x86_64/module/Module.symvers", "");
	scratch_symlink(fixture->root, TREE "foo/kernel-5.1-x86_64", "1.0/5.1/x86_64");
	scratch_write(fixture->root, MODULES "5.1/extra/a.ko.xz", "module a");
	scratch_write(fixture->root, MODULES "5.1/extra/sub/b.ko.xz", "module b");
}

static void without_weak_updates(void **state)
{
	const struct fixture *fixture = *state;

	expect_weak(fixture, "");
	install(fixture);
	scratch_write(fixture->root, MODULES "5.2/modules.dep", "");
	expect_weak(fixture, "");
}

static void links_of_other_kinds_do_not_count(void **state)
{
	const struct fixture *fixture = *state;

	install(fixture);
	/* dangling; into another kernel's other file; outside; a file; of its own kernel */
	scratch_symlink(fixture->root, MODULES "5.2/weak-updates/a.ko.xz",
			"../../5.1/extra/gone/a.ko.xz");
	scratch_write(fixture->root, MODULES "5.1/kernel/a.ko.xz", "another module a");
	scratch_symlink(fixture->root, MODULES "5.3/weak-updates/a.ko.xz",
			"../../5.1/kernel/a.ko.xz");
	scratch_write(fixture->root, "elsewhere/a.ko.xz", "module a");
	scratch_symlink(fixture->root, MODULES "5.4/weak-updates/a.ko.xz", "/elsewhere/a.ko.xz");
	scratch_write(fixture->root, MODULES "5.5/weak-updates/a.ko.xz", "module a");
	scratch_symlink(fixture->root, MODULES "5.1/weak-updates/a.ko.xz", "../extra/a.ko.xz");
	for (int minor = 1; minor <= 5; minor++) {
		cleanup(free_string) char *path = text_format(MODULES "5.%d/weak-updates/b.ko.xz",
							      minor);

		scratch_symlink(fixture->root, path, "../../5.1/extra/sub/b.ko.xz");
	}
	expect_weak(fixture, "");
}

static void every_module_must_be_linked(void **state)
{
	const struct fixture *fixture = *state;

	install(fixture);
	scratch_symlink(fixture->root, MODULES "5.2/weak-updates/a.ko.xz",
			"/lib/modules/5.1/extra/a.ko.xz");
	expect_weak(fixture, "");
	scratch_symlink(fixture->root, MODULES "5.2/weak-updates/sub/b.ko.xz",
			"../../../5.1/extra/sub/b.ko.xz");
	expect_weak(fixture, "5.2/x86_64<5.1");
}

static void only_an_active_build_is_linked_from(void **state)
{
	const struct fixture *fixture = *state;

	install(fixture);
	scratch_symlink(fixture->root, MODULES "5.2/weak-updates/a.ko.xz",
			"../../5.1/extra/a.ko.xz");
	scratch_symlink(fixture->root, MODULES "5.2/weak-updates/b.ko.xz",
			"../../5.1/extra/sub/b.ko.xz");
	scratch_symlink(fixture->root, TREE "foo/kernel-5.1-x86_64", "2.0/5.1/x86_64");
	expect_weak(fixture, "");
}

/* With symlink_modules the installed file is itself a link into the tree. */
static void linked_modules_and_several_kernels(void **state)
{
	const struct fixture *fixture = *state;
	cleanup(free_string) char *product = fixture_path(fixture,
							  TREE "foo/1.0/5.1/x86_64/module/a.ko.xz");

	install(fixture);
	scratch_symlink(fixture->root, MODULES "5.1/extra/a.ko.xz", product);
	for (int minor = 3; minor >= 2; minor--) {
		cleanup(free_string) char *a = text_format(MODULES "5.%d/weak-updates/a.ko.xz",
							   minor);
		cleanup(free_string) char *b = text_format(MODULES "5.%d/weak-updates/b.ko.xz",
							   minor);

		scratch_symlink(fixture->root, a, "../../5.1/extra/a.ko.xz");
		scratch_symlink(fixture->root, b, "../../5.1/extra/sub/b.ko.xz");
	}
	expect_weak(fixture, "5.2/x86_64<5.1 5.3/x86_64<5.1");
}

UNIT_MAIN(FIXTURE_TEST(without_weak_updates), FIXTURE_TEST(links_of_other_kinds_do_not_count),
	  FIXTURE_TEST(every_module_must_be_linked),
	  FIXTURE_TEST(only_an_active_build_is_linked_from),
	  FIXTURE_TEST(linked_modules_and_several_kernels))
