/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cage/root.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"

enum { HIGHEST = 4096 };

static bool is_same_directory(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* From the working directory to the one that is its own parent. */
static int climb(void)
{
	struct stat here, above;

	for (int i = 0; i < HIGHEST; i++) {
		if (stat(".", &here) < 0 || chdir("..") < 0 || stat(".", &above) < 0)
			return -errno;
		if (is_same_directory(&here, &above))
			return 0;
	}
	return -ELOOP;
}

/*
 * Makes the namespace's own root this process's root, as root may: once the root directory is below
 * the working directory, ".." does not end at it.
 */
static int leave_chroot(void)
{
	static const char *const below[] = {"/usr", "/etc", "/dev", "/proc"};
	int code = chdir("/") < 0 ? -errno : -ENOENT;

	for (size_t i = 0; code == -ENOENT && i < sizeof(below) / sizeof(*below); i++)
		code = chroot(below[i]) < 0 ? -errno : 0;
	if (!code)
		code = climb();
	if (!code && chroot(".") < 0)
		code = -errno;
	return code;
}

/* The working directory becomes a mount, and that the root of the namespace. */
static int enter_as_root(void)
{
	char path[PATH_MAX];

	/* Its name from here; one that cannot be reached has none. */
	if (!getcwd(path, sizeof(path)))
		return -errno;
	if (path[0] != '/')
		return -EINVAL;
	if (mount(path, path, NULL, MS_BIND | MS_REC, NULL) < 0 || chdir(path) < 0)
		return -errno;
	if (syscall(SYS_pivot_root, ".", ".") == 0)
		return umount2(".", MNT_DETACH) < 0 || chdir("/") < 0 ? -errno : 0;
	/* The first root of all, as in an initial ramdisk, cannot be moved away; it can be covered.
	 */
	return mount(".", "/", NULL, MS_MOVE, NULL) < 0 || chroot(".") < 0 || chdir("/") < 0
		       ? -errno
		       : 0;
}

int root_detach(unsigned long propagation, struct error *error)
{
	if (mount(NULL, "/", NULL, MS_REC | propagation, NULL) == 0)
		return 0;
	int code = -errno;

	if (code != -EINVAL)
		return error_errno(error, code, 0, "mount propagation");
	cleanup(close_fd) int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

	code = root < 0 ? -errno : leave_chroot();
	if (!code && mount(NULL, "/", NULL, MS_REC | propagation, NULL) < 0)
		code = -errno;
	if (!code && fchdir(root) < 0)
		code = -errno;
	if (!code)
		code = enter_as_root();
	return code ? error_errno(error, code, 0, "the root directory of a chroot") : 0;
}
