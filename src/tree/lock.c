/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tree/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/directory.h"
#include "base/file.h"
#include "base/interrupt.h"
#include "base/memory.h"
#include "base/text.h"
#include "tree/layout.h"

enum { RETRY_MS = 100, HOLDER_LIMIT = 4096, ANCESTORS_LIMIT = 4096 };

struct tree_lock {
	int fd; /* -1: an ancestor holds it */
	pid_t owner;
};

/* Who holds the lock, as far as the file tells; pid 0: it does not. */
struct holder {
	pid_t pid;
	uint64_t start_time; /* clock ticks after boot */
	char *action;
};

static void holder_release(struct holder *holder)
{
	free(holder->action);
}

/* Parent and start time of a process, from fields 4 and 22 of proc(5)'s stat. */
static bool read_process(pid_t pid, pid_t *ret_parent, uint64_t *ret_start_time)
{
	cleanup(free_string) char *path = text_format("/proc/%d/stat", (int)pid);
	cleanup(free_string) char *stat = NULL;
	int parent;

	stat = file_read_if_possible(path, HOLDER_LIMIT);
	if (!stat)
		return false;
	/* The second field, a name in parentheses, may hold anything. */
	const char *rest = strrchr(stat, ')');

	if (!rest || sscanf(rest,
			    ") %*c %d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d "
			    "%*d %*d %" SCNu64,
			    &parent, ret_start_time) != 2)
		return false;
	*ret_parent = parent;
	return true;
}

static bool is_ancestor(const struct holder *holder)
{
	pid_t pid = getpid();

	for (int i = 0; i < ANCESTORS_LIMIT && pid > 0; i++) {
		uint64_t start_time;
		pid_t parent;

		if (!read_process(pid, &parent, &start_time))
			return false;
		if (i && pid == holder->pid)
			return start_time == holder->start_time;
		pid = parent;
	}
	return false;
}

static struct holder read_holder(int fd)
{
	char text[HOLDER_LIMIT];
	ssize_t length = pread(fd, text, sizeof(text) - 1, 0);
	char *end;

	text[length > 0 ? length : 0] = '\0';
	pid_t pid = (pid_t)strtol(text, &end, 10);
	const char *newline = strchr(end, '\n');

	if (pid <= 0 || *end != ' ' || !newline)
		return (struct holder){0};
	return (struct holder){.pid = pid,
			       .action = xstrndup(end + 1, (size_t)(newline - end - 1)),
			       .start_time = strtoull(newline + 1, NULL, 10)};
}

static int write_holder(int fd, const char *action)
{
	cleanup(free_string) char *line = xstrdup(action);
	uint64_t start_time = 0;
	pid_t parent;

	for (char *c = line; (c = strchr(c, '\n'));)
		*c = ' ';
	(void)read_process(getpid(), &parent, &start_time);
	cleanup(free_string) char *text = text_format("%d %s\n%" PRIu64 "\n", (int)getpid(), line,
						      start_time);

	if (ftruncate(fd, 0) < 0)
		return -errno;
	return file_write_all(fd, text, strlen(text));
}

/* If somebody removes the tree while we wait, the file goes too, and its lock means nothing. */
static bool is_still_named(int fd, const char *path)
{
	struct stat opened, named;

	return fstat(fd, &opened) == 0 && stat(path, &named) == 0 &&
	       opened.st_dev == named.st_dev && opened.st_ino == named.st_ino;
}

static bool is_alive(const struct holder *holder)
{
	uint64_t start_time;
	pid_t parent;

	return holder->pid && read_process(holder->pid, &parent, &start_time) &&
	       start_time == holder->start_time;
}

/* A descriptor of a file below .dkms, which only this user may open; or a negative errno. */
static int open_private(const struct settings *settings, const char *path, struct error *error)
{
	cleanup(free_string) char *directory = layout_private(settings, "");
	int code = directory_make_private(directory, error);

	if (!code) {
		int fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0600);

		if (fd >= 0)
			return fd;
		error_errno(error, -errno, 0, "Cannot open %s", path);
	}
	error_wrap(error, "The DKMS tree %s cannot be changed", settings->dkms_tree);
	return error_set_status(error, EXIT_USAGE);
}

static bool is_open_to_others(int fd)
{
	struct stat info;

	return fstat(fd, &info) == 0 && (info.st_mode & 077);
}

/*
 * Older versions made the lock readable for everybody. Who has it open since then, and is no dkms
 * that left its name in it, keeps a file that is no lock any more. True if there is a new file.
 */
static bool replace_open_lock(int fd, const char *path, const struct holder *holder)
{
	return is_open_to_others(fd) && !is_alive(holder) && unlink(path) == 0;
}

/* 0 with the lock, -EWOULDBLOCK with *ret_holder set, or an error. */
static int try_lock(const struct settings *settings, const char *path, int *ret_fd,
		    struct holder *ret_holder, struct error *error)
{
	for (;;) {
		cleanup(close_fd) int fd = open_private(settings, path, error);

		if (fd < 0)
			return fd;
		if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
			cleanup(holder_release) struct holder holder = {0};

			if (errno != EWOULDBLOCK)
				return error_errno(error, -errno, EXIT_USAGE, "Cannot lock %s",
						   path);
			holder = read_holder(fd);
			if (replace_open_lock(fd, path, &holder))
				continue;
			*ret_holder = holder;
			holder = (struct holder){0};
			return -EWOULDBLOCK;
		}
		if (is_open_to_others(fd) && fchmod(fd, 0600) < 0)
			return error_errno(error, -errno, EXIT_USAGE, "Cannot close %s to others",
					   path);
		if (is_still_named(fd, path)) {
			*ret_fd = TAKE_FD(fd);
			return 0;
		}
	}
}

/* "process 12 (install foo/1.0)", owned by the caller. */
static char *describe(const struct holder *holder)
{
	return holder->pid ? text_format("process %d (%s)", (int)holder->pid, holder->action)
			   : xstrdup("another dkms");
}

static int locked_out(const struct settings *settings, const struct holder *holder, int timeout,
		      struct error *error)
{
	cleanup(free_string) char *who = describe(holder);

	if (timeout)
		error_set(error, -EWOULDBLOCK, EXIT_LOCKED,
			  "Waited %d %s for the DKMS tree %s, which %s still holds.", timeout,
			  timeout == 1 ? "second" : "seconds", settings->dkms_tree, who);
	else
		error_set(error, -EWOULDBLOCK, EXIT_LOCKED,
			  "The DKMS tree %s is in use: %s holds it.", settings->dkms_tree, who);
	return error_hint(error, "Run this again when that has ended, or wait longer for it "
				 "with --lock-timeout.");
}

/* Sleeps until the next try; -EINTR if a signal asks us to stop. */
static int pause_waiting(struct error *error)
{
	struct pollfd signal = {.fd = interrupt_fd(), .events = POLLIN};

	(void)poll(&signal, 1, RETRY_MS);
	return interrupt_pending() ? interrupt_error(error) : 0;
}

/* 0 with *ret_fd the locked file, or -1 for an ancestor's lock. */
static int wait_for_lock(const struct settings *settings, const char *path, int timeout,
			 struct reporter *reporter, int *ret_fd, struct error *error)
{
	for (int64_t waited_ms = 0;; waited_ms += RETRY_MS) {
		cleanup(holder_release) struct holder holder = {0};
		int code = try_lock(settings, path, ret_fd, &holder, error);

		if (code != -EWOULDBLOCK || error->code)
			return code;
		if (is_ancestor(&holder)) {
			*ret_fd = -1;
			return 0;
		}
		if (timeout >= 0 && waited_ms >= (int64_t)timeout * 1000)
			return locked_out(settings, &holder, timeout, error);
		if (!waited_ms) {
			cleanup(free_string) char *who = describe(&holder);

			report(reporter, REPORT_WARNING, "Waiting for %s, which holds %s.", who,
			       settings->dkms_tree);
		}
		if (pause_waiting(error) < 0)
			return error->code;
	}
}

int tree_lock_take(const struct settings *settings, const char *action, int timeout_seconds,
		   struct reporter *reporter, struct tree_lock **ret_lock, struct error *error)
{
	cleanup(free_string) char *path = layout_private(settings, "lock");
	cleanup(close_fd) int fd = -1;

	if (wait_for_lock(settings, path, timeout_seconds, reporter, &fd, error) < 0)
		return error->code;
	int code = fd < 0 ? 0 : write_holder(fd, action);

	if (code < 0)
		return error_errno(error, code, EXIT_USAGE, "Cannot write %s", path);
	struct tree_lock *lock = NEW(struct tree_lock);

	lock->fd = TAKE_FD(fd);
	lock->owner = getpid();
	*ret_lock = lock;
	return 0;
}

bool tree_lock_is_shared(const struct tree_lock *lock)
{
	return lock->fd < 0;
}

static struct holder find_holder(const struct settings *settings)
{
	cleanup(free_string) char *path = layout_private(settings, "lock");
	cleanup(close_fd) int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return (struct holder){0};
	return read_holder(fd);
}

bool tree_lock_is_held(const struct settings *settings)
{
	cleanup(holder_release) struct holder holder = find_holder(settings);

	return is_alive(&holder);
}

bool tree_lock_is_anothers(const struct settings *settings)
{
	cleanup(holder_release) struct holder holder = find_holder(settings);

	return holder.pid != getpid() && is_alive(&holder);
}

/* Things share one file, so that no file of any stays: each is a byte of it, where it may be. */
static off_t place_of(const char *thing)
{
	uint64_t hash = 0xcbf29ce484222325ULL; /* FNV-1a */

	for (const char *c = thing; *c; c++)
		hash = (hash ^ (unsigned char)*c) * 0x100000001b3ULL;
	return (off_t)(hash >> 2);
}

int tree_lock_part(const struct settings *settings, const char *thing, bool wait,
		   struct error *error)
{
	cleanup(free_string) char *path = layout_private(settings, "parts");
	cleanup(close_fd) int fd = open_private(settings, path, error);
	struct flock place = {
		.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = place_of(thing), .l_len = 1};

	if (fd < 0)
		return fd;
	while (fcntl(fd, wait ? F_OFD_SETLKW : F_OFD_SETLK, &place) < 0) {
		if (errno == EINTR)
			continue;
		if (!wait && (errno == EAGAIN || errno == EACCES))
			return -EAGAIN;
		return error_errno(error, -errno, 0, "Cannot lock %s", path);
	}
	return TAKE_FD(fd);
}

void tree_lock_release(struct tree_lock *lock)
{
	if (!lock)
		return;
	/* Closing would not do: a worker that outlives us has the same open file. */
	if (lock->fd >= 0 && lock->owner == getpid()) {
		(void)!ftruncate(lock->fd, 0);
		(void)flock(lock->fd, LOCK_UN);
	}
	if (lock->fd >= 0)
		(void)close(lock->fd);
	free(lock);
}
