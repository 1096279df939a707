/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "boot/loader.h"

#include <errno.h>
#include <string.h>

#include "base/assignments.h"
#include "base/cleanup.h"
#include "base/directory.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/strv.h"
#include "base/text.h"
#include "boot/in_root.h"

#define FILE_LIMIT ((size_t)4 << 20)

enum { TOOL_SECONDS = 60, SAID_LIMIT = 65536 };

struct boot_loader {
	const char *name;
	const char *mark; /* a file or directory that tells that it is in use */
	const char *tool;
	const char *environment; /* GRUB's grubenv; NULL: the tool tells the default */
	const char *setup;       /* the command that makes its configuration again */
};

static const struct boot_loader loaders[] = {
	{"GRUB", "/boot/grub/grub.cfg", "/usr/bin/grub-editenv", "/boot/grub/grubenv",
	 "update-grub"},
	{"GRUB 2", "/boot/grub2/grub.cfg", "/usr/bin/grub2-editenv", "/boot/grub2/grubenv",
	 "grub2-mkconfig -o /boot/grub2/grub.cfg"},
	{"systemd-boot", "/boot/loader/entries", "/usr/bin/bootctl", NULL, NULL},
	{"systemd-boot on /efi", "/efi/loader/entries", "/usr/bin/bootctl", NULL, NULL},
	{"systemd-boot on /boot/efi", "/boot/efi/loader/entries", "/usr/bin/bootctl", NULL, NULL},
};

enum { LOADERS = sizeof(loaders) / sizeof(*loaders) };

/* Text of a file below the root, owned by the caller; "" if it cannot be read. */
static char *read_text(const struct settings *settings, const char *name)
{
	cleanup(free_string) char *path = settings_path(settings, name);
	char *text = file_read_if_possible(path, FILE_LIMIT);

	return text ? text : xstrdup("");
}

const struct boot_loader *boot_loader_find(const struct settings *settings, const char *name)
{
	for (size_t i = 0; i < LOADERS; i++) {
		cleanup(free_string) char *mark = settings_path(settings, loaders[i].mark);
		cleanup(free_string) char *tool = settings_path(settings, loaders[i].tool);

		if (name ? text_equal(name, loaders[i].name)
			 : file_exists(mark) && file_is_executable(tool))
			return &loaders[i];
	}
	return NULL;
}

const char *boot_loader_name(const struct boot_loader *loader)
{
	return loader->name;
}

int boot_loader_require_settable(const struct boot_loader *loader, const struct settings *settings,
				 struct error *error)
{
	cleanup(free_string) char *text = read_text(settings, "/etc/default/grub");
	cleanup(free_string) char *value = assignments_value(text, "GRUB_DEFAULT");

	if (!loader->environment || text_equal(value, "saved"))
		return 0;
	return error_set(error, -ENOTSUP, 0,
			 "The default entry of %s cannot be held: /etc/default/grub says "
			 "GRUB_DEFAULT=%s.\nSet GRUB_DEFAULT=saved there and run %s.",
			 loader->name, value ? value : "0", loader->setup);
}

/* What stands in quotes after $menuentry_id_option, owned by the caller, or NULL. */
static char *entry_id(const char *line)
{
	static const char option[] = "$menuentry_id_option '";
	const char *at = strstr(line, option);

	if (!at)
		return NULL;
	at += strlen(option);
	return xstrndup(at, strcspn(at, "'"));
}

/* "SUBMENU>ENTRY" of grub.cfg, or NULL. */
static char *grub_entry(const struct boot_loader *loader, const struct settings *settings,
			const char *release)
{
	cleanup(free_string) char *text = read_text(settings, loader->mark);
	cleanup(free_string) char *prefix = text_format("gnulinux-%s-advanced-", release);
	cleanup(free_string) char *submenu = NULL;
	cleanup(strv_free) struct strv lines = {0};
	const char *line;

	strv_split(&lines, text, "\n");
	STRV_FOREACH (line, &lines) {
		cleanup(free_string) char *id = entry_id(line);

		if (text_starts_with(line, "submenu "))
			text_assign(&submenu, id);
		else if (*line == '}')
			text_assign(&submenu, NULL);
		else if (id && text_starts_with(id, prefix))
			return submenu ? text_format("%s>%s", submenu, id) : TAKE(id);
	}
	return NULL;
}

/* The file of a boot loader entry for the kernel, "MACHINE-K.conf", or NULL. */
static char *entry_file(const struct settings *settings, const char *directory, const char *release)
{
	cleanup(free_string) char *path = settings_path(settings, directory);
	cleanup(free_string) char *end = text_format("-%s.conf", release);
	cleanup(free_string) char *counted = text_format("-%s+", release);
	cleanup(strv_free) struct strv names = {0};
	const char *name;

	directory_list_if_possible(path, &names);
	STRV_FOREACH (name, &names)
		if (text_ends_with(name, end) ||
		    (strstr(name, counted) && text_ends_with(name, ".conf")))
			return xstrdup(name);
	return NULL;
}

char *boot_loader_entry(const struct boot_loader *loader, const struct settings *settings,
			const char *release)
{
	char *entry;

	if (!loader->environment)
		return entry_file(settings, loader->mark, release);
	entry = grub_entry(loader, settings, release);
	if (!entry && (entry = entry_file(settings, "/boot/loader/entries", release)))
		entry[strlen(entry) - strlen(".conf")] = '\0';
	return entry;
}

/* After "default entry" of `bootctl`'s own variable, which a file below /sys holds in UTF-16. */
static char *systemd_default(const struct settings *settings)
{
	cleanup(free_string) char *path = settings_path(
		settings, "/sys/firmware/efi/efivars/"
			  "LoaderEntryDefault-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f");
	cleanup(free_string) char *data = NULL;
	cleanup(error_clear) struct error unreadable = {0};
	struct buffer text = {0};
	size_t length = 0;

	(void)file_read(path, FILE_LIMIT, &data, &length, &unreadable);
	for (size_t i = 4; i + 1 < length && data[i]; i += 2)
		buffer_add_char(&text, data[i]);
	return buffer_take(&text);
}

char *boot_loader_default(const struct boot_loader *loader, const struct settings *settings)
{
	static const char key[] = "saved_entry=";
	cleanup(free_string) char *text = NULL;
	cleanup(strv_free) struct strv lines = {0};
	const char *line;

	if (!loader->environment)
		return systemd_default(settings);
	text = read_text(settings, loader->environment);
	strv_split(&lines, text, "\n");
	STRV_FOREACH (line, &lines)
		if (text_starts_with(line, key))
			return xstrdup(line + strlen(key));
	return xstrdup("");
}

static void add_words(const struct boot_loader *loader, const char *entry, struct strv *argv)
{
	strv_add(argv, loader->tool);
	if (!loader->environment) {
		strv_add(argv, "set-default");
		strv_add(argv, entry);
		return;
	}
	strv_add(argv, loader->environment);
	strv_add(argv, *entry ? "set" : "unset");
	strv_add_format(argv, "saved_entry%s%s", *entry ? "=" : "", entry);
}

int boot_loader_set_default(const struct boot_loader *loader, const struct settings *settings,
			    const char *entry, struct error *error)
{
	cleanup(strv_free) struct strv argv = {0};
	cleanup(free_string) char *said = NULL;
	int status = 0;

	add_words(loader, entry, &argv);
	const struct process process = in_root(settings, &argv, TOOL_SECONDS);

	if (process_capture(&process, SAID_LIMIT, &said, NULL, &status, error) < 0)
		return error->code;
	return status ? error_set(error, -EIO, 0, "%s failed with exit status %d", loader->tool,
				  status)
		      : 0;
}
