/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "boot/initramfs_config.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/directory.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/strv.h"
#include "base/text.h"
#include "kernel/module_lists.h"

#define FILE_LIMIT ((size_t)1 << 20)
#define BLANKS     " \t\r\n"

/* Where the tools look. In a directory (the path ends with a slash) files with the suffix count. */
static const struct source {
	enum initramfs_maker maker;
	const char *path;
	const char *suffix;
} sources[] = {
	{INITRAMFS_TOOLS, "/etc/initramfs-tools/modules", ""},
	{INITRAMFS_TOOLS, "/usr/share/initramfs-tools/modules", ""},
	{INITRAMFS_TOOLS, "/etc/initramfs-tools/modules.d/", ""},
	{INITRAMFS_TOOLS, "/usr/share/initramfs-tools/modules.d/", ""},
	{INITRAMFS_DRACUT, "/etc/dracut.conf", ""},
	{INITRAMFS_DRACUT, "/etc/dracut.conf.d/", ".conf"},
	{INITRAMFS_DRACUT, "/usr/lib/dracut/dracut.conf.d/", ".conf"},
	{INITRAMFS_MKINITCPIO, "/etc/mkinitcpio.conf", ""},
	{INITRAMFS_MKINITCPIO, "/etc/mkinitcpio.conf.d/", ".conf"},
};

/* The variables that name modules; NULL: the file is a list, a module a line, with options. */
static const char *const *const variables[INITRAMFS_MAKERS] = {
	[INITRAMFS_DRACUT] = (const char *const[]){"add_drivers", "force_drivers", "install_items",
						   "install_optional_items", NULL},
	[INITRAMFS_MKINITCPIO] = (const char *const[]){"MODULES", NULL},
};

/* Blanks comments: from a # at the start of a word to the end of the line. */
static void remove_comments(char *text)
{
	for (char *at = text; *at; at++)
		if (*at == '#' && (at == text || strchr(BLANKS, at[-1])))
			while (*at && *at != '\n')
				*at++ = ' ';
}

static void add_name(struct strv *names, const char *word)
{
	strv_add_owned(names, module_kernel_name(word));
}

static void read_list(char *text, struct strv *names)
{
	char *line;

	while ((line = strsep(&text, "\n"))) {
		char *word = line + strspn(line, BLANKS);

		word[strcspn(word, BLANKS)] = '\0';
		if (*word)
			add_name(names, word);
	}
}

/* The end of a value that begins here. */
static const char *end_of_value(const char *value)
{
	const char *end;

	if (*value == '"' || *value == '\'') {
		end = strchr(value + 1, *value);
		return end ? end : value + strlen(value);
	}
	return value + (*value == '(' ? strcspn(value, ")") : strcspn(value, BLANKS ";"));
}

/* The value of an assignment to the variable that begins here, or NULL: NAME=, NAME+=. */
static const char *value_at(const char *text, const char *at, const char *variable)
{
	size_t length = strlen(variable);

	if (strncmp(at, variable, length) != 0 ||
	    (at > text && (isalnum((unsigned char)at[-1]) || at[-1] == '_')))
		return NULL;
	at += length;
	at += *at == '+';
	return *at == '=' ? at + 1 : NULL;
}

static void read_variable(const char *text, const char *variable, struct strv *names)
{
	for (const char *at = text; (at = strstr(at, variable)); at++) {
		const char *value = value_at(text, at, variable);

		if (!value)
			continue;
		cleanup(free_string) char *words = xstrndup(value,
							    (size_t)(end_of_value(value) - value));
		cleanup(strv_free) struct strv all = {0};
		const char *word;

		strv_split(&all, words, BLANKS "\"'(),");
		STRV_FOREACH (word, &all)
			add_name(names, word);
	}
}

static bool file_names(const char *path, enum initramfs_maker maker, const char *module)
{
	cleanup(strv_free) struct strv names = {0};

	cleanup(free_string) char *text = file_read_if_possible(path, FILE_LIMIT);

	if (!text)
		return false;
	remove_comments(text);
	if (!variables[maker])
		read_list(text, &names);
	for (size_t i = 0; variables[maker] && variables[maker][i]; i++)
		read_variable(text, variables[maker][i], &names);
	return strv_contains(&names, module);
}

static void list_files(const struct settings *settings, const struct source *source,
		       struct strv *files)
{
	cleanup(free_string) char *path = settings_path(settings, source->path);
	cleanup(strv_free) struct strv names = {0};
	const char *name;

	if (!text_ends_with(source->path, "/")) {
		strv_add_owned(files, TAKE(path));
		return;
	}
	directory_list_if_possible(path, &names);
	STRV_FOREACH (name, &names)
		if (text_ends_with(name, source->suffix))
			strv_add_owned(files, path_join(path, name, NULL));
}

char *initramfs_config_file(const struct settings *settings, enum initramfs_maker maker,
			    const char *module)
{
	for (size_t i = 0; i < sizeof(sources) / sizeof(*sources); i++) {
		cleanup(strv_free) struct strv files = {0};
		const char *file;

		if (sources[i].maker != maker)
			continue;
		list_files(settings, &sources[i], &files);
		STRV_FOREACH (file, &files)
			if (file_names(file, maker, module))
				return xstrdup(file);
	}
	return NULL;
}

/* Directories of hooks that run in the order of their names. */
static const struct hooks {
	const char *name;           /* in DKMS_KERNEL_HOOK */
	const char *directories[3]; /* NULL ends them */
	const char *ours;           /* the hook that runs dkms */
} hooks[] = {
	{"postinst.d", {"/etc/kernel/postinst.d", "/usr/share/kernel/postinst.d"}, "dkms"},
	{"kernel-install",
	 {"/etc/kernel/install.d", "/usr/lib/kernel/install.d"},
	 "40-dkms.install"},
};

/* Words in the names of hooks that make images. */
static const char *const makers[] = {"initramfs", "dracut", "mkinitcpio"};

static bool makes_images(const char *name)
{
	for (size_t i = 0; i < sizeof(makers) / sizeof(*makers); i++)
		if (strstr(name, makers[i]))
			return true;
	return false;
}

/* True if a hook that makes images comes after ours. */
static bool has_follower(const char *directory, const char *ours)
{
	cleanup(strv_free) struct strv names = {0};
	const char *name;

	directory_list_if_possible(directory, &names);
	STRV_FOREACH (name, &names) {
		cleanup(free_string) char *path = path_join(directory, name, NULL);

		if (strcmp(name, ours) > 0 && makes_images(name) && file_is_executable(path))
			return true;
	}
	return false;
}

bool initramfs_is_made_afterwards(const struct settings *settings)
{
	const char *hook = getenv("DKMS_KERNEL_HOOK");

	if (getenv(INITRAMFS_TOOL_VARIABLE))
		return true;
	for (size_t i = 0; i < sizeof(hooks) / sizeof(*hooks); i++) {
		if (!text_equal(hook, hooks[i].name))
			continue;
		for (size_t j = 0; j < 3 && hooks[i].directories[j]; j++) {
			cleanup(free_string) char *directory = settings_path(
				settings, hooks[i].directories[j]);

			if (has_follower(directory, hooks[i].ours))
				return true;
		}
	}
	return false;
}
