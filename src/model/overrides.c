/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/overrides.h"

void overrides_names(const struct module_id *id, const struct kernel_id *kernel, struct strv *names)
{
	const char *m = id->name, *v = id->version, *k = kernel->release, *a = kernel->arch;

	strv_add_format(names, "%s.conf", m);
	strv_add_format(names, "%s-%s.conf", m, v);
	strv_add_format(names, "%s-%s-%s.conf", m, v, k);
	strv_add_format(names, "%s-%s-%s-%s.conf", m, v, k, a);
	strv_add_format(names, "%s--%s.conf", m, k);
	strv_add_format(names, "%s--%s-%s.conf", m, k, a);
}
