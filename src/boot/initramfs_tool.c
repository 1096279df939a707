/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "boot/initramfs_tool.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/process.h"
#include "base/strv.h"
#include "base/text.h"
#include "base/assignments.h"
#include "boot/initramfs_config.h"
#include "boot/initramfs_images.h"
#include "kernel/module_lists.h"

enum { SAID_LIMIT = 3000, LISTING_LIMIT = 64 << 20, LISTING_SECONDS = 120 };

#define PATHS 8

/* The tools. Paths and commands hold fields (boot/initramfs_images.h). */
struct initramfs_tool {
	enum initramfs_maker maker;
	const char *program;
	const char *command; /* words */
	const char *lister;
	const char *images[PATHS];
};

#define BOOT_ENTRIES                                                           \
	"/boot/{machine}/{release}/initrd", "/efi/{machine}/{release}/initrd", \
		"/boot/efi/{machine}/{release}/initrd"

static const struct initramfs_tool tools[] = {
	{.maker = INITRAMFS_TOOLS,
	 .program = "/usr/sbin/update-initramfs",
	 .command = "-u -k {release}",
	 .lister = "/usr/bin/lsinitramfs",
	 .images = {"/boot/initrd.img-{release}"}},
	{.maker = INITRAMFS_DRACUT,
	 .program = "/usr/bin/dracut",
	 .command = "--force --kver {release} {new}",
	 .lister = "/usr/bin/lsinitrd",
	 .images = {"/boot/initramfs-{release}.img", "/boot/initrd-{release}",
		    "/boot/initrd.img-{release}", BOOT_ENTRIES}},
	{.maker = INITRAMFS_MKINITCPIO,
	 .program = "/usr/bin/mkinitcpio",
	 .command = "-k {release} -g {new}",
	 .lister = "/usr/bin/lsinitcpio",
	 .images = {"/boot/initramfs-{pkgbase}.img", "/boot/initramfs-{release}.img",
		    BOOT_ENTRIES}},
};

enum { TOOLS = sizeof(tools) / sizeof(*tools) };

static bool is_installed(const struct settings *settings, const char *name)
{
	cleanup(free_string) char *program = settings_path(settings, name);

	return file_is_executable(program);
}

const struct initramfs_tool *initramfs_tool_find(const struct settings *settings,
						 const struct distro *distro)
{
	const struct initramfs_tool *found = NULL;

	for (size_t i = TOOLS; i-- > 0;)
		if (is_installed(settings, tools[i].program) &&
		    (!found || found->maker != distro_initramfs_maker(distro)))
			found = &tools[i];
	return found;
}

enum initramfs_maker initramfs_tool_maker(const struct initramfs_tool *tool)
{
	return tool->maker;
}

void initramfs_images(const struct settings *settings, const struct distro *distro,
		      const char *release, struct strv *images)
{
	const struct initramfs_tool *tool = initramfs_tool_find(settings, distro);

	if (tool && tool->maker == INITRAMFS_MKINITCPIO)
		initramfs_images_of_presets(settings, release, images);
	if (tool)
		initramfs_images_first(settings, release, tool->images, images);
	initramfs_images_unified(settings, release, images);
}

/* A way to make an image again. */
struct way {
	const char *program;
	const char *command;
	bool in_place;   /* the program overwrites the old image: dkms keeps a copy meanwhile */
	bool needs_room; /* without room for both images, the program would overwrite the old one */
};

static const struct way kernel_install = {"/usr/bin/kernel-install", "add {release} {vmlinuz}",
					  true, false};
static const struct way dracut_unified = {"/usr/bin/dracut",
					  "--force --uefi --kver {release} {new}", false, false};
static const struct way all_presets = {"/usr/bin/mkinitcpio", "-p {pkgbase}", false, true};

/* True if kernel-install makes unified kernel images. The first existing file decides. */
static bool has_unified_layout(const struct settings *settings)
{
	static const char *const files[] = {"/etc/kernel/install.conf", "/run/kernel/install.conf",
					    "/usr/local/lib/kernel/install.conf",
					    "/usr/lib/kernel/install.conf"};

	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		cleanup(free_string) char *path = settings_path(settings, files[i]);
		cleanup(free_string) char *layout = assignments_read(path, "layout");

		if (file_exists(path))
			return text_equal(layout, "uki");
	}
	return false;
}

static bool is_of_presets(const struct settings *settings, const char *release, const char *image)
{
	cleanup(strv_free) struct strv images = {0};

	initramfs_images_of_presets(settings, release, &images);
	return strv_contains(&images, image);
}

/* False: dkms knows no way to make the image on this system. */
static bool find_way(const struct initramfs_tool *tool, const struct settings *settings,
		     const char *release, const char *image, struct way *ret_way)
{
	if (tool && tool->maker == INITRAMFS_MKINITCPIO && is_of_presets(settings, release, image))
		*ret_way = all_presets;
	else if (tool && !initramfs_image_is_unified(image))
		*ret_way = (struct way){tool->program, tool->command, false, false};
	else if (has_unified_layout(settings) && is_installed(settings, kernel_install.program))
		*ret_way = kernel_install;
	else if (tool && tool->maker == INITRAMFS_DRACUT)
		*ret_way = dracut_unified;
	else
		return false;
	return true;
}

/* The output of a tool. It is passed on, and the end is kept. */
struct said {
	struct reporter *reporter; /* NULL: not passed on */
	struct buffer kept;
};

static void hear(void *context, const char *data, size_t length)
{
	struct said *said = context;

	report_output(said->reporter, data, length);
	buffer_add(&said->kept, data, length);
	if (said->kept.length <= 2 * (size_t)SAID_LIMIT)
		return;
	size_t too_much = said->kept.length - SAID_LIMIT;
	cleanup(free_string) char *end = xstrdup(said->kept.data + too_much);

	buffer_free(&said->kept);
	buffer_add_text(&said->kept, end);
}

/* Adds the last lines, each safe to show, as hints. */
static void tell_said(struct said *said, const char *program, struct error *error)
{
	enum { SHOWN_LINES = 12 };
	cleanup(strv_free) struct strv lines = {0};

	strv_split(&lines, said->kept.data ? said->kept.data : "", "\r\n");
	if (!lines.count || said->reporter)
		return;
	(void)error_hint(error, "%s said last:", path_basename(program));
	for (size_t i = lines.count > SHOWN_LINES ? lines.count - SHOWN_LINES : 0; i < lines.count;
	     i++) {
		cleanup(free_string) char *line = text_printable(lines.items[i], SAID_LIMIT);

		(void)error_hint(error, "  %s", line);
	}
}

static int explain(const char *program, int status, const char *image, const char *command,
		   struct said *said, struct error *error)
{
	if (!error->code && status > 128)
		(void)error_set(error, -EIO, 0, "%s was killed by signal %d", program,
				status - 128);
	else if (!error->code)
		(void)error_set(error, -EIO, 0, "%s failed with exit status %d", program, status);
	error->exit_status = error->code == -EINTR ? error->exit_status : EXIT_INITRAMFS;
	(void)error_wrap(error, "%s could not be made again", image);
	tell_said(said, program, error);
	initramfs_explain_room(image, error);
	return error_hint(
		error,
		"The old image is still there, with the modules it had. Mend that, then run: %s",
		command);
}

/* Replaces the image with the new one. */
static int replace(const char *new_image, const char *image, struct error *error)
{
	if (!file_is_regular(new_image))
		return error_set(error, -ENOENT, 0, "it made no %s", new_image);
	if (file_sync_parent(new_image, error) < 0 || file_rename(new_image, image, error) < 0 ||
	    file_sync_parent(image, error) < 0)
		return error->code;
	return 0;
}

/* Copies the image before a tool overwrites it. A copy left by a dead run is older, and stays. */
static int keep(const char *image, const char *kept, struct error *error)
{
	return file_exists(kept) ? 0 : file_copy(image, kept, error);
}

/* Puts the old image back in place of the tool's. */
static void restore(const char *kept, const char *image)
{
	cleanup(error_clear) struct error failure = {0};

	if (file_exists(kept) && file_rename(kept, image, &failure) == 0)
		(void)file_sync_parent(image, &failure);
}

/* One run of a tool. */
struct making {
	const struct way *way;
	const struct settings *settings;
	const char *release, *image;
	char *new_image; /* the tool makes it, dkms renames it; NULL: the tool replaces the image */
	char *kept;      /* the copy of the old image; NULL: not needed */
	struct strv argv;
};

static void making_free(struct making *making)
{
	free(making->new_image);
	free(making->kept);
	strv_free(&making->argv);
}

/* Every image of the presets needs room for a second one. */
static int require_room(const struct making *making, struct error *error)
{
	cleanup(strv_free) struct strv images = {0};
	const char *image;

	initramfs_images_of_presets(making->settings, making->release, &images);
	STRV_FOREACH (image, &images)
		if (!initramfs_has_room(image))
			return error_set(error, -ENOSPC, 0,
					 "%s would write over the only image, because there is no "
					 "room for two",
					 making->way->program);
	return 0;
}

static int prepare(const struct making *making, struct error *error)
{
	if (making->way->needs_room && require_room(making, error) < 0)
		return error->code;
	if (making->new_image && file_unlink(making->new_image, error) < 0)
		return error->code;
	return making->kept ? keep(making->image, making->kept, error) : 0;
}

static void clean_up(const struct making *making, bool has_failed)
{
	cleanup(error_clear) struct error ignored = {0};

	if (making->kept && has_failed)
		restore(making->kept, making->image);
	else if (making->kept)
		(void)file_unlink(making->kept, &ignored);
	if (making->new_image && has_failed)
		(void)file_unlink(making->new_image, &ignored);
}

static int run(const struct making *making, struct reporter *reporter, struct error *error)
{
	const struct settings *settings = making->settings;
	cleanup(free_string) char *command = strv_join(&making->argv, " ");
	const struct process process = {
		.argv = strv_argv(&making->argv),
		.root = settings->root,
		.timeout_seconds = settings->initramfs_time,
	};
	struct said said = {.reporter = settings->verbose ? reporter : NULL};
	int status = 0;

	(void)setenv(INITRAMFS_TOOL_VARIABLE, making->release, 1);
	if (prepare(making, error) == 0)
		(void)process_stream(&process, hear, &said, &status, error);
	if (!error->code && !status && making->new_image)
		(void)replace(making->new_image, making->image, error);
	if (error->code || status)
		(void)explain(making->way->program, status, making->image, command, &said, error);
	clean_up(making, error->code != 0);
	buffer_free(&said.kept);
	return error->code;
}

static char *fill(const struct way *way, const struct settings *settings, const char *release,
		  const char *image, const char *new_image)
{
	cleanup(free_string) char *seen = settings_to_inside(settings, image);
	cleanup(free_string) char *seen_new = settings_to_inside(settings, new_image);
	const struct initramfs_fields fields = {settings, release, seen, seen_new};

	return template_fill(way->command, initramfs_field, &fields);
}

char *initramfs_tool_command(const struct initramfs_tool *tool, const struct settings *settings,
			     const char *release, const char *image)
{
	struct way way;
	cleanup(free_string) char *words = NULL;

	if (find_way(tool, settings, release, image, &way))
		words = fill(&way, settings, release, image, image);
	return words ? text_format("%s %s", way.program, words) : NULL;
}

int initramfs_tool_run(const struct initramfs_tool *tool, const struct settings *settings,
		       const char *release, const char *image, struct reporter *reporter,
		       struct error *error)
{
	struct way way = {0};
	cleanup(making_free) struct making making = {
		.way = &way, .settings = settings, .release = release, .image = image};
	cleanup(free_string) char *new_image = text_format("%s.dkms-new", image);

	if (!find_way(tool, settings, release, image, &way))
		return error_set(error, -ENOENT, EXIT_INITRAMFS, "Nothing here makes %s.", image);
	cleanup(free_string) char *words = fill(&way, settings, release, image, new_image);

	strv_add(&making.argv, way.program);
	strv_split(&making.argv, words ? words : "", " ");
	if (way.in_place)
		making.kept = text_format("%s.dkms-old", image);
	if (strstr(way.command, "{new}"))
		making.new_image = TAKE(new_image);
	return run(&making, reporter, error);
}

static bool names_module(const char *listing, const char *module)
{
	cleanup(strv_free) struct strv words = {0};
	const char *word;

	strv_split(&words, listing, " \t\n");
	STRV_FOREACH (word, &words) {
		cleanup(free_string) char *name = strstr(word, ".ko") ? module_kernel_name(word)
								      : NULL;

		if (text_equal(name, module))
			return true;
	}
	return false;
}

int initramfs_tool_lists(const struct initramfs_tool *tool, const struct settings *settings,
			 const char *image, const char *module, bool *ret_found,
			 struct error *error)
{
	cleanup(free_string) char *program = settings_path(settings, tool->lister);
	cleanup(free_string) char *listing = NULL;
	cleanup(strv_free) struct strv argv = {0};
	int status;

	if (!file_is_executable(program))
		return error_set(error, -ENOENT, 0, "There is no %s.", program);
	strv_add(&argv, tool->lister);
	strv_add_owned(&argv, settings_to_inside(settings, image));
	const struct process process = {
		.argv = strv_argv(&argv),
		.root = settings->root,
		.stderr_fd = -1,
		.timeout_seconds = LISTING_SECONDS,
	};

	if (process_capture(&process, LISTING_LIMIT, &listing, NULL, &status, error) < 0)
		return error->code;
	if (status)
		return error_set(error, -ENOENT, 0, "%s cannot read %s.", program, image);
	*ret_found = names_module(listing, module);
	return 0;
}
