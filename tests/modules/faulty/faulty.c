// SPDX-License-Identifier: GPL-2.0-or-later
/* Does not compile, on purpose. */
#include <linux/module.h>

#error "faulty does not compile"

MODULE_LICENSE("GPL");
