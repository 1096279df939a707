/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/link.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/text.h"
#include "package/tarball_unpack.h"

struct adoption {
	const char *file;
	uid_t id;
	const struct tarball_limits *limits;
	struct strmap *entries;
	long long bytes;
};

static int refuse(const struct adoption *adoption, const char *name, struct error *error)
{
	return error_set(error, -EINVAL, EXIT_NO_PRODUCT,
			 "%s is refused: unpacking it left \"%s\", which is no part of a tarball.",
			 adoption->file, name);
}

static int failed(const struct adoption *adoption, const char *name, struct error *error)
{
	return error_errno(error, -errno, EXIT_INSTALL, "Cannot take over \"%s\" of %s", name,
			   adoption->file);
}

static int add(struct adoption *adoption, const char *name, enum tarball_entry_kind kind,
	       const char *target, struct error *error)
{
	struct tarball_entry *entry = NEW(struct tarball_entry);

	entry->kind = kind;
	text_assign(&entry->target, target);
	(void)strmap_set(adoption->entries, name, entry);
	return adoption->entries->count > adoption->limits->entries ? refuse(adoption, name, error)
								    : 0;
}

static int take_link(struct adoption *adoption, int parent, const char *name, const char *path,
		     struct error *error)
{
	char target[PATH_MAX];
	ssize_t length = readlinkat(parent, name, target, sizeof(target) - 1);

	if (length < 0)
		return failed(adoption, path, error);
	target[length] = '\0';
	if (!link_stays_inside(path, target))
		return refuse(adoption, path, error);
	if (fchownat(parent, name, geteuid(), getegid(), AT_SYMLINK_NOFOLLOW) < 0)
		return failed(adoption, path, error);
	return add(adoption, path, TARBALL_LINK, target, error);
}

/* Nothing has a second name: that could be a file from elsewhere. */
static int take_file(struct adoption *adoption, int fd, const struct stat *info, const char *path,
		     struct error *error)
{
	if (info->st_nlink != 1 || info->st_uid != adoption->id || info->st_size < 0 ||
	    info->st_size > adoption->limits->bytes - adoption->bytes)
		return refuse(adoption, path, error);
	adoption->bytes += info->st_size;
	if (fchown(fd, geteuid(), getegid()) < 0 || fchmod(fd, (info->st_mode & 0755) | 0600) < 0)
		return failed(adoption, path, error);
	return add(adoption, path, TARBALL_FILE, NULL, error);
}

static int take_entries(struct adoption *adoption, int fd, const char *path, int level,
			struct error *error);

static int take_directory(struct adoption *adoption, int fd, const struct stat *info,
			  const char *path, int level, struct error *error)
{
	if (info->st_uid != adoption->id || level > TARBALL_MOST_LEVELS)
		return refuse(adoption, path, error);
	if (fchown(fd, geteuid(), getegid()) < 0 || fchmod(fd, (info->st_mode & 0755) | 0700) < 0)
		return failed(adoption, path, error);
	if (*path && add(adoption, path, TARBALL_DIRECTORY, NULL, error) < 0)
		return error->code;
	return take_entries(adoption, fd, path, level, error);
}

static bool has_controls(const char *name)
{
	for (; *name; name++)
		if ((unsigned char)*name < 0x20 || *name == 0x7f)
			return true;
	return false;
}

static int take(struct adoption *adoption, int parent, const char *name, const char *path,
		int level, struct error *error)
{
	struct stat info;

	if (has_controls(name))
		return refuse(adoption, path, error);
	if (fstatat(parent, name, &info, AT_SYMLINK_NOFOLLOW) < 0)
		return failed(adoption, path, error);
	if (S_ISLNK(info.st_mode))
		return take_link(adoption, parent, name, path, error);
	if (!S_ISREG(info.st_mode) && !S_ISDIR(info.st_mode))
		return refuse(adoption, path, error);
	cleanup(close_fd) int fd = openat(parent, name,
					  O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0 || fstat(fd, &info) < 0)
		return failed(adoption, path, error);
	if (S_ISDIR(info.st_mode))
		return take_directory(adoption, fd, &info, path, level, error);
	return take_file(adoption, fd, &info, path, error);
}

static int take_entries(struct adoption *adoption, int fd, const char *path, int level,
			struct error *error)
{
	cleanup(close_fd) int own = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	cleanup(closedir_handler) DIR *directory = own < 0 ? NULL : fdopendir(own);
	const struct dirent *entry;

	if (!directory)
		return failed(adoption, path, error);
	own = -1;
	for (errno = 0; (entry = readdir(directory)); errno = 0) {
		cleanup(free_string) char *below = text_format("%s%s%s", path, *path ? "/" : "",
							       entry->d_name);

		if (text_equal(entry->d_name, ".") || text_equal(entry->d_name, ".."))
			continue;
		if (take(adoption, fd, entry->d_name, below, level + 1, error) < 0)
			return error->code;
	}
	return errno ? failed(adoption, path, error) : 0;
}

int tarball_adopt(int fd, const char *file, uid_t id, const struct tarball_limits *limits,
		  struct strmap *entries, struct error *error)
{
	struct adoption adoption = {file, id, limits, entries, 0};
	struct stat info;

	if (fstat(fd, &info) < 0)
		return failed(&adoption, ".", error);
	return take_directory(&adoption, fd, &info, "", 0, error);
}
