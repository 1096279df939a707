/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "boot/initramfs_images.h"

#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "base/assignments.h"
#include "base/cleanup.h"
#include "base/directory.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/text.h"

enum { WORD_LIMIT = 64, PRESET_LIMIT = 64 << 10 };

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

	return file_is_regular(found) ? settings_to_inside(fields->settings, found) : NULL;
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

static const char unified_suffix[] = ".efi";

bool initramfs_image_is_unified(const char *image)
{
	return text_ends_with(image, unified_suffix);
}

/* Adds the image once. False if it does not exist. */
static bool add_image(const struct settings *settings, const char *path, struct strv *images)
{
	cleanup(free_string) char *image = settings_path(settings, path);

	if (!file_is_regular(image))
		return false;
	if (!strv_contains(images, image))
		strv_add(images, image);
	return true;
}

void initramfs_images_first(const struct settings *settings, const char *release,
			    const char *const *paths, struct strv *images)
{
	const struct initramfs_fields fields = {.settings = settings, .release = release};

	for (size_t i = 0; paths[i]; i++) {
		cleanup(free_string) char *path = template_fill(paths[i], initramfs_field, &fields);

		if (path && add_image(settings, path, images))
			return;
	}
}

/* The words of PRESETS=('default' 'fallback'). */
static void list_presets(const char *text, struct strv *presets)
{
	static const char variable[] = "PRESETS=(";
	const char *at = strstr(text, variable);

	while (at && at > text && at[-1] != '\n')
		at = strstr(at + 1, variable);
	if (!at)
		return;
	at += sizeof(variable) - 1;
	cleanup(free_string) char *words = xstrndup(at, strcspn(at, ")"));

	strv_split(presets, words, " \t\n'\"");
}

void initramfs_images_of_presets(const struct settings *settings, const char *release,
				 struct strv *images)
{
	static const char *const kinds[] = {"image", "uki", "efi_image"};
	const struct initramfs_fields fields = {.settings = settings, .release = release};
	cleanup(free_string) char *path = template_fill("/etc/mkinitcpio.d/{pkgbase}.preset",
							initramfs_field, &fields);
	cleanup(free_string) char *file = path ? settings_path(settings, path) : NULL;
	cleanup(free_string) char *text = file ? file_read_if_possible(file, PRESET_LIMIT) : NULL;
	cleanup(strv_free) struct strv presets = {0};
	const char *preset;

	if (!text)
		return;
	list_presets(text, &presets);
	STRV_FOREACH (preset, &presets)
		for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
			cleanup(free_string) char *name = text_format("%s_%s", preset, kinds[i]);
			cleanup(free_string) char *value = assignments_value(text, name);

			if (value && *value == '/')
				(void)add_image(settings, value, images);
		}
}

/*
 * kernel-install names the image TOKEN-K.efi, or TOKEN-K+TRIES.efi if boots are counted. dracut
 * names it linux-K-MACHINE.efi, perhaps with the build's name after that.
 */
static bool is_of_kernel(const char *name, const char *release, const char *machine)
{
	const char *at = strstr(name, release);
	const char *rest = at ? at + strlen(release) : NULL;

	if (!initramfs_image_is_unified(name) || !at || (at > name && at[-1] != '-'))
		return false;
	return *rest == '+' || text_equal(rest, unified_suffix) ||
	       (machine && *rest == '-' && text_starts_with(rest + 1, machine));
}

void initramfs_images_unified(const struct settings *settings, const char *release,
			      struct strv *images)
{
	static const char *const places[] = {"/boot/efi/EFI/Linux", "/efi/EFI/Linux",
					     "/boot/EFI/Linux"};
	const struct initramfs_fields fields = {.settings = settings, .release = release};
	cleanup(free_string) char *machine = initramfs_field(&fields, "machine");

	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
		cleanup(free_string) char *directory = settings_path(settings, places[i]);
		cleanup(strv_free) struct strv names = {0};
		const char *name;

		directory_list_if_possible(directory, &names);
		STRV_FOREACH (name, &names) {
			cleanup(free_string) char *path = path_join(places[i], name, NULL);

			if (is_of_kernel(name, release, machine))
				(void)add_image(settings, path, images);
		}
	}
}

static void explain_missing(const char *directory, uint64_t needed, uint64_t free_bytes,
			    struct error *error)
{
	cleanup(free_string) char *shown_needed = text_size(needed);
	cleanup(free_string) char *shown_free = text_size(free_bytes);
	cleanup(free_string) char *shown_missing = text_size(needed - free_bytes);

	(void)error_hint(error,
			 "%s has %s free. A new image needs about %s until it replaces the old "
			 "one: %s are missing.",
			 directory, shown_free, shown_needed, shown_missing);
}

/* An image, and the file system that it lies on. */
struct room {
	uint64_t image, free; /* bytes */
	bool is_read_only;
};

static bool measure(const char *image, const char *directory, struct room *ret_room)
{
	struct statvfs system;
	struct stat info;

	if (stat(image, &info) < 0 || statvfs(directory, &system) < 0)
		return false;
	*ret_room = (struct room){
		.image = (uint64_t)info.st_size,
		.free = (uint64_t)system.f_bavail * system.f_frsize,
		.is_read_only = system.f_flag & ST_RDONLY,
	};
	return true;
}

void initramfs_explain_room(const char *image, struct error *error)
{
	cleanup(free_string) char *directory = path_parent(image);
	struct room room;

	if (!measure(image, directory, &room))
		return;
	if (room.is_read_only)
		(void)error_hint(error, "%s is mounted read-only.", directory);
	else if (room.free < room.image)
		explain_missing(directory, room.image, room.free, error);
}

bool initramfs_has_room(const char *image)
{
	cleanup(free_string) char *directory = path_parent(image);
	struct room room;

	return !measure(image, directory, &room) || room.free >= room.image + room.image / 4;
}
