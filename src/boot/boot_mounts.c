/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "boot/boot_mounts.h"

#include <stdlib.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/strv.h"
#include "base/text.h"

#define FILE_LIMIT ((size_t)4 << 20)

enum { SOURCE, DIRECTORY, TYPE, OPTIONS, FIELDS };

static const char *const boot_directories[] = {"/", "/usr", "/boot", "/boot/efi", "/efi"};

/* File systems of no device and no module, and what systemd does not wait for as one. */
static const char *const passed_over[] = {"swap",     "tmpfs", "proc", "sysfs", "devpts",
					  "devtmpfs", "none",  "auto", "rootfs"};

static bool is_one_of(const char *word, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (text_equal(word, words[i]))
			return true;
	return false;
}

static bool is_boot_directory(char *const *fields)
{
	return is_one_of(fields[DIRECTORY], boot_directories,
			 sizeof(boot_directories) / sizeof(*boot_directories));
}

static bool is_mounted_at_boot(char *const *fields)
{
	cleanup(strv_free) struct strv options = {0};

	strv_split(&options, fields[OPTIONS], ",");
	return !strv_contains(&options, "nofail") && !strv_contains(&options, "noauto");
}

static void add(struct boot_mounts *mounts, char *const *fields)
{
	if (text_equal(fields[TYPE], "rootfs"))
		return;
	*ARRAY_ADD(mounts->items, mounts->count) = (struct boot_mount){
		xstrdup(fields[SOURCE]), xstrdup(fields[DIRECTORY]), xstrdup(fields[TYPE])};
}

/* Adds the lines of one of the two files that count. */
static void read_table(const struct settings *settings, const char *name,
		       bool (*counts)(char *const *fields), struct boot_mounts *mounts)
{
	cleanup(free_string) char *path = settings_path(settings, name);
	cleanup(strv_free) struct strv lines = {0};
	const char *line;

	cleanup(free_string) char *text = file_read_if_possible(path, FILE_LIMIT);

	strv_split(&lines, text ? text : "", "\n");
	STRV_FOREACH (line, &lines) {
		cleanup(strv_free) struct strv fields = {0};

		strv_split(&fields, line, " \t");
		if (fields.count >= FIELDS && *fields.items[0] != '#' && counts(fields.items))
			add(mounts, fields.items);
	}
}

static bool counts_in_fstab(char *const *fields)
{
	return is_mounted_at_boot(fields) && *fields[DIRECTORY] == '/' &&
	       !is_one_of(fields[TYPE], passed_over, sizeof(passed_over) / sizeof(*passed_over));
}

void boot_mounts_read(const struct settings *settings, struct boot_mounts *mounts)
{
	read_table(settings, "/proc/mounts", is_boot_directory, mounts);
	read_table(settings, "/etc/fstab", counts_in_fstab, mounts);
}

void boot_mounts_free(struct boot_mounts *mounts)
{
	for (size_t i = 0; i < mounts->count; i++) {
		free(mounts->items[i].source);
		free(mounts->items[i].directory);
		free(mounts->items[i].type);
	}
	free(mounts->items);
	*mounts = (struct boot_mounts){0};
}
