/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tree/source_copy.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/path.h"
#include "base/text.h"
#include "base/walk.h"
#include "cage/worker.h"

enum { FILE_LIMIT = 64 << 20 };

/* The target of a link, as a process without rights sees it. */
enum target_kind { TARGET_LINK, TARGET_CLOSED, TARGET_DIRECTORY, TARGET_FILE, TARGET_KINDS };

struct copying {
	const struct source_copy *copy;
	char *from; /* without links */
};

/* The question to the worker: what is at path, and of a file its content into out, unless -1. */
struct question {
	const char *path;
	int out;
};

static int take_file(int fd, int out, struct error *error)
{
	char chunk[65536];
	ssize_t got;
	size_t length = 0;

	while ((got = read(fd, chunk, sizeof(chunk))) > 0) {
		length += (size_t)got;
		int code = length > FILE_LIMIT ? -EFBIG : file_write_all(out, chunk, (size_t)got);

		if (code < 0)
			return error_errno(error, code, 0, "Cannot copy it");
	}
	return got < 0 ? error_errno(error, -errno, 0, "Cannot read it") : 0;
}

/* In the worker. */
static int look(void *context, struct answer *answer, struct error *error)
{
	const struct question *question = context;
	struct stat info = {0};
	cleanup(free_string) char *real = NULL;
	enum target_kind kind = TARGET_LINK;
	cleanup(close_fd) int fd = -1;

	/* Devices are not opened: that alone can do things. */
	if (stat(question->path, &info) < 0)
		kind = errno == EACCES || errno == EPERM ? TARGET_CLOSED : TARGET_LINK;
	else if (S_ISDIR(info.st_mode) || S_ISREG(info.st_mode))
		fd = open(question->path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (S_ISDIR(info.st_mode) || S_ISREG(info.st_mode))
		kind = fd < 0                  ? TARGET_CLOSED
		       : S_ISDIR(info.st_mode) ? TARGET_DIRECTORY
					       : TARGET_FILE;
	if (kind == TARGET_FILE && question->out >= 0 && take_file(fd, question->out, error) < 0)
		return error->code;
	if (kind == TARGET_DIRECTORY)
		real = realpath(question->path, NULL);
	answer_put_number(answer, kind);
	answer_put_number(answer, info.st_mode & 0111 ? 0755 : 0644);
	answer_put_text(answer, real ? real : question->path);
	return 0;
}

struct target {
	enum target_kind kind;
	mode_t mode;
	char *path;
};

static void target_release(struct target *target)
{
	free(target->path);
}

static int ask(const char *link, const char *path, int out, struct target *target,
	       struct error *error)
{
	cleanup(free_string) char *purpose = text_format("following the link %s", link);
	struct question question = {path, out};
	const struct worker worker = {
		.purpose = purpose,
		.work = look,
		.context = &question,
		.fds = &question.out,
		.fd_count = out < 0 ? 0 : 1,
		.opens_files = true,
		.file_size = FILE_LIMIT,
	};
	cleanup(answer_free) struct answer answer = {0};
	uint64_t kind, mode;

	if (worker_run(&worker, &answer, error) < 0)
		return error->code;
	if (answer_number(&answer, &kind) < 0 || answer_number(&answer, &mode) < 0 ||
	    answer_text(&answer, &target->path, PATH_MAX) < 0 || answer_end(&answer) < 0 ||
	    kind >= TARGET_KINDS || !target->path)
		return worker_nonsense(&worker, error);
	target->kind = (enum target_kind)kind;
	target->mode = mode & 0755;
	return 0;
}

static int refuse(const struct copying *copying, const char *path, const char *target,
		  struct error *error)
{
	(void)error_set(error, -EACCES, EXIT_BAD_CONF,
			"The link %s/%s leads out of the source to %s, which is closed to other "
			"users.",
			copying->from, path, target);
	return error_hint(error, "Put a copy of the file into the source in place of the link.");
}

/* The target of a link, from its place in the source. */
static char *full_target(const struct copying *copying, const char *path, const char *target)
{
	cleanup(free_string) char *link = path_join(copying->from, path, NULL);
	cleanup(free_string) char *directory = path_parent(link);

	return *target == '/' ? path_join(target, NULL) : text_format("%s/%s", directory, target);
}

static int put_target(const struct copying *copying, const char *path, const char *target,
		      int to_fd, const char *name, struct error *error)
{
	cleanup(free_string) char *full = full_target(copying, path, target);
	cleanup(target_release) struct target found = {0};
	cleanup(close_fd) int out = openat(to_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
					   0600);

	if (out < 0)
		return error_errno(error, -errno, 0, "Cannot write %s", path);
	if (ask(path, full, out, &found, error) < 0)
		return error->code;
	if (found.kind == TARGET_CLOSED)
		return refuse(copying, path, target, error);
	if (found.kind == TARGET_FILE)
		return fchmod(out, found.mode) < 0
			       ? error_errno(error, -errno, 0, "Cannot set the mode of %s", path)
			       : 0;
	if (unlinkat(to_fd, name, 0) < 0)
		return error_errno(error, -errno, 0, "Cannot write %s", path);
	return copy_link_as_it_is(found.kind == TARGET_DIRECTORY ? found.path : target, to_fd, name,
				  error);
}

static bool leads_out(const struct copying *copying, const char *path, const char *target)
{
	cleanup(free_string) char *plain = path_normalize(target);

	return !link_stays_inside(path, target) &&
	       !(*target == '/' && plain && path_is_within(plain, copying->from));
}

static int copy_link(void *context, const char *path, const char *target, int to_fd,
		     const char *name, struct error *error)
{
	const struct copying *copying = context;

	if (!leads_out(copying, path, target))
		return copy_link_as_it_is(target, to_fd, name, error);
	return put_target(copying, path, target, to_fd, name, error);
}

static int examine(void *context, const char *path, int fd, struct error *error)
{
	const struct copying *copying = context;
	const struct source_copy *copy = copying->copy;
	struct stat info;

	if (fstat(fd, &info) < 0)
		return error_errno(error, -errno, 0, "Cannot read %s/%s", copying->from, path);
	if (file_is_closed_hard_link(&info)) {
		(void)error_set(error, -EACCES, EXIT_BAD_CONF,
				"%s/%s is a hard link to a file that is closed to other users.",
				copying->from, path);
		return error_hint(error, "Put a copy of the file in its place.");
	}
	return copy->examine ? copy->examine(copy->context, path, fd, error) : 0;
}

static void tell_left_out(void *context, const char *path)
{
	const struct copying *copying = context;

	report(copying->copy->reporter, REPORT_WARNING,
	       "%s/%s is passed over: it is neither a file nor a directory nor a link.",
	       copying->from, path);
}

int source_copy_make(const struct source_copy *copy, struct error *error)
{
	cleanup(free_string) char *from = realpath(copy->from, NULL);
	struct copying copying = {copy, from};
	const struct copy_rules rules = {
		.examine = examine,
		.link = copy_link,
		.left_out = tell_left_out,
		.context = &copying,
	};

	if (!from)
		return error_errno(error, -errno, 0, "Cannot read %s", copy->from);
	return copy_by_rules(from, copy->to, &rules, error);
}

/* The context of a walk over the links of a source. */
struct linking {
	const struct copying *copying;
	struct strv *directories;
	struct error *error;
};

static int add_directory(const struct walk_step *step)
{
	const struct linking *linking = step->context;
	cleanup(target_release) struct target found = {0};
	char target[PATH_MAX] = "";

	if (!S_ISLNK(step->info->st_mode) ||
	    readlinkat(step->parent, step->name, target, sizeof(target) - 1) < 0 ||
	    !leads_out(linking->copying, step->path, target))
		return 0;
	cleanup(free_string) char *full = full_target(linking->copying, step->path, target);

	if (ask(step->path, full, -1, &found, linking->error) < 0)
		return linking->error->code;
	if (found.kind == TARGET_DIRECTORY && *found.path == '/' && found.path[1])
		strv_add(linking->directories, found.path);
	return 0;
}

int source_outside_directories(const char *from, struct strv *directories, struct error *error)
{
	cleanup(free_string) char *real = realpath(from, NULL);
	const struct copying copying = {.from = real};
	struct linking linking = {&copying, directories, error};
	const struct walk walk = {.file = add_directory, .paths = true, .context = &linking};
	cleanup(close_fd) int fd = real ? open(real, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	int code = fd < 0 ? -errno : walk_tree(&walk, fd, ".", -1, NULL);

	return code < 0 && !error->code ? error_errno(error, code, 0, "Cannot read %s", from)
					: code;
}
