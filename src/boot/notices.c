/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "boot/notices.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/directory.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/text.h"
#include "tree/layout.h"
#include "tree/registry.h"

#define FILE_LIMIT ((size_t)1 << 20)
#define DIRECTORY  ".missing"

/* One line, as it was read. */
struct notice {
	struct strv words; /* M/V, A, STATUS */
	struct module_id id;
	struct kernel_id kernel;
};

enum { MODULE, ARCH, STATUS, WORDS };

static void notice_free(struct notice *notice)
{
	module_id_free(&notice->id);
	kernel_id_free(&notice->kernel);
	strv_free(&notice->words);
}

/* False: the line is no notice. */
static bool notice_read(const char *line, const char *release, struct notice *notice)
{
	strv_split(&notice->words, line, " ");
	if (notice->words.count != WORDS)
		return false;
	char *name = notice->words.items[MODULE];
	const char *slash = strchr(name, '/');

	if (!slash)
		return false;
	cleanup(free_string) char *module = xstrndup(name, (size_t)(slash - name));

	notice->id = module_id_new(module, slash + 1);
	notice->kernel = kernel_id_new(release, notice->words.items[ARCH]);
	return path_is_plain_name(notice->id.name) && path_is_plain_name(notice->id.version) &&
	       path_is_plain_name(notice->kernel.arch);
}

static bool is_true(const struct settings *settings, const struct notice *notice)
{
	cleanup(free_string) char *active = registry_active_version(settings, notice->id.name,
								    &notice->kernel);
	cleanup(free_string) char *directory = path_join(settings->install_tree,
							 notice->kernel.release, NULL);

	return !active && file_is_directory(directory) &&
	       registry_version_state(settings, &notice->id) != VERSION_UNKNOWN;
}

static char *file_of(const struct settings *settings, const char *release)
{
	return path_join(settings->dkms_tree, DIRECTORY, release, NULL);
}

/* The kernels that have lines. */
static void list_releases(const struct settings *settings, struct strv *releases)
{
	cleanup(free_string) char *directory = path_join(settings->dkms_tree, DIRECTORY, NULL);

	directory_list_if_possible(directory, releases);
}

/* The lines of a kernel that are still true, without lines of the module `without` (or NULL). */
static void read_lines(const struct settings *settings, const char *release, const char *without,
		       struct strv *lines)
{
	cleanup(free_string) char *file = file_of(settings, release);
	cleanup(strv_free) struct strv all = {0};
	const char *line;

	cleanup(free_string) char *text = file_read_if_possible(file, FILE_LIMIT);

	strv_split(&all, text ? text : "", "\n");
	STRV_FOREACH (line, &all) {
		struct notice notice = {0};

		if (notice_read(line, release, &notice) && is_true(settings, &notice) &&
		    !text_equal(notice.id.name, without))
			strv_add(lines, line);
		notice_free(&notice);
	}
}

static int write_lines(const struct settings *settings, const char *release,
		       const struct strv *lines, struct error *error)
{
	cleanup(free_string) char *file = file_of(settings, release);
	cleanup(free_string) char *directory = path_parent(file);
	cleanup(free_string) char *joined = strv_join(lines, "\n");
	cleanup(free_string) char *text = text_format("%s\n", joined);

	if (!lines->count) {
		if (file_unlink(file, error) < 0)
			return error->code;
		(void)rmdir(directory); /* it may well hold other kernels */
		return 0;
	}
	if (file_make_directories(directory, error) < 0)
		return error->code;
	return file_write(file, text, strlen(text), 0644, error);
}

int boot_notice_add(const struct settings *settings, const struct module_id *id,
		    const struct kernel_id *kernel, int status, struct error *error)
{
	cleanup(strv_free) struct strv lines = {0};

	read_lines(settings, kernel->release, id->name, &lines);
	strv_add_format(&lines, "%s/%s %s %d", id->name, id->version, kernel->arch, status);
	return write_lines(settings, kernel->release, &lines, error);
}

static char *sentence(const char *line, const char *release)
{
	struct notice notice = {0};
	char *text = NULL;

	if (notice_read(line, release, &notice))
		text = text_format("%s/%s is not installed for kernel %s (status %s). "
				   "See: dkms why %s/%s -k %s",
				   notice.id.name, notice.id.version, release,
				   notice.words.items[STATUS], notice.id.name, notice.id.version,
				   release);
	notice_free(&notice);
	return text;
}

/* True if the tree itself keeps the record of the failed build. */
static bool is_recorded(const struct settings *settings, const char *line, const char *release)
{
	struct notice notice = {0};
	bool found = false;

	if (notice_read(line, release, &notice)) {
		cleanup(free_string) char *failed = layout_failed(settings, &notice.id,
								  &notice.kernel, "");

		found = file_exists(failed);
	}
	notice_free(&notice);
	return found;
}

void boot_notices_list(const struct settings *settings, bool with_recorded, struct strv *sentences)
{
	cleanup(strv_free) struct strv releases = {0};
	const char *release, *line;

	list_releases(settings, &releases);
	STRV_FOREACH (release, &releases) {
		cleanup(strv_free) struct strv lines = {0};

		read_lines(settings, release, NULL, &lines);
		STRV_FOREACH (line, &lines)
			if (with_recorded || !is_recorded(settings, line, release))
				strv_add_owned(sentences, sentence(line, release));
	}
}

/* A system without /run has no message of the day. */
static int write_motd(const struct settings *settings, struct error *error)
{
	cleanup(free_string) char *run = settings_path(settings, "/run");
	cleanup(free_string) char *file = path_join(run, "motd.d", "dkms", NULL);
	cleanup(free_string) char *directory = path_parent(file);
	cleanup(strv_free) struct strv sentences = {0};
	struct buffer text = {0};
	const char *line;

	boot_notices_list(settings, true, &sentences);
	if (!sentences.count)
		return file_exists_nofollow(file) ? file_unlink(file, error) : 0;
	if (!file_is_directory(run))
		return 0;
	STRV_FOREACH (line, &sentences)
		buffer_add_format(&text, "dkms: %s\n", line);
	cleanup(free_string) char *whole = buffer_take(&text);

	if (file_make_directories(directory, error) < 0)
		return error->code;
	return file_write(file, whole, strlen(whole), 0644, error);
}

int boot_notices_settle(const struct settings *settings, struct error *error)
{
	cleanup(strv_free) struct strv releases = {0};
	const char *release;

	list_releases(settings, &releases);
	STRV_FOREACH (release, &releases) {
		cleanup(strv_free) struct strv lines = {0};

		read_lines(settings, release, NULL, &lines);
		if (write_lines(settings, release, &lines, error) < 0)
			return error->code;
	}
	return write_motd(settings, error);
}
