/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include "boot/initramfs_config.h"
#include "scratch.h"

struct row {
	enum initramfs_maker maker;
	const char *file, *text;
	const char *named; /* set apart by blanks */
	const char *unnamed;
};

static const struct row rows[] = {
	{INITRAMFS_TOOLS, "etc/initramfs-tools/modules", "# foo\n\n  my-driver opt=1\nzfs # bar\n",
	 "my_driver zfs", "foo opt bar opt=1"},
	{INITRAMFS_TOOLS, "usr/share/initramfs-tools/modules.d/x", "zfs\n", "zfs", "x"},
	{INITRAMFS_DRACUT, "etc/dracut.conf.d/a.conf",
	 "add_drivers+=\" one two-b \"\nforce_drivers+=' three'\n#add_drivers+=\" four \"\n"
	 "install_items+=\" /lib/modules/6.1/extra/five.ko.xz /etc/six \"\n"
	 "omit_drivers+=\" seven \"\nmy_add_drivers=eight\nadd_drivers=nine; add_drivers+=ten\n",
	 "one two_b three five nine ten", "four seven eight add_drivers"},
	{INITRAMFS_DRACUT, "etc/dracut.conf.d/a.txt", "add_drivers+=\" one \"\n", "", "one"},
	{INITRAMFS_DRACUT, "usr/lib/dracut/dracut.conf.d/b.conf", "add_drivers+=\"one\ntwo\"\n",
	 "one two", "three"},
	{INITRAMFS_MKINITCPIO, "etc/mkinitcpio.conf",
	 "MODULES=(one\n  'two' \"three\" # four\n)\nHOOKS=(base five)\n", "one two three",
	 "four five base"},
	{INITRAMFS_MKINITCPIO, "etc/mkinitcpio.conf.d/x.conf",
	 "MODULES+=(zfs)\nMODULES=\"old way\"", "zfs old way", "MODULES"},
	{INITRAMFS_MKINITCPIO, "etc/mkinitcpio.conf", "MODULES=(", "", "one"},
	{INITRAMFS_DRACUT, "etc/dracut.conf", "add_drivers+=\"never closed", "never closed", "one"},
};

static void expect(const struct row *row, const struct settings *settings, const char *file,
		   const char *words, bool named)
{
	cleanup(strv_free) struct strv names = {0};
	const char *name;

	strv_split(&names, words, " ");
	STRV_FOREACH (name, &names)
		for (int maker = INITRAMFS_TOOLS; maker < INITRAMFS_MAKERS; maker++) {
			cleanup(free_string) char *found = initramfs_config_file(
				settings, (enum initramfs_maker)maker, name);

			if (named && maker == (int)row->maker) {
				if (!found)
					fail_msg("%s does not name %s", row->file, name);
				assert_string_equal(found, file);
			} else if (found) {
				fail_msg("%s names %s", found, name);
			}
		}
}

static void each_tool_names_modules_its_own_way(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		cleanup(scratch_remove) char *scratch = scratch_make();
		cleanup(settings_free) struct settings settings = {0};
		cleanup(free_string) char *file = path_join(scratch, rows[i].file, NULL);

		settings_init(&settings, scratch);
		scratch_write(scratch, rows[i].file, rows[i].text);
		expect(&rows[i], &settings, file, rows[i].named, true);
		expect(&rows[i], &settings, file, rows[i].unnamed, false);
	}
}

struct hook_row {
	const char *hook; /* NULL: dkms was not run by one */
	const char *file;
	mode_t mode;
	bool follows;
};

static const struct hook_row hook_rows[] = {
	{"postinst.d", "etc/kernel/postinst.d/initramfs-tools", 0755, true},
	{"postinst.d", "etc/kernel/postinst.d/dracut", 0755, true},
	{"postinst.d", "usr/share/kernel/postinst.d/zz-initramfs", 0755, true},
	{"postinst.d", "etc/kernel/postinst.d/initramfs-tools", 0644, false},
	{"postinst.d", "etc/kernel/postinst.d/zz-update-grub", 0755, false},
	{"postinst.d", "etc/kernel/postinst.d/aa-initramfs", 0755, false},
	{"postinst.d", "etc/kernel/header_postinst.d/initramfs-tools", 0755, false},
	{"header_postinst.d", "etc/kernel/postinst.d/initramfs-tools", 0755, false},
	{NULL, "etc/kernel/postinst.d/initramfs-tools", 0755, false},
	{"kernel-install", "usr/lib/kernel/install.d/50-dracut.install", 0755, true},
	{"kernel-install", "etc/kernel/install.d/50-mkinitcpio.install", 0755, true},
	{"kernel-install", "usr/lib/kernel/install.d/30-dracut.install", 0755, false},
	{"kernel-install", "usr/lib/kernel/install.d/90-loaderentry.install", 0755, false},
};

static void hooks_run_in_the_order_of_their_names(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(hook_rows) / sizeof(*hook_rows); i++) {
		cleanup(scratch_remove) char *scratch = scratch_make();
		cleanup(settings_free) struct settings settings = {0};

		settings_init(&settings, scratch);
		scratch_write_bytes(scratch, hook_rows[i].file, "#!/bin/sh\n", 10,
				    hook_rows[i].mode);
		assert_int_equal(hook_rows[i].hook
					 ? setenv("DKMS_KERNEL_HOOK", hook_rows[i].hook, 1)
					 : unsetenv("DKMS_KERNEL_HOOK"),
				 0);
		if (initramfs_is_made_afterwards(&settings) != hook_rows[i].follows)
			fail_msg("%s and %s", hook_rows[i].hook ? hook_rows[i].hook : "no hook",
				 hook_rows[i].file);
	}
	assert_int_equal(unsetenv("DKMS_KERNEL_HOOK"), 0);
}

UNIT_MAIN(cmocka_unit_test(each_tool_names_modules_its_own_way),
	  cmocka_unit_test(hooks_run_in_the_order_of_their_names))
