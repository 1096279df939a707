/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Builds of other machines whose publisher is not trusted any more. */
#include "inspect/check_parts.h"

#include "base/cleanup.h"
#include "base/text.h"
#include "remote/remote.h"
#include "reuse/pulled.h"
#include "tree/layout.h"
#include "tree/registry.h"
#include "trust/trust.h"

static bool is_trusted(const struct trust *trust, const struct module_id *id,
		       const struct pulled *pulled)
{
	cleanup(strv_free) struct strv keys = {0};
	cleanup(error_clear) struct error unreadable = {0};

	return trust && trust_list_keys(trust, id->name, pulled->remote, &keys, &unreadable) == 0 &&
	       strv_contains(&keys, pulled->key_id);
}

static void check_build(struct check *check, const struct trust *trust, const struct module_id *id,
			const struct kernel_id *kernel)
{
	cleanup(free_string) char *product = layout_product(check->settings, id, kernel);
	cleanup(pulled_free_handler) struct pulled *pulled = NULL;
	cleanup(error_clear) struct error none = {0};

	if (pulled_read(product, &pulled, &none) < 0 || is_trusted(trust, id, pulled))
		return;
	cleanup(free_string) char *host = remote_host(pulled->remote);

	check_about(
		check_find(check, "publisher-not-trusted", REPAIR_BY_HAND, product,
			   "it was pulled from %s and signed by \"%s\" (%s), who is not trusted "
			   "here any more",
			   host, pulled->publisher, pulled->key_id),
		id, kernel);
}

static bool is_pulled(const struct check *check, const struct module_id *id,
		      const struct kernel_ids *kernels)
{
	for (size_t i = 0; i < kernels->count; i++) {
		cleanup(free_string) char *product = layout_product(check->settings, id,
								    &kernels->items[i]);
		cleanup(pulled_free_handler) struct pulled *pulled = NULL;
		cleanup(error_clear) struct error none = {0};

		if (pulled_read(product, &pulled, &none) == 0)
			return true;
	}
	return false;
}

int check_publishers(struct check *check, const struct module_id *id, struct error *error)
{
	cleanup(kernel_ids_free) struct kernel_ids kernels = {0};
	cleanup(trust_free_handler) struct trust *trust = NULL;
	cleanup(error_clear) struct error unusable = {0};

	if (registry_list_kernels(check->settings, id, &kernels, error) < 0)
		return error->code;
	if (!is_pulled(check, id, &kernels))
		return 0;
	/* Where the publishers cannot be told, nobody is trusted. */
	(void)trust_load(check->settings, NULL, &trust, &unusable);
	for (size_t i = 0; i < kernels.count; i++)
		check_build(check, trust, id, &kernels.items[i]);
	return 0;
}
