/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/identity.h"

#include <stdlib.h>

#include "base/memory.h"
#include "base/text.h"

/* The files in /etc/dkms that may change what one dkms.conf says. */

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

static char *copy(const char *text)
{
	return text ? xstrdup(text) : NULL;
}

struct module_id module_id_new(const char *name, const char *version)
{
	return (struct module_id){copy(name), copy(version)};
}

void module_id_free(struct module_id *id)
{
	free(id->name);
	free(id->version);
	*id = (struct module_id){0};
}

bool module_id_equal(const struct module_id *a, const struct module_id *b)
{
	return text_equal(a->name, b->name) && text_equal(a->version, b->version);
}

struct kernel_id kernel_id_new(const char *release, const char *arch)
{
	return (struct kernel_id){copy(release), copy(arch)};
}

void kernel_id_free(struct kernel_id *id)
{
	free(id->release);
	free(id->arch);
	*id = (struct kernel_id){0};
}

bool kernel_id_equal(const struct kernel_id *a, const struct kernel_id *b)
{
	return text_equal(a->release, b->release) && text_equal(a->arch, b->arch);
}

bool kernel_ids_contain(const struct kernel_ids *kernels, const struct kernel_id *kernel)
{
	for (size_t i = 0; i < kernels->count; i++)
		if (kernel_id_equal(&kernels->items[i], kernel))
			return true;
	return false;
}

void kernel_ids_add(struct kernel_ids *kernels, const char *release, const char *arch)
{
	*ARRAY_ADD(kernels->items, kernels->count) = kernel_id_new(release, arch);
}

static int compare_kernels(const void *a, const void *b)
{
	const struct kernel_id *left = a, *right = b;
	int order = version_compare(left->release, right->release);

	return order ? order : strcmp(left->arch, right->arch);
}

void kernel_ids_sort(struct kernel_ids *kernels)
{
	if (kernels->count > 1)
		qsort(kernels->items, kernels->count, sizeof(*kernels->items), compare_kernels);
}

void kernel_ids_free(struct kernel_ids *kernels)
{
	for (size_t i = 0; i < kernels->count; i++)
		kernel_id_free(&kernels->items[i]);
	free(kernels->items);
	*kernels = (struct kernel_ids){0};
}
