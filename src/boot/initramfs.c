/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "boot/initramfs.h"

#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "boot/critical.h"
#include "boot/initramfs_config.h"
#include "boot/initramfs_due.h"
#include "boot/initramfs_list.h"
#include "boot/initramfs_tool.h"
#include "kernel/running.h"

struct refresh {
	const struct settings *settings;
	const struct distro *distro;
	const struct initramfs_tool *tool;
	const char *release, *image;
	const struct strv *changed;
	struct reporter *reporter;
};

/* A reason to make the image again: the words after "because", owned; NULL: it does not apply. */
typedef char *reason(const struct refresh *refresh);

static char *configured(const struct refresh *refresh)
{
	const char *name;

	STRV_FOREACH (name, refresh->changed) {
		cleanup(free_string) char *file = initramfs_config_file(
			refresh->settings, initramfs_tool_maker(refresh->tool), name);

		if (file)
			return text_format("%s names %s", file, name);
	}
	return NULL;
}

/* What cannot be read here is asked of the tool, and what that cannot read either is made again. */
static char *ask_tool(const struct refresh *refresh, struct error *unreadable)
{
	const char *name;

	report(refresh->reporter, REPORT_VERBOSE, "%s", unreadable->message);
	STRV_FOREACH (name, refresh->changed) {
		cleanup(error_clear) struct error failure = {0};
		bool found = false;
		int code = initramfs_tool_lists(refresh->tool, refresh->settings, refresh->image,
						name, &found, &failure);

		if (code < 0)
			return xstrdup("nobody can tell what it holds");
		if (found)
			return text_format("it holds %s", name);
	}
	return NULL;
}

static char *held(const struct refresh *refresh)
{
	cleanup(strv_free) struct strv found = {0};
	cleanup(error_clear) struct error unreadable = {0};
	char *words = NULL;

	if (initramfs_list(refresh->image, refresh->changed, &found, &unreadable) < 0)
		words = ask_tool(refresh, &unreadable);
	else if (found.count)
		words = text_format("it holds %s", found.items[0]);
	return words;
}

/* A hook of the tool, or the hardware, may ask for a module that no configuration names. */
static char *held_by_running(const struct refresh *refresh)
{
	cleanup(free_string) char *running = kernel_running_release();
	cleanup(free_string) char *image = initramfs_image(refresh->settings, refresh->distro,
							   running);
	cleanup(strv_free) struct strv found = {0};
	cleanup(error_clear) struct error unreadable = {0};

	if (!image || text_equal(image, refresh->image))
		return NULL;
	(void)initramfs_list(image, refresh->changed, &found, &unreadable);
	return found.count ? text_format("that of the running kernel holds %s", found.items[0])
			   : NULL;
}

static char *critical(const struct refresh *refresh)
{
	cleanup(boot_needs_free) struct boot_needs needs = {0};
	const char *name;

	boot_needs_find(refresh->settings, refresh->distro, refresh->release, &needs);
	STRV_FOREACH (name, refresh->changed) {
		const char *does = strmap_get(&needs.critical, name);

		if (does)
			return text_format("%s %s", name, does);
	}
	return NULL;
}

static char *why(const struct refresh *refresh)
{
	static reason *const reasons[] = {configured, held, critical, held_by_running};

	for (size_t i = 0; i < sizeof(reasons) / sizeof(*reasons); i++) {
		char *words = reasons[i](refresh);

		if (words)
			return words;
	}
	return NULL;
}

/* Some tools end well and do nothing, as they were told to in their own configuration. */
static void check_changed(const struct refresh *refresh, const struct stat *before)
{
	struct stat after;

	if (stat(refresh->image, &after) < 0)
		report(refresh->reporter, REPORT_WARNING,
		       "%s is missing after its tool ran without an error.", refresh->image);
	else if (file_is_unchanged(before, &after))
		report(refresh->reporter, REPORT_WARNING,
		       "%s is still the old image, although its tool ran without an error.\n"
		       "Look whether the tool's configuration forbids updates.",
		       refresh->image);
}

static int make_again(const struct refresh *refresh, const char *because, struct error *error)
{
	struct stat before;

	if (stat(refresh->image, &before) < 0)
		before = (struct stat){0};
	report(refresh->reporter, REPORT_STEP, "Making %s again, because %s", refresh->image,
	       because);
	if (initramfs_tool_run(refresh->tool, refresh->settings, refresh->release, refresh->image,
			       refresh->reporter, error) < 0) {
		report_text(refresh->reporter, REPORT_STEP_DONE, "(failed)");
		return error->code;
	}
	report_text(refresh->reporter, REPORT_STEP_DONE, "");
	check_changed(refresh, &before);
	return 0;
}

static int settle(const struct refresh *refresh, const char *setting, struct error *error)
{
	cleanup(free_string) char *because = setting ? text_format("the setting %s says so",
								   setting)
						     : why(refresh);

	if (because && make_again(refresh, because, error) < 0)
		return error->code;
	if (!because)
		report(refresh->reporter, REPORT_VERBOSE,
		       "%s stays as it is: nothing that has changed belongs into it.",
		       refresh->image);
	return initramfs_due_clear(refresh->settings, refresh->release, error);
}

int initramfs_refresh(const struct settings *settings, const struct distro *distro,
		      const char *release, struct reporter *reporter, struct error *error)
{
	cleanup(free_string) char *image = initramfs_image(settings, distro, release);
	cleanup(strv_free) struct strv changed = {0};
	cleanup(free_string) char *setting = NULL;

	if (!image)
		return initramfs_due_clear(settings, release, error);
	if (initramfs_due_read(settings, release, &changed, &setting, error) < 0)
		return error->code;
	if (!changed.count)
		return 0;
	const struct refresh refresh = {
		.settings = settings,
		.distro = distro,
		.tool = initramfs_tool_find(settings, distro),
		.release = release,
		.image = image,
		.changed = &changed,
		.reporter = reporter,
	};

	return settle(&refresh, setting, error);
}
