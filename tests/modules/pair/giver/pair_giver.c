// SPDX-License-Identifier: GPL-2.0-or-later
/* Gives a number to the other module of the pair. */
#include <linux/module.h>

int pair_number(void);

int pair_number(void)
{
	return 4711;
}
EXPORT_SYMBOL_GPL(pair_number);

MODULE_DESCRIPTION("Gives a number");
MODULE_LICENSE("GPL");
