/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/staging.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/directory.h"
#include "base/path.h"
#include "base/temporary.h"

enum { ATTEMPTS = 100 };

/* The lock on a directory that is still where it was, or -1 if it is another's or gone. */
static int lock_directory(const char *path)
{
	cleanup(close_fd) int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat info;

	if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) < 0 || fstat(fd, &info) < 0 ||
	    info.st_nlink == 0)
		return -1;
	return TAKE_FD(fd);
}

/* In a temporary directory anybody can make such a name: root does not walk what a stranger filled.
 */
static bool is_own(int fd)
{
	struct stat info;

	return fd >= 0 && fstat(fd, &info) == 0 && info.st_uid == geteuid();
}

bool staging_is_in_use(const char *path)
{
	cleanup(close_fd) int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	return fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK;
}

void staging_sweep(const char *parent, const char *kind)
{
	cleanup(closedir_handler) DIR *directory = opendir(parent);
	const struct dirent *entry;

	while (directory && (entry = readdir(directory))) {
		if (!temporary_is(entry->d_name, kind))
			continue;
		cleanup(free_string) char *path = path_join(parent, entry->d_name, NULL);
		cleanup(close_fd) int lock = lock_directory(path);
		cleanup(error_clear) struct error error = {0};

		if (is_own(lock))
			(void)directory_remove(path, &error);
	}
}

/* Another dkms may sweep a new directory away before it is locked; then there is a next one. */
int staging_open(const char *parent, const char *kind, struct staging *ret_staging,
		 struct error *error)
{
	staging_sweep(parent, kind);
	for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
		cleanup(free_string) char *path = NULL;

		if (temporary_directory(parent, kind, &path, error) < 0)
			return error->code;
		int lock = lock_directory(path);

		if (lock >= 0) {
			*ret_staging = (struct staging){TAKE(path), lock};
			return 0;
		}
	}
	return error_set(error, -EBUSY, 0, "Cannot lock a private directory in %s", parent);
}

void staging_close(struct staging *staging)
{
	cleanup(error_clear) struct error error = {0};

	if (!staging->path)
		return;
	(void)directory_remove(staging->path, &error);
	free(TAKE(staging->path));
	close_fd(&staging->lock);
}
