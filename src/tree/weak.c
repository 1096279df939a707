/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/directory.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/text.h"
#include "tree/layout.h"
#include "tree/registry.h"

/* The builds of one module version that are active on their kernel. */
static int list_installed(const struct settings *settings, const struct module_id *id,
			  struct kernel_ids *installed, struct error *error)
{
	cleanup(kernel_ids_free) struct kernel_ids built = {0};

	if (registry_list_kernels(settings, id, &built, error) < 0)
		return error->code;
	for (size_t i = 0; i < built.count; i++)
		if (registry_is_installed(settings, id, &built.items[i]))
			kernel_ids_add(installed, built.items[i].release, built.items[i].arch);
	return 0;
}

static bool is_link(const char *name, mode_t mode)
{
	(void)name;
	return S_ISLNK(mode);
}

/*
 * Where a link points, its directory resolved, owned by the caller, or NULL. The file itself is
 * not resolved: with symlink_modules it is a link on into the tree.
 */
static char *link_destination(const struct settings *settings, const char *link)
{
	cleanup(free_string) char *target = file_readlink(link);
	cleanup(free_string) char *from = path_parent(link);

	if (!target)
		return NULL;
	cleanup(free_string) char *path = *target != '/' ? path_join(from, target, NULL)
					  : path_is_within(target, settings->install_tree)
						  ? xstrdup(target)
						  : settings_path(settings, target);
	cleanup(free_string) char *parent = path_parent(path);
	cleanup(free_string) char *real = realpath(parent, NULL);

	return real ? path_join(real, path_basename(path), NULL) : NULL;
}

/* True if one of the links named as the built module leads to its copy in the kernel `home`. */
static bool is_linked(const struct settings *settings, const struct strv *links, const char *module,
		      const char *home)
{
	const char *link;

	STRV_FOREACH (link, links) {
		if (!text_equal(path_basename(link), path_basename(module)))
			continue;
		cleanup(free_string) char *file = link_destination(settings, link);

		if (file && path_is_within(file, home) && file_same_content(file, module))
			return true;
	}
	return false;
}

/* True if every module of the build is linked: a part of a package is of no use. */
static bool is_weakly_installed(const struct settings *settings, const struct module_id *id,
				const struct kernel_id *from, const struct strv *links)
{
	cleanup(free_string) char *modules = layout_product_modules(settings, id, from);
	cleanup(free_string) char *kernel = path_join(settings->install_tree, from->release, NULL);
	cleanup(free_string) char *home = realpath(kernel, NULL);
	cleanup(strv_free) struct strv names = {0};
	cleanup(error_clear) struct error unreadable = {0};
	const char *name;
	size_t linked = 0;

	if (!home || directory_list(modules, &names, &unreadable) < 0)
		return false;
	STRV_FOREACH (name, &names) {
		cleanup(free_string) char *module = path_join(modules, name, NULL);

		if (!strstr(name, ".ko"))
			continue;
		if (!is_linked(settings, links, module, home))
			return false;
		linked++;
	}
	return linked > 0;
}

struct weak_list {
	struct weak_link *items;
	size_t count;
};

static void weak_list_release(struct weak_list *list)
{
	weak_links_free(list->items, list->count);
}

static int add_weak(const struct settings *settings, const struct module_id *id,
		    const struct kernel_ids *installed, const char *release, struct weak_list *list,
		    struct error *error)
{
	cleanup(free_string) char *directory = path_join(settings->install_tree, release,
							 "weak-updates", NULL);
	cleanup(strv_free) struct strv links = {0};

	if (directory_find(directory, is_link, &links, error) < 0)
		return error->code;
	for (size_t i = 0; i < installed->count && links.count; i++) {
		const struct kernel_id *from = &installed->items[i];

		if (text_equal(from->release, release) ||
		    !is_weakly_installed(settings, id, from, &links))
			continue;
		*ARRAY_ADD(list->items, list->count) = (struct weak_link){
			.kernel = kernel_id_new(release, from->arch),
			.from_release = xstrdup(from->release)};
	}
	return 0;
}

int registry_list_weak_releases(const struct settings *settings, struct strv *releases,
				struct error *error)
{
	cleanup(strv_free) struct strv all = {0};
	const char *release;

	if (directory_list(settings->install_tree, &all, error) < 0)
		return error->code;
	STRV_FOREACH (release, &all) {
		cleanup(free_string) char *directory = path_join(settings->install_tree, release,
								 "weak-updates", NULL);

		if (file_is_directory(directory))
			strv_add(releases, release);
	}
	return 0;
}

int registry_list_weak(const struct settings *settings, const struct module_id *id,
		       const struct strv *releases, struct weak_link **ret_links, size_t *ret_count,
		       struct error *error)
{
	cleanup(kernel_ids_free) struct kernel_ids installed = {0};
	cleanup(weak_list_release) struct weak_list list = {0};
	const char *release;

	if (releases->count && list_installed(settings, id, &installed, error) < 0)
		return error->code;
	STRV_FOREACH (release, releases)
		if (add_weak(settings, id, &installed, release, &list, error) < 0)
			return error->code;
	*ret_links = TAKE(list.items);
	*ret_count = list.count;
	list.count = 0;
	return 0;
}

void weak_links_free(struct weak_link *links, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		kernel_id_free(&links[i].kernel);
		free(links[i].from_release);
	}
	free(links);
}
