// SPDX-License-Identifier: GPL-2.0-or-later
/* One module that says that it is there. */
#include <linux/module.h>

static int __init hello_init(void)
{
	pr_info("hello: loaded, version %s\n", THIS_MODULE->version);
	return 0;
}

static void __exit hello_exit(void)
{
	pr_info("hello: unloaded\n");
}

module_init(hello_init);
module_exit(hello_exit);

MODULE_DESCRIPTION("Says that it is there");
MODULE_LICENSE("GPL");
MODULE_VERSION("1.0");
