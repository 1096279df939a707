/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "build/product_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/directory.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/text.h"
#include "model/compression.h"
#include "model/package.h"

enum { LINKS = 8 };

static int open_below(int build, const char *path, int flags)
{
	struct open_how how = {
		.flags = (unsigned int)flags | O_NOFOLLOW | O_CLOEXEC,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS,
	};
	long fd = syscall(SYS_openat2, build, path, &how, sizeof(how));

	return fd < 0 ? -errno : (int)fd;
}

/* Before Linux 5.6: no command of the build runs any more, so that what is resolved stays so. */
static int open_checked(const struct workspace *workspace, const char *path, int flags)
{
	cleanup(free_string) char *full = path_join(workspace->build, path, NULL);
	cleanup(free_string) char *parent = path_parent(full);
	cleanup(free_string) char *real = realpath(parent, NULL);
	cleanup(free_string) char *root = realpath(workspace->build, NULL);

	if (!real || !root || !path_is_within(real, root))
		return -ENOENT;
	int fd = open(full, flags | O_NOFOLLOW | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

static int open_entry(const struct workspace *workspace, int build, const char *path, int flags)
{
	int fd = open_below(build, path, flags);

	return fd == -ENOSYS || fd == -EPERM ? open_checked(workspace, path, flags) : fd;
}

/* The target of a link, as a path below the build directory; NULL: it leads out. */
static char *follow(const struct workspace *workspace, const char *path, const char *target)
{
	if (path_is_within(target, workspace->shown_build)) {
		target += strlen(workspace->shown_build);
		return xstrdup(target + strspn(target, "/"));
	}
	if (*target == '/')
		return NULL;
	const char *slash = strrchr(path, '/');

	return text_format("%.*s%s", slash ? (int)(slash - path + 1) : 0, path, target);
}

/* The target of the link at path, or NULL if it is none. */
static char *read_link(const struct workspace *workspace, int build, const char *path)
{
	cleanup(close_fd) int fd = open_entry(workspace, build, path, O_PATH);
	char target[PATH_MAX];
	ssize_t length = fd < 0 ? -1 : readlinkat(fd, "", target, sizeof(target) - 1);

	return length <= 0 ? NULL : xstrndup(target, (size_t)length);
}

static bool is_regular(int fd)
{
	struct stat info;

	return fd >= 0 && fstat(fd, &info) == 0 && S_ISREG(info.st_mode);
}

/* LOCATION/NAME as a path below the build directory, which a location may leave and enter again. */
static char *path_below(const struct workspace *workspace, const char *location, const char *name)
{
	cleanup(free_string) char *joined = path_join(workspace->shown_build, location, name, NULL);
	cleanup(free_string) char *path = path_normalize(joined);

	if (!path || !path_is_within(path, workspace->shown_build))
		return NULL;
	return xstrdup(path + strlen(workspace->shown_build) + 1);
}

int product_open(const struct workspace *workspace, const char *location, const char *name,
		 int *ret_fd)
{
	cleanup(close_fd) int build = open(workspace->build,
					   O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	cleanup(free_string) char *now = path_below(workspace, location, name);

	for (int i = 0; build >= 0 && now && i < LINKS; i++) {
		cleanup(free_string) char *target = read_link(workspace, build, now);

		if (!target) {
			cleanup(close_fd) int fd = open_entry(workspace, build, now,
							      O_RDONLY | O_NONBLOCK);

			if (!is_regular(fd))
				return -ENOENT;
			*ret_fd = TAKE_FD(fd);
			return 0;
		}
		char *next = follow(workspace, now, target);

		free(now);
		now = next;
	}
	return -ENOENT;
}

static int copy_all(int fd, int out, size_t limit)
{
	char chunk[65536];
	size_t total = 0;

	for (;;) {
		ssize_t got = read(fd, chunk, sizeof(chunk));

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return got < 0 ? -errno : 0;
		total += (size_t)got;
		if (total > limit)
			return -EFBIG;
		int code = file_write_all(out, chunk, (size_t)got);

		if (code < 0)
			return code;
	}
}

int product_copy(int fd, const char *name, size_t limit, const char *target, struct error *error)
{
	struct stat info;

	if (fstat(fd, &info) < 0)
		return error_errno(error, -errno, 0, "Cannot read %s", name);
	if (info.st_size < 0 || (size_t)info.st_size > limit)
		return error_set(error, -EFBIG, EXIT_NO_PRODUCT,
				 "The build made %s with %lld bytes; more than %zu are not taken.",
				 name, (long long)info.st_size, limit);
	cleanup(close_fd) int out = open(
		target, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (out < 0)
		return error_errno(error, -errno, 0, "Cannot write %s", target);
	int code = copy_all(fd, out, limit);

	if (!code && fchmod(out, 0644) < 0)
		code = -errno;
	if (close(TAKE_FD(out)) < 0 && !code)
		code = -errno;
	return code ? error_errno(error, code, 0, "Cannot copy %s to %s", name, target) : 0;
}

/* The module of the package that a file holds: NAME.ko in any compression, or NULL. */
static const struct built_module *find_announced(const struct package *package, const char *file)
{
	size_t length = strlen(file) - strlen(compression_suffix(compression_of_name(file)));

	for (size_t i = 0; i < package->module_count; i++) {
		const struct built_module *module = &package->modules[i];
		cleanup(free_string) char *name = text_format("%s.ko", module->dest_name);

		if (!module->excluded && strlen(name) == length && strncmp(name, file, length) == 0)
			return module;
	}
	return NULL;
}

static int take_file(int from, const char *shown, const char *name, size_t limit, const char *to,
		     struct error *error)
{
	cleanup(close_fd) int fd = openat(from, name,
					  O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
	cleanup(free_string) char *path = path_join(shown, name, NULL);
	cleanup(free_string) char *target = path_join(to, name, NULL);

	if (!is_regular(fd))
		return error_set(error, -EINVAL, EXIT_NO_PRODUCT,
				 "POST_BUILD left %s, which is no regular file.", path);
	return product_copy(fd, path, limit, target, error);
}

/* Every module that is announced is there; the files were taken already. */
static int require_all(const char *shown, const struct package *package, const struct strv *taken,
		       struct error *error)
{
	for (size_t i = 0; i < package->module_count; i++) {
		bool found = package->modules[i].excluded;
		const char *name;

		STRV_FOREACH (name, taken)
			found |= find_announced(package, name) == &package->modules[i];
		if (!found)
			return error_set(error, -ENOENT, EXIT_NO_PRODUCT,
					 "POST_BUILD removed %s/%s.ko.", shown,
					 package->modules[i].dest_name);
	}
	return 0;
}

int product_take_over(const char *from, const struct package *package, const char *to,
		      struct strv *left, struct error *error)
{
	cleanup(close_fd) int directory = open(from,
					       O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	cleanup(strv_free) struct strv names = {0};
	cleanup(strv_free) struct strv taken = {0};
	const char *name;

	if (directory < 0)
		return error_set(error, -EINVAL, EXIT_NO_PRODUCT, "POST_BUILD replaced %s.", from);
	if (directory_list(from, &names, error) < 0)
		return error->code;
	STRV_FOREACH (name, &names) {
		bool symvers = text_equal(name, "Module.symvers");

		if (!symvers && !find_announced(package, name)) {
			strv_add(left, name);
			continue;
		}
		if (take_file(directory, from, name,
			      symvers ? PRODUCT_SYMVERS_MAX : PRODUCT_MODULE_MAX, to, error) < 0)
			return error->code;
		strv_add(&taken, name);
	}
	return require_all(from, package, &taken, error);
}
