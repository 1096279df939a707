/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include "base/cleanup.h"
#include "tree/layout.h"

static char tree[] = "/tree", tree_with_slash[] = "/tree/";
static char *const trees[] = {tree, tree_with_slash};

static char name[] = "foo", version[] = "1.0", release[] = "6.1.0-5", arch[] = "x86_64";
static const struct module_id id = {name, version};
static const struct kernel_id kernel = {release, arch};

/* The path must be the wanted one, and is released. */
static void expect(char *path, const char *wanted)
{
	assert_string_equal(path, wanted);
	free(path);
}

static void module_paths(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		const struct settings settings = {.dkms_tree = trees[i]};

		expect(layout_module(&settings, "foo"), "/tree/foo");
		expect(layout_version(&settings, &id), "/tree/foo/1.0");
		expect(layout_source_link(&settings, &id), "/tree/foo/1.0/source");
		expect(layout_build(&settings, &id), "/tree/foo/1.0/build");
		expect(layout_tarballs(&settings, &id), "/tree/foo/1.0/tarball");
	}
}

static void kernel_paths(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		const struct settings settings = {.dkms_tree = trees[i]};

		expect(layout_product(&settings, &id, &kernel), "/tree/foo/1.0/6.1.0-5/x86_64");
		expect(layout_product_modules(&settings, &id, &kernel),
		       "/tree/foo/1.0/6.1.0-5/x86_64/module");
		expect(layout_product_log(&settings, &id, &kernel),
		       "/tree/foo/1.0/6.1.0-5/x86_64/log/make.log");
		expect(layout_active_link(&settings, "foo", &kernel),
		       "/tree/foo/kernel-6.1.0-5-x86_64");
		expect(layout_originals(&settings, "foo", &kernel),
		       "/tree/foo/original_module/6.1.0-5/x86_64");
	}
	expect(layout_active_target(&id, &kernel), "1.0/6.1.0-5/x86_64");
}

static void paths_of_the_whole_tree(void **state)
{
	const struct settings settings = {.dkms_tree = tree};

	(void)state;
	expect(layout_mok_key(&settings), "/tree/mok.key");
	expect(layout_mok_certificate(&settings), "/tree/mok.pub");
	expect(layout_post_transaction_log(&settings), "/tree/post_transaction.log");
	expect(layout_private(&settings, "lock"), "/tree/.dkms/lock");
}

static void system_paths_follow_the_root(void **state)
{
	char none[] = "", image_root[] = "/image";
	char source[] = "/usr/src/", image_source[] = "/image/usr/src";
	const struct settings real = {.root = none, .source_tree = source};
	const struct settings image = {.root = image_root, .source_tree = image_source};

	(void)state;
	expect(layout_source_directory(&real, &id), "/usr/src/foo-1.0");
	expect(layout_source_directory(&image, &id), "/image/usr/src/foo-1.0");
	expect(layout_override(&real, "foo", "post.sh"), "/etc/dkms/foo/post.sh");
	expect(layout_override(&image, "foo", "patches/a"), "/image/etc/dkms/foo/patches/a");
}

UNIT_MAIN(cmocka_unit_test(module_paths), cmocka_unit_test(kernel_paths),
	  cmocka_unit_test(paths_of_the_whole_tree), cmocka_unit_test(system_paths_follow_the_root))
