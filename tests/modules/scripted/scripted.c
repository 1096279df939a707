// SPDX-License-Identifier: GPL-2.0-or-later
/* Compiles only when its patches are applied and its PRE_BUILD script has made the header. */
#include <linux/module.h>

#include "made_by_pre_build.h"

static int __init scripted_init(void)
{
	pr_info("scripted: %s, %s\n", GREETING, KERNEL_SAYS);
	return 0;
}

static void __exit scripted_exit(void)
{
}

module_init(scripted_init);
module_exit(scripted_exit);

MODULE_DESCRIPTION("Made by patches and scripts");
MODULE_LICENSE("GPL");
