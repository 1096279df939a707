/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "boot/gate.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/text.h"
#include "boot/loader.h"
#include "tree/layout.h"
#include "tree/registry.h"

#define FILE_LIMIT ((size_t)1 << 20)

/* The lines of the file; what follows are the modules, "M A" each. */
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

/* False: nothing is held, or nobody can tell what. */
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
	const struct boot_loader *loader = boot_loader_find(settings, NULL);
	cleanup(held_free) struct held held = {0}, old = {0};
	char *entry;

	if (!loader)
		return error_set(error, -ENOTSUP, 0,
				 "The boot gate cannot keep kernel %s as the default: neither GRUB "
				 "nor systemd-boot is here.",
				 works);
	if (boot_loader_require_settable(loader, settings, error) < 0)
		return cannot(works, error);
	entry = boot_loader_entry(loader, settings, works);
	if (!entry)
		return error_set(error, -ENOTSUP, 0,
				 "The boot gate cannot keep kernel %s as the default: %s has no "
				 "entry for it.",
				 works, boot_loader_name(loader));
	held.values[LOADER] = xstrdup(boot_loader_name(loader));
	held.values[SET] = entry;
	held.values[BEFORE] = boot_loader_default(loader, settings);
	held.values[FAILS] = xstrdup(fails);
	strv_add_all(&held.modules, modules);
	/* What was there before dkms set anything is what to give back. */
	if (read_held(settings, &old) && text_equal(old.values[SET], held.values[BEFORE]))
		text_assign(&held.values[BEFORE], old.values[BEFORE]);
	if (write_held(settings, &held, error) < 0 ||
	    boot_loader_set_default(loader, settings, entry, error) < 0)
		return cannot(works, error);
	report(reporter, REPORT_WARNING,
	       "The default entry of %s is now that of kernel %s, until kernel %s has what it "
	       "needs.",
	       boot_loader_name(loader), works, fails);
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
	const struct boot_loader *loader = boot_loader_find(settings, held->values[LOADER]);
	cleanup(free_string) char *now = loader ? boot_loader_default(loader, settings) : NULL;

	if (!text_equal(now, held->values[SET]))
		return 0;
	if (boot_loader_set_default(loader, settings, held->values[BEFORE], error) < 0)
		return error_wrap(error, "The default entry of %s cannot be given back",
				  held->values[LOADER]);
	report(reporter, REPORT_LINE, "The default entry of %s is again what it was.",
	       held->values[LOADER]);
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
