/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "boot/devices.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/cleanup.h"
#include "base/directory.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/strv.h"
#include "base/text.h"
#include "kernel/module_lists.h"

enum { LINE_LIMIT = 4096, DEVICES_LIMIT = 65536, DEPTH_LIMIT = 16 };

static void add_once(struct strv *modules, const char *name)
{
	cleanup(free_string) char *kernel_name = module_kernel_name(name);

	if (*kernel_name && !strv_contains(modules, kernel_name))
		strv_add(modules, kernel_name);
}

/* A small file without its newline, owned by the caller; NULL if it cannot be read. */
static char *read_line(const char *directory, const char *name)
{
	cleanup(free_string) char *path = path_join(directory, name, NULL);

	cleanup(free_string) char *text = file_read_if_possible(path, LINE_LIMIT);

	if (!text)
		return NULL;
	return text_trimmed(text);
}

/* The target of a path, owned by the caller; NULL if it is not within the /sys of the root. */
static char *resolve(const struct settings *settings, const char *path)
{
	cleanup(free_string) char *sys = settings_path(settings, "/sys");
	cleanup(free_string) char *real_sys = realpath(sys, NULL);
	cleanup(free_string) char *real = path ? realpath(path, NULL) : NULL;

	return real && real_sys && path_is_within(real, real_sys) ? TAKE(real) : NULL;
}

void sysfs_add_drivers(const struct settings *settings, const char *path, struct strv *modules)
{
	cleanup(free_string) char *sys = settings_path(settings, "/sys");
	cleanup(free_string) char *top = realpath(sys, NULL);
	char *at = resolve(settings, path);

	while (at && top && strlen(at) > strlen(top)) {
		cleanup(free_string) char *link = path_join(at, "driver/module", NULL);
		cleanup(free_string) char *module = resolve(settings, link);
		char *parent = path_parent(at);

		if (module)
			add_once(modules, path_basename(module));
		free(at);
		at = parent;
	}
	free(at);
}

static char *block_by_name(const struct settings *settings, const char *name)
{
	cleanup(free_string) char *class = settings_path(settings, "/sys/class/block");
	cleanup(free_string) char *numbers = settings_path(settings, "/sys/dev/block");
	cleanup(free_string) char *path = path_join(class, name, NULL);
	cleanup(strv_free) struct strv links = {0};
	struct error unreadable = {0};
	const char *link;
	char *found = resolve(settings, path);

	if (found || directory_list(numbers, &links, &unreadable) < 0)
		error_clear(&unreadable);
	STRV_FOREACH (link, &links) {
		cleanup(free_string) char *number = path_join(numbers, link, NULL);
		cleanup(free_string) char *target = file_readlink(number);

		if (!found && target && text_equal(path_basename(target), name))
			found = resolve(settings, number);
	}
	return found;
}

/* A device-mapper device by its name. */
static char *mapped_by_name(const struct settings *settings, const char *name)
{
	cleanup(free_string) char *class = settings_path(settings, "/sys/class/block");
	cleanup(strv_free) struct strv names = {0};
	const char *entry;

	directory_list_if_possible(class, &names);
	STRV_FOREACH (entry, &names) {
		cleanup(free_string) char *path = path_join(class, entry, NULL);
		cleanup(free_string) char *given = read_line(path, "dm/name");

		if (text_equal(given, name))
			return resolve(settings, path);
	}
	return NULL;
}

static char *block_by_number(const struct settings *settings, const char *node)
{
	struct stat info;

	if (stat(node, &info) < 0 || !S_ISBLK(info.st_mode))
		return NULL;
	cleanup(free_string) char *name = text_format("/sys/dev/block/%u:%u", major(info.st_rdev),
						      minor(info.st_rdev));
	cleanup(free_string) char *path = settings_path(settings, name);

	return resolve(settings, path);
}

/* /dev/disk/by-uuid/X for "UUID=X", owned by the caller; NULL: it is no device. */
static char *node_of(const char *source)
{
	static const struct {
		const char *tag, *directory;
	} tags[] = {{"UUID=", "/dev/disk/by-uuid"},
		    {"LABEL=", "/dev/disk/by-label"},
		    {"PARTUUID=", "/dev/disk/by-partuuid"},
		    {"PARTLABEL=", "/dev/disk/by-partlabel"},
		    {"ID=", "/dev/disk/by-id"}};

	for (size_t i = 0; i < sizeof(tags) / sizeof(*tags); i++) {
		cleanup(free_string) char *value = NULL;

		if (!text_starts_with(source, tags[i].tag))
			continue;
		value = text_trimmed(source + strlen(tags[i].tag));
		/* Quotes are allowed in fstab. */
		char *start = value + (*value == '"');
		char *quote = strchr(start, '"');

		if (quote)
			*quote = '\0';
		return path_join(tags[i].directory, start, NULL);
	}
	return text_starts_with(source, "/dev/") ? xstrdup(source) : NULL;
}

char *sysfs_block_device(const struct settings *settings, const char *source)
{
	cleanup(free_string) char *plain = node_of(source);
	cleanup(free_string) char *node = plain ? settings_path(settings, plain) : NULL;
	cleanup(free_string) char *target = node ? file_readlink(node) : NULL;
	char *found = node ? block_by_number(settings, node) : NULL;

	if (!found && target)
		found = block_by_name(settings, path_basename(target));
	if (!found && node)
		found = block_by_name(settings, path_basename(node));
	if (!found && plain && text_starts_with(plain, "/dev/mapper/"))
		found = mapped_by_name(settings, path_basename(plain));
	return found;
}

/* A virtual device has no link to its driver: its number and its name show the driver. */
static void add_virtual_driver(const struct settings *settings, const char *directory,
			       struct strv *modules)
{
	cleanup(free_string) char *path = settings_path(settings, "/proc/devices");
	cleanup(free_string) char *number = read_line(directory, "dev");
	cleanup(free_string) char *devices = NULL;
	cleanup(strv_free) struct strv lines = {0};
	cleanup(free_string) char *stem = xstrdup(path_basename(directory));
	bool are_block = false;
	const char *line;

	if (!strstr(directory, "/devices/virtual/"))
		return;
	stem[strcspn(stem, "0123456789")] = '\0';
	add_once(modules, stem);
	if (number)
		devices = file_read_if_possible(path, DEVICES_LIMIT);
	strv_split(&lines, devices ? devices : "", "\n");
	STRV_FOREACH (line, &lines) {
		char name[64];
		unsigned int major_number;

		are_block |= text_starts_with(line, "Block devices");
		if (are_block && sscanf(line, "%u %63s", &major_number, name) == 2 &&
		    (unsigned int)strtoul(number, NULL, 10) == major_number)
			add_once(modules, text_equal(name, "device-mapper") ? "dm_mod"
					  : text_equal(name, "md")          ? "md_mod"
									    : name);
	}
}

static void add_block(const struct settings *settings, const char *directory, int depth,
		      struct strv *modules)
{
	cleanup(free_string) char *slaves = path_join(directory, "slaves", NULL);
	cleanup(free_string) char *partition = path_join(directory, "partition", NULL);
	cleanup(strv_free) struct strv names = {0};
	const char *name;

	sysfs_add_drivers(settings, directory, modules);
	if (file_exists(partition) && depth < DEPTH_LIMIT) {
		cleanup(free_string) char *disk = path_parent(directory);

		add_block(settings, disk, depth + 1, modules);
		return;
	}
	add_virtual_driver(settings, directory, modules);
	directory_list_if_possible(slaves, &names);
	STRV_FOREACH (name, &names) {
		cleanup(free_string) char *path = path_join(slaves, name, NULL);
		cleanup(free_string) char *slave = resolve(settings, path);

		if (slave && depth < DEPTH_LIMIT)
			add_block(settings, slave, depth + 1, modules);
	}
}

void sysfs_add_block_modules(const struct settings *settings, const char *directory,
			     struct strv *modules)
{
	add_block(settings, directory, 0, modules);
}

/* The kind of a virtual interface, "bridge", is mostly the name of its module. */
static void add_virtual_interface(const char *directory, struct strv *modules)
{
	static const char key[] = "DEVTYPE=";
	cleanup(free_string) char *uevent = read_line(directory, "uevent");
	cleanup(strv_free) struct strv lines = {0};
	const char *line;

	strv_split(&lines, uevent ? uevent : "", "\n");
	STRV_FOREACH (line, &lines)
		if (text_starts_with(line, key)) {
			const char *kind = line + strlen(key);

			add_once(modules, text_equal(kind, "vlan")   ? "8021q"
					  : text_equal(kind, "bond") ? "bonding"
								     : kind);
		}
}

static void add_network(const struct settings *settings, const char *interface, int depth,
			struct strv *modules)
{
	cleanup(free_string) char *class = settings_path(settings, "/sys/class/net");
	cleanup(free_string) char *path = path_join(class, interface, NULL);
	cleanup(free_string) char *directory = resolve(settings, path);
	cleanup(strv_free) struct strv names = {0};
	const char *name;

	if (!directory)
		return;
	cleanup(free_string) char *device = path_join(directory, "device", NULL);

	sysfs_add_drivers(settings, device, modules);
	add_virtual_interface(directory, modules);
	directory_list_if_possible(directory, &names);
	STRV_FOREACH (name, &names)
		if (text_starts_with(name, "lower_") && depth < DEPTH_LIMIT)
			add_network(settings, name + strlen("lower_"), depth + 1, modules);
}

void sysfs_add_network_modules(const struct settings *settings, const char *interface,
			       struct strv *modules)
{
	if (path_is_plain_name(interface))
		add_network(settings, interface, 0, modules);
}

/* A driver's directory has links to its devices, among bind, module and others. */
static bool has_device(const char *driver)
{
	cleanup(strv_free) struct strv names = {0};
	const char *name;

	directory_list_if_possible(driver, &names);
	STRV_FOREACH (name, &names) {
		cleanup(free_string) char *path = path_join(driver, name, NULL);

		if (!text_equal(name, "module") && file_is_symlink(path))
			return true;
	}
	return false;
}

bool sysfs_module_is_bound(const struct settings *settings, const char *module)
{
	cleanup(free_string) char *modules = settings_path(settings, "/sys/module");
	cleanup(free_string) char *drivers = path_join(modules, module, "drivers", NULL);
	cleanup(strv_free) struct strv names = {0};
	const char *name;

	directory_list_if_possible(drivers, &names);
	STRV_FOREACH (name, &names) {
		cleanup(free_string) char *driver = path_join(drivers, name, NULL);

		if (has_device(driver))
			return true;
	}
	return false;
}

#define FILE_LIMIT ((size_t)4 << 20)

enum { SOURCE, DIRECTORY, TYPE, OPTIONS, FIELDS };

static const char *const boot_directories[] = {"/", "/usr", "/boot", "/boot/efi", "/efi"};

/* Types that need no device and no module, or that systemd does not wait for. */
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

static void add_mount(struct boot_mounts *mounts, char *const *fields)
{
	if (text_equal(fields[TYPE], "rootfs"))
		return;
	*ARRAY_ADD(mounts->items, mounts->count) = (struct boot_mount){
		xstrdup(fields[SOURCE]), xstrdup(fields[DIRECTORY]), xstrdup(fields[TYPE])};
}

/* Adds the lines of a file that count. */
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
			add_mount(mounts, fields.items);
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
