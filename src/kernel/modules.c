/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/path.h"
#include "base/text.h"
#include "kernel/kernel.h"

/* modules.dep of a distribution's kernel has about 1 MiB. */
static const size_t modules_dep_limit = 64UL << 20;

static char *next_line(char *line)
{
	char *end = strchr(line, '\n');

	return end ? end + 1 : NULL;
}

/* By the first of the kernel's own modules: what others put into updates or extra says nothing. */
static bool compression_from_modules_dep(const struct kernel *kernel,
					 enum compression *ret_compression)
{
	cleanup(free_string) char *path = path_join(kernel->module_directory, "modules.dep", NULL);
	cleanup(free_string) char *text = NULL;
	struct error ignored = {0};

	if (file_read(path, modules_dep_limit, &text, NULL, &ignored) < 0) {
		error_clear(&ignored);
		return false;
	}
	for (char *line = text; line; line = next_line(line)) {
		if (!text_starts_with(line, "kernel/"))
			continue;
		line[strcspn(line, ":\n")] = '\0';
		*ret_compression = compression_of_name(line);
		return true;
	}
	return false;
}

enum compression kernel_compression(const struct kernel *kernel)
{
	enum compression found;

	if (compression_from_modules_dep(kernel, &found))
		return found;
	if (kernel_config_is_yes(kernel, "MODULE_COMPRESS_GZIP"))
		return COMPRESSION_GZIP;
	if (kernel_config_is_yes(kernel, "MODULE_COMPRESS_XZ"))
		return COMPRESSION_XZ;
	if (kernel_config_is_yes(kernel, "MODULE_COMPRESS_ZSTD"))
		return COMPRESSION_ZSTD;
	return COMPRESSION_NONE;
}

/* True for NAME.ko and NAME.ko with any known suffix after it; NULL: whatever the name. */
static bool is_file_of(const char *file_name, const char *name)
{
	cleanup(free_string) char *own = NULL;

	if (name && !text_starts_with(file_name, name))
		return false;
	own = module_name_of_file(file_name);
	return own && (!name || text_equal(own, name));
}

/* DT_REG, DT_LNK, DT_DIR or something else; some file systems leave it to stat. */
static unsigned char entry_type(int directory_fd, const struct dirent *entry)
{
	struct stat info;

	if (entry->d_type != DT_UNKNOWN ||
	    fstatat(directory_fd, entry->d_name, &info, AT_SYMLINK_NOFOLLOW) < 0)
		return entry->d_type;
	return IFTODT(info.st_mode);
}

static int search(const char *directory, const char *name, bool with_links, struct strv *paths);

static int search_entry(int fd, const char *directory, const struct dirent *entry, const char *name,
			bool with_links, struct strv *paths)
{
	unsigned char type = entry_type(fd, entry);

	if (type == DT_DIR && entry->d_name[0] != '.') {
		cleanup(free_string) char *below = path_join(directory, entry->d_name, NULL);

		return search(below, name, with_links, paths);
	}
	if ((type == DT_REG || (type == DT_LNK && with_links)) && is_file_of(entry->d_name, name))
		strv_add_owned(paths, path_join(directory, entry->d_name, NULL));
	return 0;
}

/* A negative errno at the first directory that cannot be read; one that has just gone is empty. */
static int search(const char *directory, const char *name, bool with_links, struct strv *paths)
{
	cleanup(closedir_handler) DIR *stream = opendir(directory);
	const struct dirent *entry;

	if (!stream)
		return errno == ENOENT ? 0 : -errno;
	if (text_equal(path_basename(directory), "weak-updates"))
		with_links = false;
	for (errno = 0; (entry = readdir(stream)); errno = 0) {
		int code = search_entry(dirfd(stream), directory, entry, name, with_links, paths);

		if (code < 0)
			return code;
	}
	return -errno;
}

int kernel_find_modules(const struct kernel *kernel, const char *name, struct strv *paths,
			struct error *error)
{
	cleanup(strv_free) struct strv found = {0};
	int code = search(kernel->module_directory, name, true, &found);

	if (code < 0)
		return error_errno(error, code, 0, "Cannot search %s for %s%s",
				   kernel->module_directory, name ? "the module " : "modules",
				   name ? name : "");
	strv_sort(&found);
	strv_add_all(paths, &found);
	return 0;
}
