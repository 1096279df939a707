/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tree/links.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/text.h"

/* Where a directory really is, also one that is still to be made. */
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
