/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cage/namespace.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "cage/confine.h"

/* The root directory of a mount namespace, for cage/mounts.c. */

enum { HIGHEST = 4096 };

/* Whether "/" of the descriptor is where we are, in the same mount. */
static bool is_here(int root)
{
	const unsigned int wanted = STATX_INO | STATX_MNT_ID;
	struct statx there, here;

	if (statx(root, "", AT_EMPTY_PATH, wanted, &there) < 0 ||
	    statx(AT_FDCWD, ".", 0, wanted, &here) < 0)
		return false;
	return there.stx_ino == here.stx_ino && there.stx_dev_major == here.stx_dev_major &&
	       there.stx_dev_minor == here.stx_dev_minor && there.stx_mnt_id == here.stx_mnt_id;
}

static bool is_same_directory(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* Goes up from the working directory until a directory is its own parent. */
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

	/* The path of this directory from here; none if it cannot be reached. */
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

/* From the root of a chroot, which the namespace knows at some path, to its own. */
static int move_root(int root, unsigned long propagation)
{
	if (mount(NULL, "/", NULL, MS_REC | propagation, NULL) < 0 || fchdir(root) < 0)
		return -errno;
	return enter_as_root();
}

int root_detach(unsigned long propagation, struct error *error)
{
	int code = mount(NULL, "/", NULL, MS_REC | propagation, NULL) < 0 ? -errno : 0;
	bool is_mount = !code;

	if (code && code != -EINVAL)
		return error_errno(error, code, 0, "mount propagation");
	cleanup(close_fd) int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	cleanup(close_fd) int before = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);

	code = root < 0 || before < 0 ? -errno : leave_chroot();
	/* EPERM: this is no chroot, because no such namespace can be made in a chroot. */
	if (is_mount && (code == -EPERM || (!code && is_here(root))))
		code = fchdir(before) < 0 ? -errno : 0;
	else if (!code)
		code = move_root(root, propagation);
	return code ? error_errno(error, code, 0, "the root directory of a chroot") : 0;
}

/* The child's answer to its parent. */
struct answer_record {
	int code;
	bool impossible;
	char text[400];
};

bool namespace_is_impossible(int code)
{
	return code == -EPERM || code == -ENOSYS || code == -EINVAL || code == -ENOSPC;
}

/* Mounts: a security module says EACCES; ENOSPC would be many mounts. */
static bool is_impossible_mount(int code)
{
	return code == -EPERM || code == -ENOSYS || code == -EINVAL || code == -EACCES ||
	       code == -ENODEV;
}

static void make_inside(const struct namespace *namespace, bool *ret_impossible,
			struct error *error)
{
	int code = unshare(namespace->flag) < 0 ? -errno : 0;

	*ret_impossible = namespace_is_impossible(code);
	if (code == -ENOSPC)
		(void)error_set(error, code, 0,
				"%s namespaces: the sysctl user.max_%s_namespaces allows no more",
				namespace->kind, namespace->kind);
	else if (code)
		(void)error_errno(error, code, 0, "%s namespaces", namespace->kind);
	else if (namespace->inside)
		*ret_impossible = is_impossible_mount(namespace->inside(namespace->request, error));
}

/* In the child: prepares the namespace, says how it went, and stays until the pipe is closed. */
static void hold(const struct namespace *namespace, int answer, int release)
{
	struct answer_record record = {0};
	struct error error = {0};
	char byte;

	make_inside(namespace, &record.impossible, &error);
	record.code = error.code;
	(void)snprintf(record.text, sizeof(record.text), "%s", error.code ? error.message : "");
	if (file_write_all(answer, &record, sizeof(record)) < 0 || error.code)
		_exit(1);
	(void)close(answer);
	(void)!read(release, &byte, 1);
	_exit(0);
}

static int read_answer(int answer, bool *ret_impossible, struct error *error)
{
	struct answer_record record;
	ssize_t got;

	while ((got = read(answer, &record, sizeof(record))) < 0 && errno == EINTR)
		;
	if (got != sizeof(record))
		return error_set(error, -ECHILD, 0,
				 "the process that was to make a namespace died");
	record.text[sizeof(record.text) - 1] = '\0';
	*ret_impossible = record.impossible;
	return record.code ? error_set(error, record.code, 0, "%s", record.text) : 0;
}

static int write_map(pid_t pid, const char *name, uid_t owner, bool *ret_impossible,
		     struct error *error)
{
	cleanup(free_string) char *path = text_format("/proc/%d/%s", (int)pid, name);
	cleanup(free_string) char *map = text_format("0 %u %d\n", (unsigned int)owner,
						     (int)IDS_OF_A_BUILD);
	cleanup(close_fd) int fd = open(path, O_WRONLY | O_CLOEXEC);
	int code = fd < 0 ? -errno : file_write_all(fd, map, strlen(map));

	*ret_impossible = fd >= 0 && namespace_is_impossible(code);
	return code < 0 ? error_errno(error, code, 0, "%s", path) : 0;
}

static int take(const struct namespace *namespace, pid_t pid, int *ret_fd, bool *ret_impossible,
		struct error *error)
{
	cleanup(free_string) char *path = text_format("/proc/%d/ns/%s", (int)pid, namespace->kind);
	uid_t owner = namespace->owner;

	if (owner && (write_map(pid, "uid_map", owner, ret_impossible, error) < 0 ||
		      write_map(pid, "gid_map", owner, ret_impossible, error) < 0))
		return error->code;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	/* Nobody but the administrator can take away /proc. */
	*ret_impossible = fd < 0 && errno == ENOENT && !file_exists("/proc/self/ns");
	if (fd < 0)
		return *ret_impossible ? error_set(error, -ENOENT, 0, "/proc is not mounted")
				       : error_errno(error, -errno, 0, "%s", path);
	*ret_fd = fd;
	return 0;
}

static int open_pipes(int answer[2], int release[2], struct error *error)
{
	if (pipe2(answer, O_CLOEXEC) < 0)
		return error_errno(error, -errno, 0, "pipe");
	if (pipe2(release, O_CLOEXEC) == 0)
		return 0;
	int code = -errno;

	(void)close(answer[0]);
	(void)close(answer[1]);
	return error_errno(error, code, 0, "pipe");
}

int namespace_make(const struct namespace *namespace, int *ret_fd, bool *ret_impossible,
		   struct error *error)
{
	int answer[2] = {-1, -1}, release[2] = {-1, -1};

	*ret_impossible = false;
	if (open_pipes(answer, release, error) < 0)
		return error->code;
	pid_t pid = fork();

	if (pid == 0) {
		(void)close(release[1]);
		hold(namespace, answer[1], release[0]);
	}
	int code = pid < 0 ? error_errno(error, -errno, 0, "fork") : 0;

	(void)close(answer[1]);
	(void)close(release[0]);
	if (!code)
		code = read_answer(answer[0], ret_impossible, error);
	if (!code)
		code = take(namespace, pid, ret_fd, ret_impossible, error);
	(void)close(answer[0]);
	(void)close(release[1]);
	while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	return code;
}
