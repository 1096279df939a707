/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who is meant: a module (package) in one version, and a kernel release with its architecture. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/strv.h"

struct module_id {
	char *name;    /* M */
	char *version; /* V; NULL where only the name is known */
};

struct kernel_id {
	char *release; /* K */
	char *arch;    /* A */
};

struct module_id module_id_new(const char *name, const char *version);
void module_id_free(struct module_id *id);
bool module_id_equal(const struct module_id *a, const struct module_id *b);

struct kernel_id kernel_id_new(const char *release, const char *arch);
void kernel_id_free(struct kernel_id *id);
bool kernel_id_equal(const struct kernel_id *a, const struct kernel_id *b);

/* A vector of kernels. Start with {0}. */
struct kernel_ids {
	struct kernel_id *items;
	size_t count;
};

/* Copies the identity. */
void kernel_ids_add(struct kernel_ids *kernels, const char *release, const char *arch);
bool kernel_ids_contain(const struct kernel_ids *kernels, const struct kernel_id *kernel);
/* By version_compare() of the release, then by architecture. */
void kernel_ids_sort(struct kernel_ids *kernels);
void kernel_ids_free(struct kernel_ids *kernels);

/*
 * Adds the names of M/V's override files for a kernel, whether they exist or not, from the general
 * to the particular: the later one wins.
 */
void overrides_names(const struct module_id *id, const struct kernel_id *kernel,
		     struct strv *names);
