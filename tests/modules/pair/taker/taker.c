// SPDX-License-Identifier: GPL-2.0-or-later
/* Takes a number from the other module of the pair and says it. */
#include <linux/module.h>

int pair_number(void);

static int __init taker_init(void)
{
	pr_info("pair: taken %d\n", pair_number());
	return 0;
}

static void __exit taker_exit(void)
{
}

module_init(taker_init);
module_exit(taker_exit);

MODULE_DESCRIPTION("Takes a number");
MODULE_LICENSE("GPL");
