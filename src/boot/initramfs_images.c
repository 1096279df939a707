/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "boot/initramfs_images.h"

#include <string.h>

#include "base/assignments.h"
#include "base/cleanup.h"
#include "base/directory.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/text.h"
#include "boot/initramfs_fields.h"

#define PRESET_LIMIT ((size_t)64 << 10)

static const char unified_suffix[] = ".efi";

bool initramfs_image_is_unified(const char *image)
{
	return text_ends_with(image, unified_suffix);
}

/* True if it is there, and so was added or had been. */
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
 * kernel-install calls it TOKEN-K.efi, or TOKEN-K+TRIES.efi where boots are counted; dracut
 * linux-K-MACHINE.efi, perhaps with the build's name after that.
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
