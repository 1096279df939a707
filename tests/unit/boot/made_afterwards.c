/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include "boot/initramfs_tool.h"
#include "scratch.h"

struct row {
	const char *hook; /* NULL: dkms was not run by one */
	const char *file;
	mode_t mode;
	bool follows;
};

static const struct row rows[] = {
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
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		cleanup(scratch_remove) char *scratch = scratch_make();
		cleanup(settings_free) struct settings settings = {0};

		settings_init(&settings, scratch);
		scratch_write_bytes(scratch, rows[i].file, "#!/bin/sh\n", 10, rows[i].mode);
		assert_int_equal(rows[i].hook ? setenv("DKMS_KERNEL_HOOK", rows[i].hook, 1)
					      : unsetenv("DKMS_KERNEL_HOOK"),
				 0);
		if (initramfs_is_made_afterwards(&settings) != rows[i].follows)
			fail_msg("%s and %s", rows[i].hook ? rows[i].hook : "no hook",
				 rows[i].file);
	}
	assert_int_equal(unsetenv("DKMS_KERNEL_HOOK"), 0);
}

UNIT_MAIN(cmocka_unit_test(hooks_run_in_the_order_of_their_names))
