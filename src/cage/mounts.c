/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cage/mounts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/text.h"
#include "cage/namespace.h"

#ifndef SYS_mount_setattr
#define SYS_mount_setattr 442
#endif

static const char hidden_file[] = "/dev/.hidden";

static int mount_error(struct error *error, const char *what)
{
	return error_errno(error, -errno, 0, "%s", what);
}

/* Binds what fd refers to over target. */
static int bind_fd(int fd, const char *target, struct error *error)
{
	char source[40];

	(void)snprintf(source, sizeof(source), "/proc/self/fd/%d", fd);
	if (mount(source, target, NULL, MS_BIND | MS_REC, NULL) < 0)
		return mount_error(error, target);
	return 0;
}

int cage_mount_view(const struct cage_request *request, struct error *error)
{
	if (root_detach(MS_SLAVE, error) < 0)
		return error->code;
	if (mount(request->view, request->mount_point, NULL, MS_BIND, NULL) < 0)
		return mount_error(error, request->mount_point);
	return 0;
}

/* Undoes the octal escapes of /proc/self/mountinfo in place. */
static void unescape(char *text)
{
	char *to = text;

	for (char *from = text; *from; from++) {
		unsigned int code;

		if (*from == '\\' && sscanf(from + 1, "%3o", &code) == 1) {
			*to++ = (char)code;
			from += 3;
		} else {
			*to++ = *from;
		}
	}
	*to = '\0';
}

/* Linux before 5.12: one mount at a time. */
static int make_each_readonly(struct error *error)
{
	static const unsigned long kept = MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_NOATIME |
					  MS_NODIRATIME; /* the same bits as in statvfs */
	cleanup(fclose_handler) FILE *mounts = fopen("/proc/self/mountinfo", "re");
	cleanup(free_string) char *line = NULL;
	size_t size = 0;

	if (!mounts)
		return mount_error(error, "/proc/self/mountinfo");
	while (getline(&line, &size, mounts) > 0) {
		char *save = NULL, *path = strtok_r(line, " ", &save);
		struct statvfs info;

		for (int field = 1; path && field < 5; field++)
			path = strtok_r(NULL, " ", &save);
		if (!path)
			continue;
		unescape(path);
		/* A mount under another mount cannot be reached. It needs no change. */
		if (statvfs(path, &info) < 0)
			continue;
		if (mount(NULL, path, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY | (info.f_flag & kept),
			  NULL) < 0 &&
		    errno != EINVAL && errno != ENOENT)
			return mount_error(error, path);
	}
	return 0; /* NOLINT(clang-analyzer-unix.Malloc): clang 19 does not see that line is freed */
}

static int make_readonly(struct error *error)
{
	/* struct mount_attr, which older headers lack and some declare twice. */
	const struct {
		uint64_t set, clear, propagation, user_namespace;
	} attributes = {.set = 1 /* MOUNT_ATTR_RDONLY */};
	enum { RECURSIVE = 0x8000 };

	if (syscall(SYS_mount_setattr, AT_FDCWD, "/", RECURSIVE, &attributes, sizeof(attributes)) ==
	    0)
		return 0;
	if (errno != ENOSYS && errno != EPERM)
		return mount_error(error, "read-only mounts");
	return make_each_readonly(error);
}

/* Memory of its own over a directory, whose real contents then cannot be seen. */
static int hide(const char *directory, const char *options, struct error *error)
{
	if (mount("tmpfs", directory, "tmpfs", MS_NOSUID | MS_NODEV, options) < 0)
		return mount_error(error, directory);
	return 0;
}

/* For hide(), of a directory that is written to. */
static char *memory_options(const struct cage_request *request, const char *mode)
{
	return request->limits.temporary
		       ? text_format("mode=%s,size=%llu", mode,
				     (unsigned long long)request->limits.temporary)
		       : text_format("mode=%s,size=25%%", mode);
}

/* A file that shows what fd refers to. */
static int show_fd(int fd, const char *path, struct error *error)
{
	if (mknod(path, S_IFREG | 0666, 0) < 0)
		return mount_error(error, path);
	return bind_fd(fd, path, error);
}

/* Makes the nodes that programs expect in /dev, and binds the fifo unless it is -1. No device of
 * the machine is there. */
static int make_devices(const struct cage_request *request, int fifo, struct error *error)
{
	static const char *const nodes[] = {"/dev/null",   "/dev/zero",    "/dev/full",
					    "/dev/random", "/dev/urandom", "/dev/tty"};
	enum { NODES = sizeof(nodes) / sizeof(*nodes) };
	static const char *const links[][2] = {
		{"/proc/self/fd", "/dev/fd"},
		{"/proc/self/fd/0", "/dev/stdin"},
		{"/proc/self/fd/1", "/dev/stdout"},
		{"/proc/self/fd/2", "/dev/stderr"},
	};
	int fds[NODES];
	cleanup(free_string) char *options = memory_options(request, "0755");
	int code = 0;

	for (size_t i = 0; i < NODES; i++)
		fds[i] = open(nodes[i], O_PATH | O_CLOEXEC);
	code = hide("/dev", options, error);
	for (size_t i = 0; i < NODES; i++) {
		if (!code && fds[i] >= 0)
			code = show_fd(fds[i], nodes[i], error);
		close_fd(&fds[i]);
	}
	for (size_t i = 0; !code && i < sizeof(links) / sizeof(*links); i++)
		if (symlink(links[i][0], links[i][1]) < 0)
			code = mount_error(error, links[i][1]);
	if (!code && fifo >= 0)
		code = show_fd(fifo, request->shown_fifo, error);
	if (!code && (mkdir("/dev/shm", 0700) < 0 || chmod("/dev/shm", 01777) < 0 ||
		      mknod(hidden_file, S_IFREG, 0) < 0))
		code = mount_error(error, "/dev");
	return code;
}

static int hide_secrets(const struct strv *secrets, struct error *error)
{
	const char *path;

	STRV_FOREACH (path, secrets) {
		cleanup(free_string) char *real = realpath(path, NULL);

		if (real && file_is_directory(real)) {
			if (hide(real, "mode=0,size=4k", error) < 0)
				return error->code;
		} else if (real && mount(hidden_file, real, NULL, MS_BIND, NULL) < 0) {
			return mount_error(error, real);
		}
	}
	return 0;
}

/* A directory that must be seen again once one above it is hidden. */
struct reappearing {
	char *path, *real;
	int fd;
};

static void remember(const char *path, const struct strv *hidden, struct reappearing *entry)
{
	cleanup(free_string) char *real = realpath(path, NULL);
	const char *directory;

	*entry = (struct reappearing){.fd = -1};
	if (!real)
		return;
	STRV_FOREACH (directory, hidden) {
		if (!path_is_within(real, directory) && !path_is_within(path, directory))
			continue;
		entry->path = xstrdup(path);
		entry->real = TAKE(real);
		entry->fd = open(path, O_PATH | O_CLOEXEC);
		return;
	}
}

/* An empty directory or file to bind another one over. */
static int make_place(const struct reappearing *entry, struct error *error)
{
	cleanup(free_string) char *parent = path_parent(entry->real);
	struct stat info;

	if (fstat(entry->fd, &info) < 0)
		return mount_error(error, entry->real);
	if (S_ISDIR(info.st_mode))
		return file_make_directories(entry->real, error);
	if (file_make_directories(parent, error) < 0)
		return error->code;
	if (mknod(entry->real, S_IFREG, 0) < 0)
		return mount_error(error, entry->real);
	return 0;
}

static int reappear(const struct reappearing *entry, struct error *error)
{
	if (entry->fd < 0)
		return 0;
	if (!file_exists(entry->real) &&
	    (make_place(entry, error) < 0 || bind_fd(entry->fd, entry->real, error) < 0))
		return error->code;
	/* Reached by way of a link that is hidden now. */
	if (!file_exists(entry->path)) {
		cleanup(free_string) char *parent = path_parent(entry->path);

		if (file_make_directories(parent, error) < 0)
			return error->code;
		if (symlink(entry->real, entry->path) < 0)
			return mount_error(error, entry->path);
	}
	return 0;
}

/* Directories in /run that the C library needs to resolve names. Sockets of daemons lie beside
 * them.
 */
static const char *const resolvers[] = {"/run/NetworkManager", "/run/connman",
					"/run/netconfig",      "/run/nscd",
					"/run/resolvconf",     "/run/systemd/resolve"};

/* Leaves out directories that must be seen as a whole. */
static void add_hidden(const char *path, const struct cage_request *request, struct strv *hidden)
{
	cleanup(free_string) char *real = path ? realpath(path, NULL) : NULL;

	if (real && file_is_directory(real) && !text_equal(real, "/") &&
	    !strv_contains(hidden, real) && !strv_contains(&request->visible, real))
		strv_add(hidden, real);
}

/*
 * The first directory above path that is closed to others. In the cage there is one in its place
 * that everybody may pass, and in which only what is visible is seen.
 */
static void add_closed_parent(const char *path, const struct cage_request *request,
			      struct strv *hidden)
{
	cleanup(free_string) char *real = path && *path ? realpath(path, NULL) : NULL;
	struct stat info;

	for (char *slash = real ? strchr(real + 1, '/') : NULL; slash;
	     slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		bool closed = stat(real, &info) == 0 && !(info.st_mode & S_IXOTH);

		if (closed)
			add_hidden(real, request, hidden);
		if (closed)
			return;
		*slash = '/';
	}
}

/* The directories that get private memory: some to be written to, of others only parts are seen. */
static void choose_hidden(const struct cage_request *request, struct strv *private,
			  struct strv *closed)
{
	const char *path;

	add_hidden("/tmp", request, private);
	add_hidden("/var/tmp", request, private);
	add_hidden(request->temporary, request, private);
	add_hidden("/run", request, closed);
	STRV_FOREACH (path, &request->hidden)
		if (!strv_contains(private, path))
			add_hidden(path, request, closed);
	add_closed_parent(request->mount_point, request, closed);
	add_closed_parent(request->readable, request, closed);
	strv_sort(closed); /* parents first */
}

static int hide_all(const struct strv *hidden, const char *options, struct error *error)
{
	const char *directory;

	STRV_FOREACH (directory, hidden)
		/* A directory below an already hidden one has disappeared. */
		if (file_make_directories(directory, error) < 0 ||
		    hide(directory, options, error) < 0)
			return error->code;
	return 0;
}

static int hide_and_reappear(const struct cage_request *request, int fifo, struct error *error)
{
	cleanup(strv_free) struct strv hidden = {0}, private = {0}, closed = {0}, visible = {0};
	size_t count;
	int code;

	choose_hidden(request, &private, &closed);
	strv_add_all(&hidden, &private);
	strv_add_all(&hidden, &closed);
	strv_add(&hidden, "/dev");
	strv_add_all(&visible, &request->visible);
	for (size_t i = 0; request->network && i < sizeof(resolvers) / sizeof(*resolvers); i++)
		strv_add(&visible, resolvers[i]);
	count = visible.count;
	struct reappearing *entries = xcalloc(count + 1, sizeof(*entries));

	strv_sort(&visible); /* parents first */
	for (size_t i = 0; i < count; i++)
		remember(visible.items[i], &hidden, &entries[i]);
	cleanup(free_string) char *options = memory_options(request, "1777");

	/* First: what is private or visible may lie in /dev/shm. */
	code = make_devices(request, fifo, error);
	if (!code)
		code = hide_all(&private, options, error);
	if (!code)
		code = hide_all(&closed, "mode=0755,size=1%", error);
	for (size_t i = 0; i < count; i++) {
		if (!code)
			code = reappear(&entries[i], error);
		close_fd(&entries[i].fd);
		free(entries[i].path);
		free(entries[i].real);
	}
	free(entries);
	return code;
}

/* Best effort: without, the shell is just the shell. */
static void put_front_of_shell(const struct cage_request *request)
{
	cleanup(free_string) char *shell = realpath("/bin/sh", NULL);

	if (!request->shell_front || !shell)
		return;
	cleanup(free_string) char *directory = path_parent(request->real_shell);

	if (mkdir(directory, 0755) == 0 && chmod(directory, 0755) == 0 &&
	    mknod(request->real_shell, S_IFREG | 0755, 0) == 0 &&
	    mount(shell, request->real_shell, NULL, MS_BIND, NULL) == 0)
		(void)mount(request->shell_front, shell, NULL, MS_BIND, NULL);
}

int cage_mount_all(const struct cage_request *request, struct error *error)
{
	if (root_detach(MS_PRIVATE, error) < 0)
		return error->code;
	cleanup(close_fd) int view = -1;
	cleanup(close_fd) int fifo = -1;

	if (request->view)
		view = open(request->view, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (request->view && view < 0)
		return mount_error(error, request->view);
	if (request->fifo && request->shown_fifo)
		fifo = open(request->fifo, O_PATH | O_CLOEXEC);
	if (request->fifo && request->shown_fifo && fifo < 0)
		return mount_error(error, request->fifo);
	if (make_readonly(error) < 0 || hide_and_reappear(request, fifo, error) < 0 ||
	    hide_secrets(&request->secrets, error) < 0)
		return error->code;
	put_front_of_shell(request);
	if (!request->view)
		return 0;
	if (bind_fd(view, request->mount_point, error) < 0)
		return error->code;
	if (mount(NULL, request->mount_point, NULL, MS_REMOUNT | MS_BIND | MS_NOSUID | MS_NODEV,
		  NULL) < 0)
		return mount_error(error, request->mount_point);
	return 0;
}

int cage_mount_readonly(struct error *error)
{
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return mount_error(error, "mount propagation");
	return make_readonly(error);
}
