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
#include "base/template.h"
#include "base/text.h"
#include "boot/in_root.h"
#include "boot/initramfs_room.h"
#include "kernel/modules_dep.h"

enum { SAID_LIMIT = 3000, LISTING_LIMIT = 64 << 20, LISTING_SECONDS = 120, MACHINE_ID_LIMIT = 64 };

#define PATHS 8

/*
 * The tools. Paths and commands hold fields: {release}, {pkgbase} (Arch's name of the kernel's
 * package), {machine} (machine-id), {image} (the image), {new} (where a new one is made that then
 * takes its place).
 */
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

/* What the fields stand for. */
struct fields {
	const struct settings *settings;
	const char *release;
	const char *image, *new_image; /* as seen from the root; NULL: not known yet */
};

/* The first word of a small file of the system, owned by the caller; NULL if it is no plain name.
 */
static char *read_word(const char *path)
{
	cleanup(free_string) char *text = file_read_if_possible(path, MACHINE_ID_LIMIT);

	if (!text)
		return NULL;
	cleanup(free_string) char *word = text_trimmed(text);

	return path_is_plain_name(word) ? TAKE(word) : NULL;
}

static char *value_of(const void *context, const char *field)
{
	const struct fields *fields = context;
	const struct settings *settings = fields->settings;
	cleanup(free_string) char *path = NULL;

	if (text_equal(field, "release"))
		return xstrdup(fields->release);
	if (text_equal(field, "image"))
		return fields->image ? xstrdup(fields->image) : NULL;
	if (text_equal(field, "new"))
		return fields->new_image ? xstrdup(fields->new_image) : NULL;
	if (text_equal(field, "machine"))
		path = settings_path(settings, "/etc/machine-id");
	else if (text_equal(field, "pkgbase"))
		path = path_join(settings->install_tree, fields->release, "pkgbase", NULL);
	return path ? read_word(path) : NULL;
}

static bool is_installed(const struct initramfs_tool *tool, const struct settings *settings)
{
	cleanup(free_string) char *program = settings_path(settings, tool->program);

	return file_is_executable(program);
}

const struct initramfs_tool *initramfs_tool_find(const struct settings *settings,
						 const struct distro *distro)
{
	const struct initramfs_tool *found = NULL;

	for (size_t i = TOOLS; i-- > 0;)
		if (is_installed(&tools[i], settings) &&
		    (!found || found->maker != distro_initramfs_maker(distro)))
			found = &tools[i];
	return found;
}

enum initramfs_maker initramfs_tool_maker(const struct initramfs_tool *tool)
{
	return tool->maker;
}

char *initramfs_image(const struct settings *settings, const struct distro *distro,
		      const char *release)
{
	const struct initramfs_tool *tool = initramfs_tool_find(settings, distro);
	const struct fields fields = {.settings = settings, .release = release};

	for (size_t i = 0; tool && i < PATHS && tool->images[i]; i++) {
		cleanup(free_string) char *path = template_fill(tool->images[i], value_of, &fields);
		cleanup(free_string) char *image = path ? settings_path(settings, path) : NULL;

		if (image && file_is_regular(image))
			return TAKE(image);
	}
	return NULL;
}

/* What a tool said: passed on, and the end of it kept. */
struct said {
	struct reporter *reporter; /* NULL: nobody wants to hear it */
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

/* The last lines, each safe to show. */
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

static int explain(const struct initramfs_tool *tool, int status, const char *image,
		   const char *command, struct said *said, struct error *error)
{
	if (!error->code && status > 128)
		(void)error_set(error, -EIO, 0, "%s was killed by signal %d", tool->program,
				status - 128);
	else if (!error->code)
		(void)error_set(error, -EIO, 0, "%s failed with exit status %d", tool->program,
				status);
	error->exit_status = error->code == -EINTR ? error->exit_status : EXIT_INITRAMFS;
	(void)error_wrap(error, "%s could not be made again", image);
	tell_said(said, tool->program, error);
	initramfs_explain_room(image, error);
	return error_hint(
		error,
		"The old image is still there, with the modules it had. Mend that, then run: %s",
		command);
}

/* Moves what was made beside the image to its place. */
static int replace(const char *new_image, const char *image, struct error *error)
{
	if (!file_is_regular(new_image))
		return error_set(error, -ENOENT, 0, "it made no %s", new_image);
	if (file_sync_parent(new_image, error) < 0 || file_rename(new_image, image, error) < 0 ||
	    file_sync_parent(image, error) < 0)
		return error->code;
	return 0;
}

static int run(const struct initramfs_tool *tool, const struct settings *settings,
	       const struct strv *argv, const char *image, const char *new_image,
	       struct reporter *reporter, struct error *error)
{
	cleanup(free_string) char *command = strv_join(argv, " ");
	const struct process process = in_root(settings, argv, settings->initramfs_time);
	struct said said = {.reporter = settings->verbose ? reporter : NULL};
	bool makes_new = strstr(tool->command, "{new}") != NULL;
	int status = 0;

	if (makes_new && file_unlink(new_image, error) < 0)
		return error_set_status(error, EXIT_INITRAMFS);
	(void)process_stream(&process, hear, &said, &status, error);
	if (!error->code && !status && makes_new)
		(void)replace(new_image, image, error);
	if (error->code || status) {
		struct error ignored = {0};

		(void)explain(tool, status, image, command, &said, error);
		if (makes_new && file_unlink(new_image, &ignored) < 0)
			error_clear(&ignored);
	}
	buffer_free(&said.kept);
	return error->code;
}

int initramfs_tool_run(const struct initramfs_tool *tool, const struct settings *settings,
		       const char *release, const char *image, struct reporter *reporter,
		       struct error *error)
{
	cleanup(free_string) char *new_image = text_format("%s.dkms-new", image);
	const struct fields fields = {settings, release, in_root_path(settings, image),
				      in_root_path(settings, new_image)};
	cleanup(free_string) char *words = template_fill(tool->command, value_of, &fields);
	cleanup(strv_free) struct strv argv = {0};

	strv_add(&argv, tool->program);
	strv_split(&argv, words, " ");
	return run(tool, settings, &argv, image, new_image, reporter, error);
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
	strv_add(&argv, in_root_path(settings, image));
	struct process process = in_root(settings, &argv, LISTING_SECONDS);

	process.stderr_fd = -1;
	if (process_capture(&process, LISTING_LIMIT, &listing, NULL, &status, error) < 0)
		return error->code;
	if (status)
		return error_set(error, -ENOENT, 0, "%s cannot read %s.", program, image);
	*ret_found = names_module(listing, module);
	return 0;
}
