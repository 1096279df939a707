/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "boot/initramfs_fields.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/text.h"
#include "boot/in_root.h"

enum { WORD_LIMIT = 64 };

/* The first word of a small file of the system, owned by the caller; NULL if it is no plain name.
 */
static char *read_word(const char *path)
{
	cleanup(free_string) char *text = file_read_if_possible(path, WORD_LIMIT);

	if (!text)
		return NULL;
	cleanup(free_string) char *word = text_trimmed(text);

	return path_is_plain_name(word) ? TAKE(word) : NULL;
}

static char *find_vmlinuz(const struct initramfs_fields *fields)
{
	cleanup(free_string) char *own = path_join(fields->settings->install_tree, fields->release,
						   "vmlinuz", NULL);
	cleanup(free_string) char *name = text_format("/boot/vmlinuz-%s", fields->release);
	cleanup(free_string) char *in_boot = settings_path(fields->settings, name);
	const char *found = file_is_regular(own) ? own : in_boot;

	return file_is_regular(found) ? xstrdup(in_root_path(fields->settings, found)) : NULL;
}

char *initramfs_field(const void *context, const char *name)
{
	const struct initramfs_fields *fields = context;
	const struct settings *settings = fields->settings;
	cleanup(free_string) char *path = NULL;

	if (text_equal(name, "release"))
		return xstrdup(fields->release);
	if (text_equal(name, "image"))
		return fields->image ? xstrdup(fields->image) : NULL;
	if (text_equal(name, "new"))
		return fields->new_image ? xstrdup(fields->new_image) : NULL;
	if (text_equal(name, "vmlinuz"))
		return find_vmlinuz(fields);
	if (text_equal(name, "machine"))
		path = settings_path(settings, "/etc/machine-id");
	else if (text_equal(name, "pkgbase"))
		path = path_join(settings->install_tree, fields->release, "pkgbase", NULL);
	return path ? read_word(path) : NULL;
}
