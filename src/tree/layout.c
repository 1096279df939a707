/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tree/layout.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/text.h"

/*
 * Links that dkms makes in the tree and in kernels' directories. The system inside --root reads
 * them, too, and there DIR is no part of a path: below a root they are relative.
 */

/* The real path of a directory, which need not exist yet. */
static char *real_place(const char *directory)
{
	char *real = realpath(directory, NULL);

	if (real || text_equal(directory, "/"))
		return real ? real : xstrdup(directory);
	cleanup(free_string) char *parent = path_parent(directory);
	cleanup(free_string) char *real_parent = real_place(parent);

	return path_join(real_parent, path_basename(directory), NULL);
}

static size_t depth_below(const char *path, const char *root)
{
	size_t depth = 0;

	for (path += strlen(root); *path; path++)
		depth += *path == '/' && path[1] && path[1] != '/';
	return depth;
}

char *tree_link_text(const struct settings *settings, const char *link, const char *target)
{
	const char *root = settings->root;

	if (text_empty(root) || !path_is_within(link, root) || !path_is_within(target, root))
		return xstrdup(target);
	cleanup(free_string) char *parent = path_parent(link);
	cleanup(free_string) char *place = real_place(parent);
	cleanup(free_string) char *real_root = real_place(root);

	if (!path_is_within(place, real_root))
		return xstrdup(target);
	struct buffer text = {0};

	for (size_t i = depth_below(place, real_root); i > 0; i--)
		buffer_add_text(&text, "../");
	target += strlen(root);
	buffer_add_text(&text, target + strspn(target, "/"));
	return buffer_take(&text);
}

bool tree_link_leads_to(const struct settings *settings, const char *link, const char *target)
{
	cleanup(free_string) char *held = file_readlink(link);
	cleanup(free_string) char *text = tree_link_text(settings, link, target);

	return held && (text_equal(held, text) || text_equal(held, target));
}

char *layout_module(const struct settings *settings, const char *name)
{
	return path_join(settings->dkms_tree, name, NULL);
}

char *layout_version(const struct settings *settings, const struct module_id *id)
{
	return path_join(settings->dkms_tree, id->name, id->version, NULL);
}

char *layout_source_link(const struct settings *settings, const struct module_id *id)
{
	return path_join(settings->dkms_tree, id->name, id->version, "source", NULL);
}

char *layout_build(const struct settings *settings, const struct module_id *id)
{
	return path_join(settings->dkms_tree, id->name, id->version, "build", NULL);
}

char *layout_tarballs(const struct settings *settings, const struct module_id *id)
{
	return path_join(settings->dkms_tree, id->name, id->version, "tarball", NULL);
}

char *layout_product(const struct settings *settings, const struct module_id *id,
		     const struct kernel_id *kernel)
{
	return path_join(settings->dkms_tree, id->name, id->version, kernel->release, kernel->arch,
			 NULL);
}

char *layout_product_modules(const struct settings *settings, const struct module_id *id,
			     const struct kernel_id *kernel)
{
	cleanup(free_string) char *product = layout_product(settings, id, kernel);

	return path_join(product, "module", NULL);
}

char *layout_product_log(const struct settings *settings, const struct module_id *id,
			 const struct kernel_id *kernel)
{
	cleanup(free_string) char *product = layout_product(settings, id, kernel);

	return path_join(product, "log/make.log", NULL);
}

char *layout_failed(const struct settings *settings, const struct module_id *id,
		    const struct kernel_id *kernel, const char *suffix)
{
	cleanup(free_string) char *home = layout_version(settings, id);

	return text_format("%s/.failed/%s-%s%s", home, kernel->release, kernel->arch, suffix);
}

char *layout_active_link(const struct settings *settings, const char *name,
			 const struct kernel_id *kernel)
{
	cleanup(free_string) char *link = text_format("kernel-%s-%s", kernel->release,
						      kernel->arch);

	return path_join(settings->dkms_tree, name, link, NULL);
}

char *layout_active_target(const struct module_id *id, const struct kernel_id *kernel)
{
	return path_join(id->version, kernel->release, kernel->arch, NULL);
}

char *layout_originals(const struct settings *settings, const char *name,
		       const struct kernel_id *kernel)
{
	return path_join(settings->dkms_tree, name, "original_module", kernel->release,
			 kernel->arch, NULL);
}

char *layout_mok_key(const struct settings *settings)
{
	return settings_own_key(settings);
}

char *layout_mok_certificate(const struct settings *settings)
{
	return path_join(settings->dkms_tree, "mok.pub", NULL);
}

char *layout_post_transaction_log(const struct settings *settings)
{
	return path_join(settings->dkms_tree, "post_transaction.log", NULL);
}

char *layout_private(const struct settings *settings, const char *name)
{
	return path_join(settings->dkms_tree, ".dkms", name, NULL);
}

char *layout_cache(const struct settings *settings, const char *name)
{
	cleanup(free_string) char *usual = settings_path(settings, "/var/lib/dkms");
	cleanup(free_string) char *cache = settings_path(settings, "/var/cache/dkms");

	if (text_equal(settings->dkms_tree, usual))
		return path_join(cache, name, NULL);
	return path_join(settings->dkms_tree, ".dkms/cache", name, NULL);
}

char *layout_source_directory(const struct settings *settings, const struct module_id *id)
{
	cleanup(free_string) char *directory = text_format("%s-%s", id->name, id->version);

	return path_join(settings->source_tree, directory, NULL);
}

char *layout_override(const struct settings *settings, const char *module, const char *name)
{
	cleanup(free_string) char *overrides = settings_path(settings, "/etc/dkms");

	return path_join(overrides, module, name, NULL);
}
