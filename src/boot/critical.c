/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "boot/critical.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/directory.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/strv.h"
#include "base/text.h"
#include "boot/devices.h"
#include "boot/initramfs_list.h"
#include "boot/initramfs_tool.h"
#include "kernel/kernel.h"
#include "kernel/module_lists.h"

#define FILE_LIMIT ((size_t)64 << 20)

/* Text of a file below the root, owned by the caller; NULL if it cannot be read. */
static char *read_text(const struct settings *settings, const char *name)
{
	cleanup(free_string) char *path = settings_path(settings, name);

	return file_read_if_possible(path, FILE_LIMIT);
}

/* Takes the reason. The first reason for a module stays. */
static void need(struct strmap *modules, const char *module, char *reason)
{
	cleanup(free_string) char *name = module_kernel_name(module);

	if (strmap_get(modules, name))
		free(reason);
	else
		(void)strmap_set(modules, name, reason);
}

static void need_all(struct strmap *modules, const struct strv *names, const char *reason)
{
	const char *name;

	STRV_FOREACH (name, names)
		need(modules, name, xstrdup(reason));
}

/* Modules that a kernel would load for an alias: "fs-vfat". */
static void need_alias(struct boot_needs *needs, const char *aliases, const char *alias,
		       const char *reason)
{
	cleanup(free_string) char *line = text_format("alias %s ", alias);

	for (const char *at = aliases; at && (at = strstr(at, line)); at += strlen(line)) {
		const char *name = at + strlen(line);
		cleanup(free_string) char *module = xstrndup(name, strcspn(name, "\n"));

		need(&needs->critical, module, xstrdup(reason));
	}
}

static void need_mount(struct boot_needs *needs, const struct boot_mount *mount,
		       const char *aliases)
{
	cleanup(free_string) char *reason = text_format("holds %s", mount->directory);
	cleanup(free_string) char *alias = text_format("fs-%s", mount->type);
	cleanup(free_string) char *device = sysfs_block_device(needs->settings, mount->source);
	cleanup(strv_free) struct strv modules = {0};

	need(&needs->critical, mount->type, xstrdup(reason));
	need_alias(needs, aliases, alias, reason);
	if (!device)
		return;
	cleanup(free_string) char *carries = text_format("drives the device of %s",
							 mount->directory);

	sysfs_add_block_modules(needs->settings, device, &modules);
	need_all(&needs->critical, &modules, carries);
}

static void need_mounts(struct boot_needs *needs, const char *release)
{
	cleanup(boot_mounts_free) struct boot_mounts mounts = {0};
	cleanup(free_string) char *path = path_join(needs->settings->install_tree, release,
						    "modules.alias", NULL);
	cleanup(free_string) char *aliases = NULL;

	boot_mounts_read(needs->settings, &mounts);
	if (mounts.count)
		aliases = file_read_if_possible(path, FILE_LIMIT);
	for (size_t i = 0; i < mounts.count; i++)
		need_mount(needs, &mounts.items[i], aliases);
}

static void need_interface(struct boot_needs *needs, const char *interface)
{
	cleanup(strv_free) struct strv modules = {0};
	cleanup(free_string) char *reason = text_format(
		"drives %s, the interface of the default route", interface);

	sysfs_add_network_modules(needs->settings, interface, &modules);
	need_all(&needs->critical, &modules, reason);
}

static bool is_default_route(const struct strv *fields)
{
	enum { DESTINATION = 1, MASK = 7 };

	return fields->count > MASK && text_equal(fields->items[DESTINATION], "00000000") &&
	       text_equal(fields->items[MASK], "00000000");
}

/* Destination and the length of its prefix come first, the interface last. */
static bool is_default_route6(const struct strv *fields)
{
	return fields->count >= 10 && strspn(fields->items[0], "0") == 32 &&
	       text_equal(fields->items[1], "00") &&
	       !text_equal(fields->items[fields->count - 1], "lo");
}

static void need_routes(struct boot_needs *needs)
{
	cleanup(free_string) char *routes = read_text(needs->settings, "/proc/net/route");
	cleanup(free_string) char *routes6 = read_text(needs->settings, "/proc/net/ipv6_route");
	cleanup(strv_free) struct strv lines = {0};
	const char *line;

	strv_split(&lines, routes ? routes : "", "\n");
	strv_split(&lines, routes6 ? routes6 : "", "\n");
	STRV_FOREACH (line, &lines) {
		cleanup(strv_free) struct strv fields = {0};

		strv_split(&fields, line, " \t");
		if (is_default_route(&fields))
			need_interface(needs, fields.items[0]);
		else if (is_default_route6(&fields))
			need_interface(needs, fields.items[fields.count - 1]);
	}
}

/* The display that the firmware used. */
static void find_display(struct boot_needs *needs)
{
	cleanup(free_string) char *devices = settings_path(needs->settings, "/sys/bus/pci/devices");
	cleanup(strv_free) struct strv names = {0};
	const char *name;

	directory_list_if_possible(devices, &names);
	STRV_FOREACH (name, &names) {
		cleanup(free_string) char *flag = path_join("/sys/bus/pci/devices", name,
							    "boot_vga", NULL);
		cleanup(free_string) char *text = read_text(needs->settings, flag);
		cleanup(free_string) char *device = path_join(devices, name, NULL);
		cleanup(strv_free) struct strv modules = {0};

		if (!text || *text != '1')
			continue;
		sysfs_add_drivers(needs->settings, device, &modules);
		need_all(&needs->important, &modules, "drives the display of the boot");
	}
}

/* Adds the modules that a needed module needs, by the lists of a kernel. */
static void need_listed(struct boot_needs *needs, const char *release)
{
	cleanup(free_string) char *directory = path_join(needs->settings->install_tree, release,
							 NULL);
	cleanup(modules_dep_free) struct modules_dep dep = {0};
	struct error missing = {0};
	size_t count = needs->critical.count;

	if (!count || modules_dep_read(directory, &dep, &missing) < 0)
		error_clear(&missing);
	for (size_t i = 0; i < count; i++) {
		cleanup(free_string) char *user = xstrdup(needs->critical.entries[i].key);
		cleanup(free_string) char *does = xstrdup(needs->critical.entries[i].value);
		const struct listed_module *listed = modules_dep_find(&dep, user);
		cleanup(strv_free) struct strv paths = {0};
		const char *path;

		strv_split(&paths, listed ? listed->dependencies : "", " ");
		STRV_FOREACH (path, &paths)
			need(&needs->critical, path,
			     text_format("is needed by %s, which %s", user, does));
	}
}

/* Adds a loaded module that a needed module uses, by the running kernel's own record. */
static bool need_held(struct boot_needs *needs, const char *modules, const char *module)
{
	cleanup(free_string) char *holders = path_join(modules, module, "holders", NULL);
	cleanup(strv_free) struct strv names = {0};
	const char *name;

	if (strmap_get(&needs->critical, module))
		return false;
	directory_list_if_possible(holders, &names);
	STRV_FOREACH (name, &names) {
		const char *does = strmap_get(&needs->critical, name);

		if (!does)
			continue;
		need(&needs->critical, module,
		     text_format("is needed by %s, which %s", name, does));
		return true;
	}
	return false;
}

static void need_holders(struct boot_needs *needs)
{
	cleanup(free_string) char *modules = settings_path(needs->settings, "/sys/module");
	cleanup(strv_free) struct strv names = {0};
	bool changed = needs->critical.count > 0;
	const char *name;

	directory_list_if_possible(modules, &names);
	while (changed) {
		changed = false;
		STRV_FOREACH (name, &names)
			changed |= need_held(needs, modules, name);
	}
}

void boot_needs_find(const struct settings *settings, const struct distro *distro,
		     const char *release, struct boot_needs *needs)
{
	cleanup(free_string) char *mounts = settings_path(settings, "/proc/mounts");
	cleanup(free_string) char *class = settings_path(settings, "/sys/class");
	cleanup(free_string) char *running = kernel_running_release();

	needs->settings = settings;
	needs->distro = distro;
	needs->is_blind = !file_exists(mounts) && !file_exists(class);
	need_mounts(needs, release);
	need_routes(needs);
	find_display(needs);
	need_listed(needs, release);
	if (!text_equal(running, release))
		need_listed(needs, running);
	need_holders(needs);
}

void boot_needs_free(struct boot_needs *needs)
{
	strmap_free(&needs->critical, free);
	strmap_free(&needs->important, free);
}

/* A module in the initramfs in use that drives a device is there to reach the root file system. */
static char *held_by_initramfs(const struct boot_needs *needs, const struct strv *bound)
{
	cleanup(free_string) char *running = kernel_running_release();
	cleanup(strv_free) struct strv images = {0};
	cleanup(strv_free) struct strv found = {0};
	const char *image;

	if (bound->count)
		initramfs_images(needs->settings, needs->distro, running, &images);
	STRV_FOREACH (image, &images) {
		cleanup(error_clear) struct error unreadable = {0};

		if (!found.count)
			(void)initramfs_list(image, bound, &found, &unreadable);
	}
	return found.count ? text_format("%s is in the initramfs in use and drives a device",
					 found.items[0])
			   : NULL;
}

static void find_class(const struct boot_needs *needs, const struct package *package,
		       struct criticality *ret_criticality)
{
	cleanup(strv_free) struct strv bound = {0};
	char *important = NULL;

	for (size_t i = 0; i < package->module_count; i++) {
		cleanup(free_string) char *name = module_kernel_name(package->modules[i].dest_name);
		const char *does = strmap_get(&needs->critical, name);
		const char *displays = strmap_get(&needs->important, name);

		if (does) {
			free(important);
			*ret_criticality = (struct criticality){MODULE_CRITICAL,
								text_format("%s %s", name, does)};
			return;
		}
		if (displays && !important)
			important = text_format("%s %s", name, displays);
		else if (sysfs_module_is_bound(needs->settings, name))
			strv_add(&bound, name);
	}
	char *held = important ? NULL : held_by_initramfs(needs, &bound);

	if (held)
		*ret_criticality = (struct criticality){MODULE_CRITICAL, held};
	else if (important)
		*ret_criticality = (struct criticality){MODULE_IMPORTANT, important};
}

void boot_needs_judge(const struct boot_needs *needs, const struct package *package,
		      struct criticality *ret_criticality)
{
	*ret_criticality = (struct criticality){0};
	if (package->policy.critical == CRITICAL_YES)
		*ret_criticality = (struct criticality){
			MODULE_CRITICAL, xstrdup("the setting \"critical\" says so")};
	else if (package->policy.critical == CRITICAL_AUTO)
		find_class(needs, package, ret_criticality);
}

void criticality_free(struct criticality *criticality)
{
	free(criticality->reason);
	*criticality = (struct criticality){0};
}

const char *module_class_word(enum module_class class)
{
	static const char *const words[] = {
		[MODULE_ORDINARY] = "ordinary",
		[MODULE_IMPORTANT] = "important",
		[MODULE_CRITICAL] = "critical",
	};

	return words[class];
}
