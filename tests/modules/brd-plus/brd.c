// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Takes the place of the kernel's own brd, the RAM disk, and has no disks at all. The original
 * says "brd: module loaded", so that the kernel's log tells which of them it was.
 */
#include <linux/module.h>

static int __init brd_init(void)
{
	pr_info("brd: replacement loaded, version %s\n", THIS_MODULE->version);
	return 0;
}

static void __exit brd_exit(void)
{
}

module_init(brd_init);
module_exit(brd_exit);

MODULE_DESCRIPTION("In place of the RAM disk");
MODULE_LICENSE("GPL");
MODULE_VERSION("2.0");
