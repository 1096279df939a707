/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "boot/gate.h"

#include <errno.h>
#include <string.h>

#include "base/assignments.h"
#include "base/cleanup.h"
#include "base/directory.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/process.h"
#include "base/strv.h"
#include "base/text.h"
#include "tree/layout.h"
#include "tree/registry.h"

#define FILE_LIMIT ((size_t)4 << 20)

enum { TOOL_SECONDS = 60, SAID_LIMIT = 65536 };

/*
 * The boot loaders. dkms reads and sets their default entry: GRUB's in grubenv, which counts if
 * GRUB_DEFAULT is "saved", and systemd-boot's. It touches nothing else of a boot loader.
 */
struct boot_loader {
	const char *name;
	const char *mark; /* a file or directory that shows that the loader is in use */
	const char *tool;
	const char *environment; /* GRUB's grubenv; NULL: the tool prints the default */
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

/* By its recorded name, or the system's own for NULL. NULL: there is no such loader. */
static const struct boot_loader *loader_find(const struct settings *settings, const char *name)
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

/* -ENOTSUP with a remedy if the loader uses no default that can be set. */
static int loader_require_settable(const struct boot_loader *loader,
				   const struct settings *settings, struct error *error)
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

/* The quoted word after $menuentry_id_option, owned by the caller, or NULL. */
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

/* The entry of a kernel, owned by the caller; NULL: it has none. */
static char *loader_entry(const struct boot_loader *loader, const struct settings *settings,
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

/* The default entry from the variable that bootctl sets: a file below /sys holds it in UTF-16. */
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

/* The default entry, owned by the caller; "" if none is set. */
static char *loader_default(const struct boot_loader *loader, const struct settings *settings)
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

/* "" sets none. */
static int loader_set_default(const struct boot_loader *loader, const struct settings *settings,
			      const char *entry, struct error *error)
{
	cleanup(strv_free) struct strv argv = {0};
	cleanup(free_string) char *said = NULL;
	int status = 0;

	add_words(loader, entry, &argv);
	const struct process process = {
		.argv = strv_argv(&argv),
		.root = settings->root,
		.timeout_seconds = TOOL_SECONDS,
	};

	if (process_capture(&process, SAID_LIMIT, &said, NULL, &status, error) < 0)
		return error->code;
	return status ? error_set(error, -EIO, 0, "%s failed with exit status %d", loader->tool,
				  status)
		      : 0;
}

/* The first lines of the file. The modules follow, "M A" each. */
enum { LOADER, SET, BEFORE, FAILS, LINES };

static const char *const keys[LINES] = {"loader ", "set ", "before ", "kernel "};

struct held {
	char *values[LINES];
	struct strv modules;
};

static void held_free(struct held *held)
{
	for (size_t i = 0; i < LINES; i++)
		free_string(&held->values[i]);
	strv_free(&held->modules);
}

static char *file_of(const struct settings *settings)
{
	return layout_private(settings, "boot-gate");
}

/* False: nothing is held, or the file is broken. */
static bool read_held(const struct settings *settings, struct held *held)
{
	cleanup(free_string) char *file = file_of(settings);
	char *rest, *line;
	size_t number = 0;

	cleanup(free_string) char *text = file_read_if_possible(file, FILE_LIMIT);

	if (!text)
		return false;
	rest = text;
	for (; (line = strsep(&rest, "\n")); number++) {
		if (number >= LINES && *line)
			strv_add(&held->modules, line);
		else if (number < LINES && text_starts_with(line, keys[number]))
			held->values[number] = xstrdup(line + strlen(keys[number]));
	}
	for (size_t i = 0; i < LINES; i++)
		if (!held->values[i])
			return false;
	return path_is_plain_name(held->values[FAILS]);
}

static int write_held(const struct settings *settings, const struct held *held, struct error *error)
{
	cleanup(free_string) char *file = file_of(settings);
	cleanup(free_string) char *modules = strv_join(&held->modules, "\n");
	struct buffer text = {0};

	for (size_t i = 0; i < LINES; i++)
		buffer_add_format(&text, "%s%s\n", keys[i], held->values[i]);
	buffer_add_format(&text, "%s\n", modules);
	cleanup(free_string) char *whole = buffer_take(&text);

	return file_write(file, whole, strlen(whole), 0644, error);
}

static int cannot(const char *works, struct error *error)
{
	return error_wrap(error, "The boot gate cannot keep kernel %s as the default", works);
}

int boot_gate_hold(const struct settings *settings, const char *works, const char *fails,
		   const struct strv *modules, struct reporter *reporter, struct error *error)
{
	const struct boot_loader *loader = loader_find(settings, NULL);
	cleanup(held_free) struct held held = {0}, old = {0};
	char *entry;

	if (!loader)
		return error_set(error, -ENOTSUP, 0,
				 "The boot gate cannot keep kernel %s as the default: neither GRUB "
				 "nor systemd-boot is here.",
				 works);
	if (loader_require_settable(loader, settings, error) < 0)
		return cannot(works, error);
	entry = loader_entry(loader, settings, works);
	if (!entry)
		return error_set(error, -ENOTSUP, 0,
				 "The boot gate cannot keep kernel %s as the default: %s has no "
				 "entry for it.",
				 works, loader->name);
	held.values[LOADER] = xstrdup(loader->name);
	held.values[SET] = entry;
	held.values[BEFORE] = loader_default(loader, settings);
	held.values[FAILS] = xstrdup(fails);
	strv_add_all(&held.modules, modules);
	/* The default to restore is the one before dkms set any. */
	if (read_held(settings, &old) && text_equal(old.values[SET], held.values[BEFORE]))
		text_assign(&held.values[BEFORE], old.values[BEFORE]);
	if (write_held(settings, &held, error) < 0 ||
	    loader_set_default(loader, settings, entry, error) < 0)
		return cannot(works, error);
	report(reporter, REPORT_WARNING,
	       "%s boots kernel %s by default now, until kernel %s has its critical modules.",
	       loader->name, works, fails);
	return 0;
}

/* True if a module is still missing on a kernel that is still there. */
static bool is_needed(const struct settings *settings, const struct held *held)
{
	cleanup(free_string) char *directory = path_join(settings->install_tree,
							 held->values[FAILS], NULL);
	const char *line;

	if (!file_is_directory(directory))
		return false;
	STRV_FOREACH (line, &held->modules) {
		cleanup(strv_free) struct strv words = {0};
		cleanup(free_string) char *active = NULL;

		strv_split(&words, line, " ");
		if (words.count != 2 || !path_is_plain_name(words.items[0]))
			continue;
		const struct kernel_id kernel = {held->values[FAILS], words.items[1]};

		active = registry_active_version(settings, words.items[0], &kernel);
		if (!active)
			return true;
	}
	return false;
}

static int give_back(const struct settings *settings, const struct held *held,
		     struct reporter *reporter, struct error *error)
{
	const struct boot_loader *loader = loader_find(settings, held->values[LOADER]);
	cleanup(free_string) char *now = loader ? loader_default(loader, settings) : NULL;

	if (!text_equal(now, held->values[SET]))
		return 0;
	if (loader_set_default(loader, settings, held->values[BEFORE], error) < 0)
		return error_wrap(error, "The default entry of %s cannot be given back",
				  held->values[LOADER]);
	report(reporter, REPORT_LINE, "The old default entry of %s is back.", held->values[LOADER]);
	return 0;
}

int boot_gate_settle(const struct settings *settings, struct reporter *reporter,
		     struct error *error)
{
	cleanup(held_free) struct held held = {0};
	cleanup(free_string) char *file = file_of(settings);

	if (!file_exists(file))
		return 0;
	if (read_held(settings, &held)) {
		if (settings->boot_gate && is_needed(settings, &held))
			return 0;
		if (give_back(settings, &held, reporter, error) < 0)
			return error->code;
	}
	return file_unlink(file, error);
}
