/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names in the headers of kernels, which packages of the system, not strangers, have put there. */
#include <ctype.h>
#include <fts.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/path.h"
#include "base/text.h"
#include "build/interface.h"
#include "kernel/kernel.h"

#define FILE_MAX  ((size_t)4 << 20)
#define TOTAL_MAX ((size_t)128 << 20)

static bool is_part_of_name(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

static bool mentions(const char *text, const char *name)
{
	size_t length = strlen(name);

	for (const char *at = text; (at = strstr(at, name)); at += length)
		if ((at == text || !is_part_of_name(at[-1])) && !is_part_of_name(at[length]))
			return true;
	return false;
}

/* Whether a header below the directory has the name. */
static bool directory_mentions(const char *directory, const char *name)
{
	char *const paths[] = {(char *)directory, NULL};
	FTS *walk = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	size_t total = 0;
	bool found = false;
	FTSENT *entry;

	while (walk && !found && total < TOTAL_MAX && (entry = fts_read(walk))) {
		cleanup(free_string) char *text = NULL;
		cleanup(error_clear) struct error ignored = {0};
		size_t length = 0;

		if (entry->fts_info != FTS_F || !text_ends_with(entry->fts_name, ".h"))
			continue;
		(void)file_read(entry->fts_path, FILE_MAX, &text, &length, &ignored);
		total += length;
		found = text && mentions(text, name);
	}
	if (walk)
		(void)fts_close(walk);
	return found;
}

/* In one of the two directories that a kernel's headers consist of with Debian. */
static bool headers_have(const char *headers, const char *name)
{
	static const char *const folders[] = {"linux",  "net",         "drm",
					      "sound",  "media",       "scsi",
					      "crypto", "asm-generic", "uapi/linux"};

	for (size_t i = 0; i < sizeof(folders) / sizeof(*folders); i++) {
		cleanup(free_string) char *folder = path_join(headers, "include", folders[i], NULL);

		if (directory_mentions(folder, name))
			return true;
	}
	return false;
}

static bool kernel_has(const char *modules, const char *headers, const char *name)
{
	cleanup(free_string) char *source = path_join(modules, "source", NULL);
	cleanup(free_string) char *real = realpath(headers, NULL);
	cleanup(free_string) char *real_source = realpath(source, NULL);

	if (text_ends_with(name, ".h")) {
		cleanup(free_string) char *one = path_join(headers, "include", name, NULL);
		cleanup(free_string) char *other = path_join(source, "include", name, NULL);

		return file_exists(one) || file_exists(other);
	}
	return (real && headers_have(real, name)) ||
	       (real_source && !text_equal(real, real_source) && headers_have(real_source, name));
}

/* A name, or the path of a header, and nothing else that a log might hold. */
static bool is_plain(const char *name)
{
	if (strlen(name) < 4 || strstr(name, ".."))
		return false;
	for (const char *c = name; *c; c++)
		if (!is_part_of_name(*c) && !(c > name && strchr("/.-", *c)))
			return false;
	return true;
}

bool interface_was_in_headers(const struct settings *settings, const struct kernel *kernel,
			      const char *name)
{
	cleanup(strv_free) struct strv releases = {0};
	cleanup(error_clear) struct error ignored = {0};
	const char *release;

	if (!is_plain(name) || kernel_has(kernel->module_directory, kernel->source_directory, name))
		return false;
	(void)kernel_list_with_headers(settings, &releases, &ignored);
	STRV_FOREACH (release, &releases) {
		cleanup(free_string) char *modules = path_join(settings->install_tree, release,
							       NULL);
		cleanup(free_string) char *headers = path_join(modules, "build", NULL);

		if (!text_equal(release, kernel->id.release) && kernel_has(modules, headers, name))
			return true;
	}
	return false;
}
