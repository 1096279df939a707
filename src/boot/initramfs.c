/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "boot/initramfs.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/text.h"
#include "boot/critical.h"
#include "boot/initramfs_config.h"
#include "boot/initramfs_list.h"
#include "boot/initramfs_tool.h"
#include "kernel/kernel.h"
#include "tree/layout.h"

#define FILE_LIMIT ((size_t)1 << 20)

/* The note of a kernel, owned by the caller; NULL if the release is no file name. */
static char *file_of(const struct settings *settings, const char *release)
{
	cleanup(free_string) char *directory = layout_private(settings, "initramfs");

	return path_is_plain_name(release) ? path_join(directory, release, NULL) : NULL;
}

bool initramfs_due_exists(const struct settings *settings, const char *release)
{
	cleanup(free_string) char *file = file_of(settings, release);

	return file && file_exists(file);
}

static int read_lines(const char *file, struct strv *lines, struct error *error)
{
	cleanup(free_string) char *text = NULL;
	cleanup(error_clear) struct error failure = {0};

	if (file_read(file, FILE_LIMIT, &text, NULL, &failure) == 0)
		strv_split(lines, text, "\n");
	else if (failure.code != -ENOENT)
		return error_move(error, &failure);
	return 0;
}

int initramfs_due_add(const struct settings *settings, const char *release,
		      const struct strv *lines, struct error *error)
{
	cleanup(free_string) char *file = file_of(settings, release);
	cleanup(strv_free) struct strv all = {0};
	const char *line;

	if (!file || !lines->count)
		return 0;
	cleanup(free_string) char *directory = path_parent(file);

	if (read_lines(file, &all, error) < 0 || file_make_directories(directory, error) < 0)
		return error->code;
	STRV_FOREACH (line, lines)
		if (!strv_contains(&all, line))
			strv_add(&all, line);
	cleanup(free_string) char *joined = strv_join(&all, "\n");
	cleanup(free_string) char *text = text_format("%s\n", joined);

	return file_write(file, text, strlen(text), 0644, error);
}

/*
 * Adds the noted names. *ret_setting is the setting that asks for a new image, owned by the caller;
 * else it stays untouched.
 */
static int due_read(const struct settings *settings, const char *release, struct strv *names,
		    char **ret_setting, struct error *error)
{
	cleanup(free_string) char *file = file_of(settings, release);
	cleanup(strv_free) struct strv lines = {0};
	char *line;

	if (!file)
		return 0;
	if (read_lines(file, &lines, error) < 0)
		return error->code;
	STRV_FOREACH (line, &lines) {
		char *blank = strchr(line, ' ');

		if (blank) {
			*blank = '\0';
			text_assign(ret_setting, blank + 1);
		}
		if (!strv_contains(names, line))
			strv_add(names, line);
	}
	return 0;
}

int initramfs_due_clear(const struct settings *settings, const char *release, struct error *error)
{
	cleanup(free_string) char *file = file_of(settings, release);

	return file && file_exists(file) ? file_unlink(file, error) : 0;
}

bool initramfs_is_ours(const struct settings *settings, const struct distro *distro,
		       const char *release)
{
	cleanup(strv_free) struct strv images = {0};

	initramfs_images(settings, distro, release, &images);
	return images.count && !initramfs_is_made_afterwards(settings);
}

/* No kernel has more images. */
enum { IMAGES = 16 };

struct refresh {
	const struct settings *settings;
	const struct distro *distro;
	const struct initramfs_tool *tool; /* NULL: there are unified kernel images only */
	const char *release;
	const struct strv *images;
	const struct strv *changed;
	struct reporter *reporter;
};

/* A reason to make the image again: the words after "because", owned; NULL: it does not apply. */
typedef char *reason(const struct refresh *refresh);

static char *configured(const struct refresh *refresh)
{
	const char *name;

	if (!refresh->tool)
		return NULL;
	STRV_FOREACH (name, refresh->changed) {
		cleanup(free_string) char *file = initramfs_config_file(
			refresh->settings, initramfs_tool_maker(refresh->tool), name);

		if (file)
			return text_format("%s names %s", file, name);
	}
	return NULL;
}

/* Asks the tool about an image that dkms cannot read. If the tool fails, too, it is a reason. */
static char *ask_tool(const struct refresh *refresh, const char *image, struct error *unreadable)
{
	const char *name;

	report(refresh->reporter, REPORT_VERBOSE, "%s", unreadable->message);
	STRV_FOREACH (name, refresh->changed) {
		cleanup(error_clear) struct error failure = {0};
		bool found = false;
		int code = -ENOENT;

		if (refresh->tool)
			code = initramfs_tool_lists(refresh->tool, refresh->settings, image, name,
						    &found, &failure);
		if (code < 0)
			return xstrdup("its contents cannot be read");
		if (found)
			return text_format("it holds %s", name);
	}
	return NULL;
}

static char *held(const struct refresh *refresh)
{
	const char *image;
	char *words = NULL;

	STRV_FOREACH (image, refresh->images) {
		cleanup(strv_free) struct strv found = {0};
		cleanup(error_clear) struct error unreadable = {0};

		if (initramfs_list(image, refresh->changed, &found, &unreadable) < 0)
			words = ask_tool(refresh, image, &unreadable);
		else if (found.count)
			words = text_format("it holds %s", found.items[0]);
		if (words)
			break;
	}
	return words;
}

/* A hook of the tool, or the hardware, may ask for a module that no configuration names. */
static char *held_by_running(const struct refresh *refresh)
{
	cleanup(free_string) char *running = kernel_running_release();
	cleanup(strv_free) struct strv images = {0};
	cleanup(strv_free) struct strv found = {0};
	const char *image;

	if (text_equal(running, refresh->release))
		return NULL;
	initramfs_images(refresh->settings, refresh->distro, running, &images);
	STRV_FOREACH (image, &images) {
		cleanup(error_clear) struct error unreadable = {0};

		if (!found.count && !strv_contains(refresh->images, image))
			(void)initramfs_list(image, refresh->changed, &found, &unreadable);
	}
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

/* The configuration of a tool may forbid updates: then the tool succeeds and does nothing. */
static void check_changed(const struct refresh *refresh, const char *image,
			  const struct stat *before)
{
	struct stat after;

	if (stat(image, &after) < 0)
		report(refresh->reporter, REPORT_WARNING,
		       "%s is missing after its tool ran without an error.", image);
	else if (file_is_unchanged(before, &after))
		report(refresh->reporter, REPORT_WARNING,
		       "%s is still the old image, although its tool ran without an error.\n"
		       "Look whether the tool's configuration forbids updates.",
		       image);
}

static int make_again(const struct refresh *refresh, const char *image, const char *because,
		      struct error *error)
{
	report(refresh->reporter, REPORT_STEP, "Making %s again, because %s", image, because);
	if (initramfs_tool_run(refresh->tool, refresh->settings, refresh->release, image,
			       refresh->reporter, error) < 0) {
		report_text(refresh->reporter, REPORT_STEP_DONE, "(failed)");
		return error->code;
	}
	report_text(refresh->reporter, REPORT_STEP_DONE, "");
	return 0;
}

static bool has_changed(const char *image, const struct stat *before)
{
	struct stat now;

	return stat(image, &now) < 0 || !file_is_unchanged(before, &now);
}

static void tell_unmakeable(const struct refresh *refresh, const char *image)
{
	report(refresh->reporter, REPORT_WARNING,
	       "%s holds the initramfs of kernel %s, with modules as they were before.\n"
	       "dkms knows no program that makes this unified kernel image. Make it again before you "
	       "boot it.",
	       image, refresh->release);
}

/*
 * Makes every image of the kernel again. Each command runs once, because it may make several
 * images. A hook of an earlier command may already have made a unified kernel image.
 */
static int make_all(const struct refresh *refresh, const char *because, struct error *error)
{
	cleanup(strv_free) struct strv done = {0};
	struct stat before[IMAGES];
	size_t count = refresh->images->count < IMAGES ? refresh->images->count : IMAGES;

	for (size_t i = 0; i < count; i++)
		if (stat(refresh->images->items[i], &before[i]) < 0)
			before[i] = (struct stat){0};
	for (size_t i = 0; i < count; i++) {
		const char *image = refresh->images->items[i];
		cleanup(free_string) char *command = initramfs_tool_command(
			refresh->tool, refresh->settings, refresh->release, image);

		if (has_changed(image, &before[i]))
			continue;
		if (!command)
			tell_unmakeable(refresh, image);
		else if (!strv_contains(&done, command) &&
			 make_again(refresh, image, because, error) < 0)
			return error->code;
		if (command) {
			strv_add(&done, command);
			check_changed(refresh, image, &before[i]);
		}
	}
	return 0;
}

static int settle(const struct refresh *refresh, const char *setting, struct error *error)
{
	cleanup(free_string) char *because = setting ? text_format("the setting %s says so",
								   setting)
						     : why(refresh);

	if (because && make_all(refresh, because, error) < 0)
		return error->code;
	if (!because)
		report(refresh->reporter, REPORT_VERBOSE,
		       "%s stays as it is: no changed module belongs into it.",
		       refresh->images->items[0]);
	return initramfs_due_clear(refresh->settings, refresh->release, error);
}

int initramfs_refresh(const struct settings *settings, const struct distro *distro,
		      const char *release, struct reporter *reporter, struct error *error)
{
	cleanup(strv_free) struct strv images = {0};
	cleanup(strv_free) struct strv changed = {0};
	cleanup(free_string) char *setting = NULL;

	initramfs_images(settings, distro, release, &images);
	if (!images.count)
		return initramfs_due_clear(settings, release, error);
	if (due_read(settings, release, &changed, &setting, error) < 0)
		return error->code;
	if (!changed.count)
		return 0;
	const struct refresh refresh = {
		.settings = settings,
		.distro = distro,
		.tool = initramfs_tool_find(settings, distro),
		.release = release,
		.images = &images,
		.changed = &changed,
		.reporter = reporter,
	};

	return settle(&refresh, setting, error);
}
